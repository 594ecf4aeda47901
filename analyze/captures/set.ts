/** What a capture's files tell of each other, and of what they lost. */
import type { CaptureFile } from "./capture.ts";

/** What of a rotated set is not there, a line each. */
export function missingFiles(files: readonly CaptureFile[]): string[] {
  const missing = files.flatMap((file, index) => missingBefore(file, files[index - 1]) ?? []);
  const last = files.at(-1);
  if (last?.walk.trailer?.reason === "rotated")
    missing.push(`file ${(last.header.set?.number ?? 0) + 1} of the set and what follows it are not there`);
  return missing;
}

/** Which files of the set should stand between a file and the one before it, in words; null for none. */
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
