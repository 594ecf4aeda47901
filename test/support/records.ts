/** Reads values of binary records. */
import { RecordValues, readFrames, type TppFrameData, type TppWalk } from "@tcpprobe-plus/tpp";

/** The value of a 64-bit field in the last record of a frame. */
export function lastIn(raw: TppFrameData["raw"], values: RecordValues, name: string): bigint {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return values.bigint(name)!(view, raw.length - values.layout.bytes);
}

/** The same, in the last record of a capture. */
export async function lastOf(path: string, walk: TppWalk, name: string): Promise<bigint> {
  const values = new RecordValues(walk.header!.records!);
  let last = 0n;
  for await (const { raw } of readFrames(path, walk)) last = lastIn(raw, values, name);
  return last;
}
