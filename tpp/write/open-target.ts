/** Opens an output: a new file, a FIFO or device, or standard output. */
import { constants, type Stats } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import { OutputExistsError, OutputKindError, OutputOpenError, SameFileError } from "../errors.ts";
import { isOneOf, isSameFile } from "./file-identity.ts";
import { NewFile } from "./new-file.ts";
import { openStandardOutput, StreamTarget } from "./stream-target.ts";
import type { Target, TargetOptions } from "./target.ts";

/** Throws an OutputExistsError, OutputDirectoryError, OutputKindError, OutputOpenError or SameFileError. */
export async function openTarget(path: string, options: TargetOptions = {}): Promise<Target> {
  if (path === "-") return await openStandardOutput(options.inputs ?? []);
  const there = await whatIsThere(path);
  if (there !== null && (await leadsToOneOf(path, there, options.inputs ?? []))) throw new SameFileError(path);
  if (there === null || (there.isFile() && options.overwrite))
    return await NewFile.create(path, there === null, options);
  if (!options.overwrite) throw new OutputExistsError(path);
  return await openSpecial(path, there);
}

/** The status of the name itself. A link is not followed. */
async function whatIsThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (cause.code === "ENOENT") return null;
    throw new OutputOpenError(path, cause);
  }
}

async function leadsToOneOf(path: string, there: Stats, inputs: readonly string[]): Promise<boolean> {
  if (await isOneOf(there, inputs)) return true;
  return there.isSymbolicLink() && (await isOneOf(await stat(path).catch(() => there), inputs));
}

/** FIFOs and character devices are written to, not replaced. Opening does not wait for a reader. */
async function openSpecial(path: string, there: Stats): Promise<Target> {
  if (there.isDirectory()) throw new OutputOpenError(path, Object.assign(new Error("EISDIR"), { code: "EISDIR" }));
  if (!there.isFIFO() && !there.isCharacterDevice()) throw new OutputKindError(path, kindOf(there));
  const { O_WRONLY, O_NONBLOCK, O_NOFOLLOW, O_NOCTTY } = constants;
  const file = await open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY).catch((cause) => {
    if (cause.code === "ENXIO" && there.isFIFO()) throw new OutputKindError(path, "unread FIFO");
    throw new OutputOpenError(path, cause);
  });
  if (isSameFile(await file.stat(), there)) return new StreamTarget(path, file.fd, file);
  await file.close();
  throw new OutputKindError(path, "replaced");
}

function kindOf(there: Stats): "symbolic link" | "block device" | "socket" {
  if (there.isSymbolicLink()) return "symbolic link";
  return there.isBlockDevice() ? "block device" : "socket";
}
