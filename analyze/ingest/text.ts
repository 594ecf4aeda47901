import { createWriteStream, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { readFrames, type TppFrameData, type TppWalk } from "@tcpprobe-plus/tpp";
import { TemporaryDirectoryError } from "../errors.ts";

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
    let out = index === 0 ? new PieceFile(pathOf(index)) : undefined;
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
      out ??= new PieceFile(pathOf(index));
      await out.write(data.raw);
    }
    if (!out) return null;
    await out.close();
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

/** A stream whose error reaches who writes or closes; as an event that nobody waits for it would end the process. */
class PieceFile {
  readonly #stream: WriteStream;
  readonly #closed: Promise<void>;

  constructor(path: string) {
    this.#stream = createWriteStream(path, { highWaterMark: 16 << 20 });
    this.#closed = finished(this.#stream).catch((error) => {
      // The user's directory is the one that ours is in.
      throw new TemporaryDirectoryError(dirname(dirname(path)), error);
    });
    this.#closed.catch(() => {});
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.#stream.write(data)) return;
    await Promise.race([new Promise<void>((resolve) => this.#stream.once("drain", () => resolve())), this.#closed]);
  }

  async close(): Promise<void> {
    this.#stream.end();
    await this.#closed;
  }
}
