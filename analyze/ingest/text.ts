import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFrames, type TppWalk } from "@tcpprobe-plus/tpp";

/** A stretch of a capture's raw text in a temporary file. */
export interface TextPiece {
  readonly path: string;
  /** Lines that are missing before places in the capture, because their frames are. */
  readonly missing: readonly MissingLines[];
}

export interface MissingLines {
  /** How many of the capture's intact lines come before the place. */
  readonly afterLines: number;
  readonly lines: number;
}

/**
 * Writes a capture's intact text into files of about `pieceBytes`. Only frames whose checksum held are written; a
 * frame that fails goes to `onDamage`. The next piece is made while the consumer works on this one.
 */
export async function* textPieces(
  walk: TppWalk,
  pathOf: (index: number) => string,
  pieceBytes: number,
  onDamage: (text: string) => void,
): AsyncGenerator<TextPiece, void, undefined> {
  const frames = readFrames(walk.path, walk, { onDamage: (_, text) => onDamage(text) });
  let intactLines = 0;
  let place = 0;
  const open = (index: number) => createWriteStream(pathOf(index), { highWaterMark: 16 << 20 });
  const writePiece = async (index: number): Promise<TextPiece | null> => {
    const missing: MissingLines[] = [];
    let bytes = 0;
    // An empty capture is one empty piece.
    let out = index === 0 ? open(index) : undefined;
    while (bytes < pieceBytes) {
      const { value: data, done } = await frames.next();
      if (done) break;
      if (data.frame.firstLine > place) missing.push({ afterLines: intactLines, lines: data.frame.firstLine - place });
      place = data.frame.firstLine + data.frame.lines;
      intactLines += data.frame.lines;
      bytes += data.raw.length;
      out ??= open(index);
      if (!out.write(data.raw)) await once(out, "drain");
    }
    if (!out) return null;
    out.end();
    await once(out, "close");
    return { path: pathOf(index), missing };
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
