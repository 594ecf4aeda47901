/** Inserts the module into the kernel, and explains failures. */
import { closeSync } from "node:fs";
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import type { CaptureError } from "../../errors.ts";
import { findProgram, type ProgramResult, runProgram, runWithFile } from "../../system/programs.ts";
import { ModuleInsertError, ModuleRightsError, NoKmodToolsError, SignatureNeededError } from "../errors.ts";
import type { ModuleSettings } from "../settings.ts";
import { openModule } from "./cache-folder.ts";
import { KernelLog } from "./kernel-log.ts";
import { signatureProblem } from "./requirements.ts";

/** The module was built for another build of the running kernel. */
export class StaleModuleError extends ModuleInsertError {}

export type Inserted = "inserted" | "was there";

const assignments = (settings: ModuleSettings): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`);

/** Inserts the file that was checked: insmod gets the open file, not a name. Throws a CaptureError with the reason. */
export async function insertFile(path: string, settings: ModuleSettings): Promise<Inserted> {
  const fd = openModule(path);
  try {
    const args = ["/proc/self/fd/3", ...assignments(settings)];
    return await insert("insmod", (insmod) => runWithFile(insmod, args, fd));
  } finally {
    closeSync(fd);
  }
}

export const insertInstalled = (settings: ModuleSettings): Promise<Inserted> =>
  insert("modprobe", (modprobe) => runProgram(modprobe, ["tcpprobe_plus", ...assignments(settings)]));

async function insert(tool: string, run: (path: string) => Promise<ProgramResult>): Promise<Inserted> {
  const program = findProgram(tool);
  if (program === null) throw new NoKmodToolsError(tool);
  const log = new KernelLog();
  try {
    const { status, stderr } = await run(program);
    if (status === 0) return "inserted";
    if (/file exists/i.test(stderr)) return "was there";
    throw insertError(stderr, log.lastOfModule());
  } finally {
    log.close();
  }
}

/** Makes an error from the output of `insmod` and the kernel's log. */
export function insertError(stderr: string, message: string | null): CaptureError {
  const said = stderr.trim().split("\n").at(-1) ?? "";
  const why =
    said.replace(/^.*?(?:could not insert module|could not insert|can't insert) \S+: /, "") || "no reason given";
  const inLog = message === null ? "" : ` Its log: ${message}`;
  if (/key was rejected|required key not available/i.test(said)) {
    return new SignatureNeededError(`it said: ${why}`);
  }
  if (/operation not permitted|permission denied/i.test(said)) {
    if (/lockdown/i.test(message ?? "")) return new SignatureNeededError("lockdown, as with Secure Boot");
    return signatureProblem() ?? new ModuleRightsError("loading", true);
  }
  if (/invalid module format|wrong symbol version/i.test(said)) {
    return new StaleModuleError(
      why,
      `The headers are of another build of this kernel: install those of the running one, or restart into theirs.${inLog}`,
    );
  }
  if (/unknown symbol/i.test(said))
    return new ModuleInsertError(why, `It lacks something that the module needs.${inLog}`);
  if (/cannot allocate memory/i.test(said)) {
    return new ModuleInsertError(why, "Give a smaller --set bufsize (records of 256 bytes for each CPU).");
  }
  if (/invalid (?:argument|parameter)/i.test(said)) {
    return new ModuleInsertError(why, `Check what --set gives.${inLog}`, exitCodes.usage);
  }
  return new ModuleInsertError(why, `\`dmesg\` may say more.${inLog}`);
}
