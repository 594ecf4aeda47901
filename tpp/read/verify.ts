/** Checks whether a file is whole. */
import { DamageList } from "./damage.ts";
import { readFrames } from "./read.ts";
import { type TppWalk, type WalkOptions, walkTpp } from "./walk.ts";
import type { TppFrame } from "./walk-state.ts";

/**
 * Walks the file, then decompresses every frame and checks checksums, line counts and totals. In the resulting walk all
 * `frames` are known to be intact and `damage` is complete. Throws what `walkTpp` and `readFrames` throw.
 */
export async function verifyTpp(path: string, options: WalkOptions = {}): Promise<TppWalk> {
  const walk = await walkTpp(path, options);
  const frames: TppFrame[] = [];
  const found = new DamageList();
  const onDamage = (frame: TppFrame, text: string): void => {
    found.add({ kind: "data", offset: frame.offset, frame: frame.number, missingLines: frame.lines, text });
  };
  for await (const { frame } of readFrames(path, walk, { ...options, onDamage })) frames.push(frame);
  if (walk.damage.length + found.count === 0 && walk.trailer) checkTotals(walk, frames, found);
  const damage = [...walk.damage, ...found.list()].sort((a, b) => a.offset - b.offset);
  return { ...walk, frames, damage };
}

function checkTotals(walk: TppWalk, frames: readonly TppFrame[], damage: DamageList): void {
  const trailer = walk.trailer!;
  const lines = frames.reduce((sum, frame) => sum + (frame.lines ?? 0), 0);
  const rawBytes = frames.reduce((sum, frame) => sum + frame.rawBytes, 0);
  if (lines === trailer.lines && rawBytes === trailer.raw_bytes && frames.length === trailer.frames) return;
  const counted = `${trailer.frames} frames, ${trailer.lines} lines, ${trailer.raw_bytes} bytes`;
  const text = `the trailer counts ${counted}; there are ${frames.length}, ${lines}, ${rawBytes}`;
  damage.add({ kind: "trailer", offset: walk.fileBytes, frame: null, missingLines: null, text });
}
