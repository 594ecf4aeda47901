/** Decompresses data frames and checks them. */
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { DamagedFrameError } from "../errors.ts";
import { countUnits } from "../format/line-buffer.ts";
import { damaged, decompression, endsInside, faultOf, refusalOf } from "./check-frame.ts";
import { checkExpansion } from "./expansion.ts";
import type { TppWalk } from "./walk.ts";
import type { TppFrame } from "./walk-state.ts";

const decompress = promisify(zstdDecompress);

export interface TppFrameData {
  /** The walk's frame, with its line count filled in. */
  readonly frame: TppFrame & { readonly lines: number };
  readonly raw: Buffer;
  readonly compressed: Buffer;
}

export interface ReadFramesOptions {
  /** Called for a damaged frame, which is then left out. Without it, a damaged frame is thrown as an error. */
  readonly onDamage?: (frame: TppFrame, text: string) => void;
  /** Most bytes of text allowed for each byte of the file. The default is the walk's. */
  readonly maxExpansion?: number;
  /** Ends the reading. Its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * The raw bytes of the walk's intact frames, in order of their numbers. Each is checked against its content checksum
 * and its checkpoint. Throws a DamagedFrameError at a frame that fails, unless `onDamage` is given. Throws an
 * ExpansionError before the first frame if all frames together claim more text than allowed.
 */
export async function* readFrames(
  path: string,
  walk: TppWalk,
  options: ReadFramesOptions = {},
): AsyncGenerator<TppFrameData, void, undefined> {
  checkExpansion(walk, options.maxExpansion);
  const file = await open(path, "r");
  const recordBytes = walk.header?.records?.bytes ?? null;
  const read = (frame: TppFrame) => settle(readFrame(file, frame, recordBytes));
  try {
    let next = walk.frames[0] && read(walk.frames[0]);
    for (let index = 0; index < walk.frames.length; index += 1) {
      const result = await next!;
      options.signal?.throwIfAborted();
      const following = walk.frames[index + 1];
      next = following && read(following); // read ahead by one
      if (!(result instanceof Error)) yield result;
      else if (options.onDamage) options.onDamage(walk.frames[index]!, result.message);
      else throw new DamagedFrameError(path, result.message);
    }
  } finally {
    await file.close();
  }
}

const settle = (frame: Promise<TppFrameData>): Promise<TppFrameData | Error> =>
  frame.catch((error: unknown) => error as Error);

async function readFrame(file: FileHandle, frame: TppFrame, recordBytes: number | null): Promise<TppFrameData> {
  const compressed = Buffer.allocUnsafe(frame.compressedBytes);
  const { bytesRead } = await file.read(compressed, 0, compressed.length, frame.offset);
  if (bytesRead !== compressed.length) throw damaged(frame, endsInside);
  const raw = await decompress(compressed, decompression(frame)).catch((error) => {
    throw damaged(frame, refusalOf(error));
  });
  const fault = faultOf(frame, compressed, raw);
  if (fault !== null) throw damaged(frame, fault);
  const lines = countUnits(raw, recordBytes);
  if (frame.lines !== null && lines !== frame.lines)
    throw damaged(frame, `it holds ${lines} ${recordBytes === null ? "lines" : "records"}, not ${frame.lines}`);
  return { frame: { ...frame, lines }, raw, compressed };
}
