/** Reads only the header of a file. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { TppHeader } from "../format/header.ts";
import { maxMetadataBytes, metadataPrefixBytes, parseMetadata } from "../format/metadata.ts";
import { asHeader } from "../format/metadata-schema.ts";
import { skippableMagic } from "../format/zstd-frame.ts";

/**
 * The header of a regular file. Null if the file does not begin with an intact header, cannot be read, or is a symbolic
 * link. Never blocks.
 */
export function headerOf(path: string): TppHeader | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    return fstatSync(fd).isFile() ? readHeader(fd) : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

function readHeader(fd: number): TppHeader | null {
  const prefix = Buffer.alloc(metadataPrefixBytes);
  if (readSync(fd, prefix, 0, prefix.length, 0) < prefix.length) return null;
  const payloadBytes = prefix.readUInt32LE(4);
  if (prefix.readUInt32LE(0) !== skippableMagic || prefix.toString("latin1", 8, 12) !== "TPPH") return null;
  if (payloadBytes < 8 || payloadBytes > Math.min(maxMetadataBytes, fstatSync(fd).size)) return null;
  const json = Buffer.alloc(payloadBytes - 8);
  if (readSync(fd, json, 0, json.length, metadataPrefixBytes) < json.length) return null;
  if (crc32(json, crc32(prefix.subarray(8, 12))) !== prefix.readUInt32LE(12)) return null;
  return asHeader(parseMetadata(json)) ?? null;
}
