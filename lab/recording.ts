/** Runs `capture run` during an experiment. */
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Background } from "./command.ts";

const bin = fileURLToPath(new URL("../capture/bin/capture.js", import.meta.url));

/**
 * Starts a capture and waits until it records. Stop it with `finish`. It runs in the file's folder, so that the command
 * line in the capture's header contains no path of this machine.
 */
export const startRecording = (file: string, ...options: readonly string[]): Promise<Recording> =>
  startRecordingIn((...command) => command, file, ...options);

/** The same in a network namespace, for ss, which shows only connections of its own namespace. */
export async function startRecordingIn(
  inside: (...command: string[]) => string[],
  file: string,
  ...options: readonly string[]
): Promise<Recording> {
  const recording = new Recording(inside(process.execPath, bin, "run", "-o", basename(file), ...options), {
    cwd: dirname(file),
  });
  try {
    await recording.prints(/capturing to /);
    return recording;
  } catch (error) {
    await recording.stop();
    throw error;
  }
}

export class Recording extends Background {
  /** Stops it as Ctrl-C does and returns what it printed. Throws unless it succeeded. */
  async finish(): Promise<string> {
    const status = await this.stop("SIGINT");
    if (status !== 0) throw new Error(`${this.command} ended with ${status}: ${this.text.trim()}`);
    return this.text;
  }
}
