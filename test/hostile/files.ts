/** Small files that are made to take long, to take memory, or to be read for more than they hold. Synthetic. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { syntheticText } from "../bench/synthetic.ts";
import {
  bombFrame,
  checkpointOf,
  compressed,
  dataFrame,
  falseStart,
  metadataFrame,
  rawFrame,
  u32,
  write,
} from "./frames.ts";
import { fullHeader, fullTrailer } from "./metadata.ts";

const MiB = 1024 * 1024;
const header = metadataFrame("TPPH", { ...fullHeader, set: undefined });
const moduleHeader = metadataFrame("TPPH", {
  ...fullHeader,
  source: "kmod",
  text: "probe",
  events: undefined,
  module: undefined,
  set: undefined,
});
const empty = metadataFrame("TPPC", "{}");
const nothing = { lines: 0, rawBytes: 0 };

/** Writes a file into a folder and returns its path. */
export type Maker = (folder: string) => string;

const of = (name: string, make: () => readonly Buffer[]): readonly [string, Maker] => [
  name,
  (folder) => write(join(folder, "hostile.tpp"), ...make()),
];

const manyTimes = (count: number, chunk: Buffer): Buffer => Buffer.alloc(count * chunk.length, chunk);

/** A false start with the signs of ours: a brace behind its CRC, and at its end, if the pattern goes on so far. */
const braces = (length: number): Buffer => Buffer.concat([falseStart(length), Buffer.from("{}}}}}}}}}}}}}}}")]);

/** Frames and their checkpoints. */
function capture(frames: readonly Buffer[], lines: number, head = header): Buffer[] {
  const parts = [head];
  let [offset, before] = [head.length, nothing];
  for (const [index, frame] of frames.entries()) {
    const checkpoint = checkpointOf(frame, { number: index + 1, offset, lines, before });
    const metadata = metadataFrame("TPPC", checkpoint);
    parts.push(frame, metadata);
    offset += frame.length + metadata.length;
    before = { lines: before.lines + lines, rawBytes: before.rawBytes + frame.readUInt32LE(5) };
  }
  return parts;
}

/** A file that says it is long, with nothing on the disk but what is given. */
function sparse(folder: string, bytes: number, chunks: Iterable<readonly [offset: number, chunk: Buffer]>): string {
  const path = join(folder, "hostile.tpp");
  const fd = openSync(path, "w");
  ftruncateSync(fd, bytes);
  for (const [offset, chunk] of chunks) writeSync(fd, chunk, 0, chunk.length, offset);
  closeSync(fd);
  return path;
}

function sparseSeekTable(folder: string, entries: number, before: readonly Buffer[]): string {
  const start = Buffer.concat(before);
  const length = entries * 12 + 9;
  const footer = Buffer.concat([u32(entries), Buffer.from([0x80]), u32(0x8f92eab1)]);
  const end = start.length + 8 + length;
  const head = Buffer.concat([start, u32(0x184d2a5e), u32(length)]);
  return sparse(folder, end, [
    [0, head],
    [end - footer.length, footer],
  ]);
}

/** A data frame that claims ten bytes and takes `bytes` in the file, in raw blocks with holes for content. */
function* sparseBlocks(bytes: number): Generator<readonly [number, Buffer]> {
  yield [0, Buffer.concat([header, u32(0xfd2fb528), Buffer.from([0xa4]), u32(10)])];
  const count = Math.floor(bytes / (128 * 1024 + 3));
  for (let index = 0; index < count; index += 1) {
    const word = u32(((128 * 1024) << 3) | (index === count - 1 ? 1 : 0)).subarray(0, 3);
    yield [header.length + 9 + index * (128 * 1024 + 3), word];
  }
}

const inner = Buffer.concat([metadataFrame("TPPH", { a: 1 }), Buffer.alloc(20, 0x41)]);

/** Frames whose first block reaches a long row of empty blocks, which each of them has to be measured through. */
function blockChains(): Buffer[] {
  const row = Buffer.alloc(12 * MiB); // three zero bytes: an empty raw block, not the last
  const starts: Buffer[] = [];
  for (let at = 0; at < 100_000; at += 40) {
    const gap = 100_000 - at - empty.length - 12;
    const word = u32(Math.max(0, Math.floor(gap / 3) * 3) << 3).subarray(0, 3);
    starts.push(Buffer.concat([empty, u32(0xfd2fb528), Buffer.from([0xa4]), u32(16 * MiB), word]));
  }
  return [header, ...starts, row];
}

/** A frame for each record, all of one time. */
function tinyFrames(count: number, head: Buffer): Buffer[] {
  const line = Buffer.from([...syntheticText({ records: 1 })].join(""));
  const frame = compressed(line);
  const framed = Buffer.concat([u32(0xfd2fb528), Buffer.from([0xa4]), u32(line.length), frame.subarray(6)]);
  return capture(Array<Buffer>(count).fill(framed), 1, head);
}

function lies(totals: Record<string, unknown>): Buffer[] {
  const frame = compressed(Buffer.from("a\nb\n"));
  const framed = Buffer.concat([u32(0xfd2fb528), Buffer.from([0xa4]), u32(4), frame.subarray(6)]);
  const offset = header.length;
  const checkpoint = { ...checkpointOf(framed, { number: 1, offset, lines: 2, before: nothing }), ...totals };
  return [header, framed, metadataFrame("TPPC", checkpoint)];
}

const most = Number.MAX_SAFE_INTEGER;

export const hostileFiles: ReadonlyMap<string, Maker> = new Map([
  of("a sound header inside of a data frame, and no frame behind it", () => [
    header,
    rawFrame(inner),
    Buffer.from("BROKEN!!"),
  ]),
  of("the same with a trailer", () => [
    header,
    rawFrame(Buffer.concat([metadataFrame("TPPT", fullTrailer), inner])),
    Buffer.from("BROKEN!!"),
  ]),
  of("the same with a checkpoint of another capture", () => [
    header,
    rawFrame(Buffer.concat([metadataFrame("TPPC", { ...lies({}), capture_id: "other" }), inner])),
    Buffer.from("BROKEN!!"),
  ]),
  of("a data frame in a data frame in a data frame", () => [
    header,
    rawFrame(rawFrame(rawFrame(inner))),
    Buffer.from("BROKEN!!"),
  ]),
  of("20 MiB of starts that claim 16 MiB each", () => [
    header,
    Buffer.from("X"),
    manyTimes((20 * MiB) / 16, falseStart(16 * MiB)),
  ]),
  of("20 MiB of such starts with the signs of JSON", () => [
    header,
    Buffer.from("X"),
    manyTimes((20 * MiB) / 32, braces(15 * MiB - 8)),
  ]),
  of("the same, each behind a sound frame", () => [
    header,
    manyTimes((20 * MiB) / 50, Buffer.concat([empty, braces(15 * MiB)])),
  ]),
  of("a byte between sound frames, half a million times", () => [
    header,
    manyTimes(500_000, Buffer.concat([Buffer.from("X"), empty])),
  ]),
  of("empty data frames, a million times", () => [
    header,
    manyTimes(1_000_000, dataFrame(0, [{ type: 0, size: 0, content: Buffer.alloc(0) }])),
  ]),
  of("rows of empty blocks that many frames reach", blockChains),
  ["a seek table of 60 million entries that is not there", (folder) => sparseSeekTable(folder, 60_000_000, [header])],
  [
    "the same behind a trailer",
    (folder) => sparseSeekTable(folder, 60_000_000, [header, metadataFrame("TPPT", fullTrailer)]),
  ],
  ["a frame of ten bytes in 1.9 GB of file", (folder) => sparse(folder, 1.9e9, sparseBlocks(1.9e9))],
  ["a header, and a hole of 4 TB", (folder) => sparse(folder, 4e12, [[0, header]])],
  [
    "a broken byte, and a hole of 4 TB",
    (folder) => sparse(folder, 4e12, [[0, Buffer.concat([header, Buffer.from("X")])]]),
  ],
  of("3.3 GB of newlines in 157 kB", () => capture(Array<Buffer>(200).fill(bombFrame(10)), 16 * MiB)),
  of("3.3 GB of one line in 157 kB", () => capture(Array<Buffer>(200).fill(bombFrame(97)), 1)),
  of("a frame for each record, 10 000 times", () => tinyFrames(10_000, moduleHeader)),
  of("a frame for each line that is no record, 10 000 times", () => tinyFrames(10_000, header)),
  of("a checkpoint that counts 2^53 lines", () => lies({ frame: 2 ** 52, lines: most, raw_bytes: most })),
  of("a checkpoint that was written a petabyte further", () =>
    lies({ frame: 1e9, lines: 1e12, raw_bytes: 1e13, offset: 1e15 }),
  ),
  of("a checkpoint with more lines than bytes", () => lies({ lines: 1e6, frame_lines: 1e6 })),
  of("a trailer that counts 2^53 lines", () => [
    header,
    metadataFrame("TPPT", { ...fullTrailer, frames: 2 ** 52, lines: most, raw_bytes: most }),
  ]),
  of("five million nested lists", () => [
    metadataFrame("TPPH", `${JSON.stringify(fullHeader).slice(0, -1)},"x":${"[".repeat(5e6)}${"]".repeat(5e6)}}`),
  ]),
  of("five million empty lists", () => [
    metadataFrame("TPPH", `${JSON.stringify(fullHeader).slice(0, -1)},"x":[${"[],".repeat(5e6)}[]]}`),
  ]),
  of("a clock of 15 million digits", () => [
    metadataFrame("TPPH", { ...fullHeader, clock: { ...fullHeader.clock, realtime_ns: "9".repeat(15e6) } }),
  ]),
  of("checkpoints of 100 kB, 300 times", () => [
    header,
    manyTimes(300, metadataFrame("TPPC", { ...lies({}), unknown: "é".repeat(50_000) })),
  ]),
  of("text of tracepoints, and no word of which", () => [
    metadataFrame("TPPH", { ...fullHeader, set: undefined, events: {} }),
    Buffer.from("X"),
  ]),
  of("nothing but magics", () => [header, manyTimes(2 * MiB, u32(0x184d2a50))]),
  of("nothing but zstd's magic", () => [header, manyTimes(2 * MiB, u32(0xfd2fb528))]),
]);
