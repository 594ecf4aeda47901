/**
 * Frames as somebody would write them who wants to do harm; none of the library's code, so that it checks nothing here.
 * All of it is synthetic.
 */
import { writeFileSync } from "node:fs";
import { constants, crc32, zstdCompressSync } from "node:zlib";

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

const skippable = u32(0x184d2a50);

/** A metadata frame of any JSON text or value. */
export function metadataFrame(tag: string, json: unknown, { crcHolds = true } = {}): Buffer {
  const text = Buffer.isBuffer(json) ? json : Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const crc = crc32(text, crc32(tag));
  return Buffer.concat([skippable, u32(8 + text.length), Buffer.from(tag), u32(crcHolds ? crc : crc ^ 1), text]);
}

/** The beginning of a metadata frame that claims `length` bytes. */
export const falseStart = (length: number, tag = "TPPC"): Buffer =>
  Buffer.concat([skippable, u32(length), Buffer.from(tag), u32(0)]);

const blockBytes = 128 * 1024;

/** A data frame with 4 bytes of size and a checksum, of these blocks: each a type, a size and its content. */
export function dataFrame(
  rawBytes: number,
  blocks: readonly { readonly type: number; readonly size: number; readonly content: Buffer }[],
  checksum: Buffer = u32(0),
): Buffer {
  const parts = blocks.map(({ type, size, content }, index) => {
    const word = (size << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0);
    return Buffer.concat([u32(word).subarray(0, 3), content]);
  });
  return Buffer.concat([u32(0xfd2fb528), Buffer.from([0xa4]), u32(rawBytes), ...parts, checksum]);
}

/** Any bytes as a data frame of raw blocks. */
export function rawFrame(content: Buffer, rawBytes = content.length): Buffer {
  const blocks = [];
  for (let at = 0; at < content.length || at === 0; at += blockBytes) {
    const part = content.subarray(at, at + blockBytes);
    blocks.push({ type: 0, size: part.length, content: part });
  }
  return dataFrame(rawBytes, blocks);
}

/** A frame of zstd's own. */
export const compressed = (text: Buffer): Buffer =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });

/** 16 MiB of one byte in some 530: a run of it for each block. */
export function bombFrame(byte: number): Buffer {
  const rawBytes = 16 * 1024 * 1024;
  const block = { type: 1, size: blockBytes, content: Buffer.from([byte]) };
  const checksum = compressed(Buffer.alloc(rawBytes, byte)).subarray(-4);
  return dataFrame(rawBytes, Array(rawBytes / blockBytes).fill(block), checksum);
}

/** A checkpoint that fits a data frame at `offset`, with totals that go on from `before`. */
export function checkpointOf(
  frame: Buffer,
  { number, offset, lines, before }: { number: number; offset: number; lines: number; before: Totals },
): Record<string, unknown> {
  const rawBytes = frame.readUInt32LE(5);
  return {
    capture_id: "x",
    frame: number,
    offset,
    compressed_bytes: frame.length,
    checksum: frame.readUInt32LE(frame.length - 4),
    frame_lines: lines,
    frame_raw_bytes: rawBytes,
    lines: before.lines + lines,
    raw_bytes: before.rawBytes + rawBytes,
    monotonic_ns: "2000000000",
    lost: {},
  };
}

interface Totals {
  readonly lines: number;
  readonly rawBytes: number;
}

export const write = (path: string, ...parts: readonly Buffer[]): string => {
  writeFileSync(path, Buffer.concat(parts));
  return path;
};
