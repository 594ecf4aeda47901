import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Database } from "../database.ts";
import type { Capture, CaptureFile, Loss } from "./capture.ts";
import { type LossMark, placeLosses } from "./losses.ts";
import { sortPieces } from "./order.ts";
import { lostBy, missingBefore, missingFiles } from "./set.ts";
import { type RejectedLine, stageText } from "./stage.ts";
import type { StagedPiece } from "./staged.ts";
import { textPieces } from "./text.ts";

/** Raw text parsed at a time; bounds the temporary disk space beside the staged records. */
const pieceBytes = 256 * 1024 * 1024;

/** Parses all files of one capture, one after the other, and finds where it has lost records. */
export async function stageCapture(
  database: Database,
  { path, files }: { readonly path: string; readonly files: readonly CaptureFile[] },
  number: number,
  directory: string,
): Promise<{ capture: Capture; pieces: StagedPiece[]; losses: Loss[] }> {
  const pieces: StagedPiece[] = [];
  const rejected: RejectedLine[] = [];
  const damage: string[] = [];
  const marks: LossMark[] = [];
  const header = files[0]!.header;
  let rows = 0;
  let afterPoll: string | null = null;
  const textPath = (index: number) => join(directory, `${number}-${pieces.length}-${index}.txt`);
  const mark = (lost: number | null, cause: string, knownBy: LossMark["knownBy"], more: Partial<LossMark> = {}) =>
    marks.push({ afterOrd: rows, lost, cause, knownBy, cpu: null, atNs: null, ...more });
  for (const [index, file] of files.entries()) {
    const { walk } = file;
    if (index > 0 && missingBefore(file, files[index - 1])) mark(null, "file", "set");
    const say = (text: string) => damage.push(files.length > 1 ? `${basename(file.path)}: ${text}` : text);
    for (const { text } of walk.damage) say(text);
    const cpus = header.source === "import" || Object.keys(lostBy(file)).length > 0;
    let endLine = 0;
    for await (const piece of textPieces(walk, textPath, pieceBytes, say)) {
      if (piece.missingBefore > 0) {
        mark(piece.missingBefore, "frame", "damage");
        afterPoll = null;
      }
      // Times count from the set's first file; the rest of what a file says of its text is its own.
      const context = { path: file.path, header: { ...file.header, clock: header.clock }, number, cpus, afterPoll };
      const parquetPath = join(directory, `${number}-${pieces.length}.parquet`);
      const stage = await stageText(database, piece.path, parquetPath, context);
      await rm(piece.path);
      for (const { afterRows, lost, cpu } of stage.lost)
        mark(lost, "ring", "lost line", { afterOrd: rows + afterRows, cpu });
      for (const { poll } of stage.failedPolls) mark(1, "poll", "poll", { afterOrd: null, atNs: poll });
      pieces.push({ ...stage.file, capture: number, rowsBefore: rows, rows: stage.rows });
      rejected.push(...stage.rejected);
      afterPoll = stage.lastPoll;
      endLine = piece.endLine;
      rows += stage.rows;
    }
    const missingAtEnd = (walk.trailer?.lines ?? 0) - endLine;
    if (missingAtEnd > 0) mark(missingAtEnd, "frame", "damage");
  }
  const losses = await placeLosses(database, { number, files, pieces, marks });
  const capture = { path, header, files, records: rows, rejected, damage, incomplete: missingFiles(files) };
  return { capture, pieces: await sortPieces(database, pieces, directory), losses };
}
