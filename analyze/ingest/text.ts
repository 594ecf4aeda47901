import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFrames, type TppFrameData, type TppWalk } from "@tcpprobe-plus/tpp";

/** A stretch of a capture's raw text in a temporary file. Nothing is missing inside it. */
export interface TextPiece {
  readonly path: string;
  /** Lines that are missing right before it, because their frames are. */
  readonly missingBefore: number;
  /** Number of the line that comes next, counted from 0, if nothing is missing behind it. */
  readonly endLine: number;
}

/**
 * Writes a file's intact text into files of about `pieceBytes`. Only frames whose checksum held are written; a
 * frame that fails goes to `onDamage`. The next piece is made while the consumer works on this one.
 */
export async function* textPieces(
  walk: TppWalk,
  pathOf: (index: number) => string,
  pieceBytes: number,
  onDamage: (text: string) => void,
): AsyncGenerator<TextPiece, void, undefined> {
  const frames = readFrames(walk.path, walk, { onDamage: (_, text) => onDamage(text) });
  /** Line that comes next if nothing is missing. */
  let place = 0;
  let held: TppFrameData | undefined;
  const writePiece = async (index: number): Promise<TextPiece | null> => {
    let missingBefore = 0;
    let bytes = 0;
    // An empty capture is one empty piece.
    let out = index === 0 ? open(pathOf(index)) : undefined;
    while (bytes < pieceBytes) {
      const data = held ?? (await frames.next()).value;
      held = undefined;
      if (!data) break;
      const missing = data.frame.firstLine - place;
      if (missing > 0 && bytes > 0) {
        held = data;
        break;
      }
      missingBefore += Math.max(0, missing);
      place = data.frame.firstLine + data.frame.lines;
      bytes += data.raw.length;
      out ??= open(pathOf(index));
      if (!out.write(data.raw)) await once(out, "drain");
    }
    if (!out) return null;
    out.end();
    await once(out, "close");
    return { path: pathOf(index), missingBefore, endLine: place };
  };
  let next = writePiece(0);
  for (let index = 1; ; index++) {
    const piece = await next;
    if (!piece) return;
    next = writePiece(index);
    next.catch(() => {}); // awaited in the next turn, or abandoned with the consumer
    yield piece;
  }
}

const open = (path: string) => createWriteStream(path, { highWaterMark: 16 << 20 });
