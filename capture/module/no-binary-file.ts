/** A loaded module without a file of binary records. */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { CaptureError } from "../errors.ts";

/** The loaded module is older than its binary file. */
export class NoBinaryFileError extends CaptureError {
  override readonly name = "NoBinaryFileError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(path: string) {
    super(
      `--binary: the loaded module has no ${path}. Run \`capture unload\` and \`capture load\` for this version's, or leave --binary out.`,
    );
  }
}
