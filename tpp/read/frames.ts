/** Reads the frame at a given offset of a .tpp file. */
import { crc32 } from "node:zlib";
import { type MetadataTag, maxMetadataBytes, metadataPrefixBytes, parseMetadata, tagOf } from "../format/metadata.ts";
import { measureDataFrame, seekTableMagic, skippableMagic, zstdMagic } from "../format/zstd-frame.ts";
import { type ByteReader, windowBytes } from "./byte-reader.ts";
import type { Effort } from "./effort.ts";

export interface DataFrame {
  readonly kind: "data";
  readonly offset: number;
  readonly end: number;
  readonly rawBytes: number;
  readonly checksum: number;
}

/** A metadata frame whose CRC matches. */
export interface MetadataFrame {
  readonly kind: "metadata";
  readonly offset: number;
  readonly end: number;
  readonly tag: MetadataTag;
  /** Parsed JSON, or undefined if it does not parse. */
  readonly value: unknown;
}

export interface SeekTableFrame {
  readonly kind: "seek table";
  readonly offset: number;
  readonly end: number;
}

/** Not an intact frame of a .tpp file. `cut`: the file seems to end inside it. */
export interface BrokenFrame {
  readonly kind: "broken";
  readonly offset: number;
  readonly cut: boolean;
  readonly why: string;
}

export type Frame = DataFrame | MetadataFrame | SeekTableFrame | BrokenFrame;

/** The cost, in bytes, of steps and block headers that hardly read anything. */
const stepCost = 1024;
const blockCost = 64;

/** The frame at `offset`, which must lie inside the file. */
export function frameAt(reader: ByteReader, offset: number, effort: Effort): Frame {
  const broken = (cut: boolean, why: string): BrokenFrame => ({ kind: "broken", offset, cut, why });
  if (!effort.spend(stepCost)) return broken(false, "looking further would take too long");
  const start = reader.at(offset, 8);
  if (start.length < 4) return broken(true, "the file ends inside a frame's first bytes");
  const magic = start.readUInt32LE(0);
  if (magic === zstdMagic) {
    const measured = measureDataFrame(reader.at, offset, () => effort.spend(blockCost));
    if (!measured.ok) return broken(measured.cut, measured.why);
    return { kind: "data", offset, end: measured.end, rawBytes: measured.rawBytes, checksum: measured.checksum };
  }
  if (magic !== skippableMagic && magic !== seekTableMagic) return broken(false, "no frame begins here");
  if (start.length < 8) return broken(true, "the file ends inside a frame's first bytes");
  const length = start.readUInt32LE(4);
  const end = offset + 8 + length;
  if (end > reader.fileBytes) return broken(true, "the file ends inside it");
  if (magic === seekTableMagic) return { kind: "seek table", offset, end };
  if (length > maxMetadataBytes) return broken(false, "it is too long");
  if (8 + length <= windowBytes) reader.at(offset, 8 + length); // all of it in one read
  const tag = tagOf(reader.at(offset + 8, 4));
  if (!tag || !looksLikeObject(reader, offset, end)) return broken(false, "it is not a frame of the format");
  if (!effort.spend(length)) return broken(false, "looking further would take too long");
  if (!crcHolds(reader, offset, end)) return broken(false, "its checksum does not match");
  return { kind: "metadata", offset, end, tag, value: metadataValue(reader, offset, end) };
}

/** A cheap test before any expensive one: the JSON of a metadata frame begins and ends with a brace. */
const looksLikeObject = (reader: ByteReader, offset: number, end: number): boolean =>
  end - offset > metadataPrefixBytes + 1 &&
  reader.at(offset, metadataPrefixBytes + 1)[metadataPrefixBytes] === 0x7b &&
  reader.byteAt(end - 1) === 0x7d;

const stretch = Buffer.allocUnsafeSlow(64 * 1024);

/** Checks the CRC of tag and JSON piece by piece, because the frame's length may be wrong until the CRC matches. */
function crcHolds(reader: ByteReader, offset: number, end: number): boolean {
  const prefix = reader.at(offset, metadataPrefixBytes);
  const expected = prefix.readUInt32LE(12);
  let crc = crc32(prefix.subarray(8, 12));
  for (let at = offset + metadataPrefixBytes; at < end; ) {
    const length = Math.min(stretch.length, end - at);
    const bytes = isSmall(offset, end) ? reader.at(at, length) : readInto(reader, stretch.subarray(0, length), at);
    if (bytes.length === 0) return false; // the file has become shorter
    crc = crc32(bytes, crc);
    at += bytes.length;
  }
  return crc === expected;
}

/** The JSON of a metadata frame, even if its CRC does not match. Undefined if it does not parse. */
export function metadataValue(reader: ByteReader, offset: number, end: number): unknown {
  const start = offset + metadataPrefixBytes;
  const length = Math.max(0, end - start);
  return parseMetadata(
    isSmall(offset, end) ? reader.at(start, length) : readInto(reader, Buffer.allocUnsafe(length), start),
  );
}

const isSmall = (offset: number, end: number): boolean => end - offset <= windowBytes;

const readInto = (reader: ByteReader, target: Buffer, offset: number): Buffer =>
  target.subarray(0, reader.into(target, offset));
