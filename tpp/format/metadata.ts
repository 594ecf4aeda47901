/** Metadata frames: skippable frames that hold a tag, a CRC and JSON. */
import { crc32 } from "node:zlib";
import { HeaderValueError } from "../errors.ts";
import { fitted } from "./fit-metadata.ts";
import type { TppCheckpoint, TppHeader, TppTrailer } from "./header.ts";
import { checkpointProblem, headerProblem, trailerProblem } from "./metadata-schema.ts";
import { skippableMagic } from "./zstd-frame.ts";

/** The four bytes after a metadata frame's length field. */
export type MetadataTag = "TPPH" | "TPPC" | "TPPT";

/** Magic, length, tag, CRC32. */
export const metadataPrefixBytes = 16;

/** Largest payload of a metadata frame. */
export const maxMetadataBytes = 16 * 1024 * 1024;

const problemOf: Readonly<Record<MetadataTag, (value: unknown) => string | null>> = {
  TPPH: headerProblem,
  TPPC: checkpointProblem,
  TPPT: trailerProblem,
};

/**
 * Makes a skippable frame of the tag, the CRC32 of tag and JSON, and the JSON. Nothing is written that a reader would
 * refuse: values that are too long are cut, with a note in the header. Throws a HeaderValueError for invalid values,
 * such as a clock in another century.
 */
export function encodeMetadata(tag: MetadataTag, value: TppHeader | TppCheckpoint | TppTrailer): Buffer {
  let json = Buffer.from(JSON.stringify(value), "utf8");
  if (refusal(tag, value, json) !== null) {
    const accepted = (candidate: object) => refusal(tag, candidate, Buffer.from(JSON.stringify(candidate))) === null;
    const shorter = fitted(tag, value, accepted);
    if (!shorter) throw new HeaderValueError(refusal(tag, value, json)!);
    json = Buffer.from(JSON.stringify(shorter), "utf8");
  }
  const frame = Buffer.allocUnsafe(metadataPrefixBytes + json.length);
  frame.writeUInt32LE(skippableMagic, 0);
  frame.writeUInt32LE(8 + json.length, 4);
  frame.write(tag, 8, "latin1");
  frame.writeUInt32LE(crc32(json, crc32(tag)), 12);
  json.copy(frame, metadataPrefixBytes);
  return frame;
}

/** Why a reader would refuse it, or null. */
const refusal = (tag: MetadataTag, value: object, json: Buffer): string | null =>
  8 + json.length > maxMetadataBytes ? "it is too long" : (problemOf[tag](value) ?? shapeProblem(json));

export const tagOf = (bytes: Buffer): MetadataTag | undefined => {
  const tag = bytes.toString("latin1", 0, 4);
  return tag in problemOf ? (tag as MetadataTag) : undefined;
};

/** The JSON's value. Undefined if it does not parse, is nested too deep or has too many values. */
export function parseMetadata(json: Buffer): unknown {
  if (shapeProblem(json) !== null) return undefined;
  try {
    return JSON.parse(json.toString("utf8"));
  } catch {
    return undefined;
  }
}

const maxDepth = 32;
const maxValues = 1_000_000;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Checks the depth of JSON and its number of values. Too many values would take far more memory than the text does, and
 * depth would exhaust the stack. Names that this version does not know may hold anything, so this is checked before the
 * JSON is parsed.
 */
export function shapeProblem(json: Buffer): string | null {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]!;
    if (byte === quote) {
      at += 1;
      while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
    } else if (byte === comma || byte === colon) values += 1;
    else if (byte === openList || byte === openObject) {
      values += 1;
      depth += 1;
      if (depth > maxDepth) return `it is nested deeper than ${maxDepth}`;
    } else if (byte === closeList || byte === closeObject) depth -= 1;
  }
  return values > maxValues ? `it holds more than ${maxValues} values` : null;
}
