import { crc32 } from "node:zlib";
import type { TppCheckpoint, TppHeader, TppTrailer } from "./header.ts";
import { layoutProblem } from "./record-layout.ts";
import { skippableMagic } from "./zstd-frame.ts";

/** The four bytes after a metadata frame's length field. */
export type MetadataTag = "TPPH" | "TPPC" | "TPPT";

/** Magic, length, tag, CRC32. */
export const metadataPrefixBytes = 16;

/** No metadata frame's payload is larger. */
export const maxMetadataBytes = 16 * 1024 * 1024;

/** A skippable frame of tag, CRC32 of tag and JSON, JSON. */
export function encodeMetadata(tag: MetadataTag, value: TppHeader | TppCheckpoint | TppTrailer): Buffer {
  const json = Buffer.from(JSON.stringify(value), "utf8");
  const frame = Buffer.alloc(metadataPrefixBytes + json.length);
  frame.writeUInt32LE(skippableMagic, 0);
  frame.writeUInt32LE(8 + json.length, 4);
  frame.write(tag, 8, "latin1");
  frame.writeUInt32LE(crc32(json, crc32(tag)), 12);
  json.copy(frame, metadataPrefixBytes);
  return frame;
}

export interface Metadata {
  readonly tag: MetadataTag;
  /** Parsed JSON; undefined where it does not parse. */
  readonly value: unknown;
  readonly crcMatches: boolean;
}

export const hasOurTag = (payload: Buffer): boolean => /^TPP[HCT]$/.test(payload.toString("latin1", 0, 4));

/** Reads the payload of a skippable frame; undefined when it is none of ours. */
export function decodeMetadata(payload: Buffer): Metadata | undefined {
  if (payload.length < 8 || !hasOurTag(payload)) return undefined;
  const tag = payload.toString("latin1", 0, 4) as MetadataTag;
  const json = payload.subarray(8);
  const crcMatches = crc32(json, crc32(tag)) === payload.readUInt32LE(4);
  let value: unknown;
  try {
    value = JSON.parse(json.toString("utf8"));
  } catch {
    value = undefined;
  }
  return { tag, value, crcMatches };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Checks what readers rely on: a header whose CRC does not hold may still parse, with a name or value changed. */
export function asHeader(value: unknown): TppHeader | undefined {
  if (!isObject(value) || value.format !== 1) return undefined;
  for (const name of ["capture_id", "source", "text"]) if (typeof value[name] !== "string") return undefined;
  for (const name of ["tool", "kernel", "clock", "filters", "sysctl"]) if (!isObject(value[name])) return undefined;
  for (const name of ["interfaces", "command_line"]) if (!Array.isArray(value[name])) return undefined;
  if (value.columns !== null && !Array.isArray(value.columns)) return undefined;
  if (value.text === "records" ? layoutProblem(value.records) !== null : value.records !== undefined) return undefined;
  const clock = value.clock as Record<string, unknown>;
  for (const name of ["realtime_ns", "monotonic_ns", "zero_monotonic_ns"]) {
    if (typeof clock[name] !== "string" || !/^\d+$/.test(clock[name])) return undefined;
  }
  return value as unknown as TppHeader;
}

export function asCheckpoint(value: unknown): TppCheckpoint | undefined {
  if (!isObject(value) || typeof value.capture_id !== "string" || !isObject(value.lost)) return undefined;
  const counts = ["frame", "offset", "compressed_bytes", "checksum", "frame_lines", "frame_raw_bytes"];
  for (const name of [...counts, "lines", "raw_bytes"]) if (!isCount(value[name])) return undefined;
  const checkpoint = value as unknown as TppCheckpoint;
  if (checkpoint.frame < 1 || checkpoint.lines < checkpoint.frame_lines) return undefined;
  return checkpoint.raw_bytes < checkpoint.frame_raw_bytes ? undefined : checkpoint;
}

export function asTrailer(value: unknown): TppTrailer | undefined {
  if (!isObject(value) || typeof value.capture_id !== "string" || !isObject(value.lost)) return undefined;
  for (const name of ["frames", "lines", "raw_bytes"]) if (!isCount(value[name])) return undefined;
  return value as unknown as TppTrailer;
}
