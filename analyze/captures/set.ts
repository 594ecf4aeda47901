/** Files of a rotated set: which of them are missing, and what each lost. */
import type { CaptureFile } from "./capture.ts";

/** The missing files of a rotated set, a line each. `goesOn`: those after the last one are still to be written. */
export function missingFiles(files: readonly CaptureFile[], goesOn = false): string[] {
  const missing = files.flatMap((file, index) => missingBefore(file, files[index - 1]) ?? []);
  const last = files.at(-1);
  if (!goesOn && last?.walk.trailer?.reason === "rotated")
    missing.push(`file ${(last.header.set?.number ?? 0) + 1} of the set and any after it are missing`);
  return missing;
}

/** The files missing between a file and the one before it, in words. Null if none are. */
export function missingBefore(file: CaptureFile, before: CaptureFile | undefined): string | null {
  if (!file.header.set) return null;
  const expected = (before?.header.set?.number ?? 0) + 1;
  const last = file.header.set.number - 1;
  if (last < expected) return null;
  return expected === last
    ? `file ${last} of the set is not there`
    : `files ${expected} to ${last} of the set are not there`;
}

/** Records that a file says were lost, by cause. */
export const lostBy = ({ walk }: CaptureFile): Readonly<Record<string, number>> =>
  walk.trailer?.lost ?? walk.checkpoints.at(-1)?.lost ?? {};
