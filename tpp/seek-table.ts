/**
 * The zstd seekable format's table (version 0.1.0 of that format): one entry for every frame before it. Skippable
 * frames are entries with a raw size of 0, so that the sums of the compressed sizes are file offsets.
 */
import { seekTableMagic } from "./zstd-frame.ts";

export interface SeekEntry {
  readonly compressedBytes: number;
  readonly rawBytes: number;
  /** Low 32 bits of XXH64 of the raw bytes. */
  readonly checksum: number;
}

const footerMagic = 0x8f92eab1;
const footerBytes = 9;
const entryBytes = 12;
const checksumFlag = 0x80;

/** Low 32 bits of XXH64 of nothing, the checksum of a skippable frame's entry. */
export const emptyChecksum = 0x51d8e999;

export const skippableEntry = (compressedBytes: number): SeekEntry => ({
  compressedBytes,
  rawBytes: 0,
  checksum: emptyChecksum,
});

export function encodeSeekTable(entries: readonly SeekEntry[]): Buffer {
  const table = Buffer.alloc(8 + entries.length * entryBytes + footerBytes);
  table.writeUInt32LE(seekTableMagic, 0);
  table.writeUInt32LE(table.length - 8, 4);
  let at = 8;
  for (const entry of entries) {
    table.writeUInt32LE(entry.compressedBytes, at);
    table.writeUInt32LE(entry.rawBytes, at + 4);
    table.writeUInt32LE(entry.checksum, at + 8);
    at += entryBytes;
  }
  table.writeUInt32LE(entries.length, at);
  table[at + 4] = checksumFlag;
  table.writeUInt32LE(footerMagic, at + 5);
  return table;
}

/** Entries of a seek table's payload (the bytes after magic and length); undefined when it is damaged. */
export function decodeSeekTable(payload: Buffer): SeekEntry[] | undefined {
  const footer = payload.length - footerBytes;
  if (footer < 0 || footer % entryBytes !== 0) return undefined;
  if (payload.readUInt32LE(footer + 5) !== footerMagic || payload[footer + 4] !== checksumFlag) return undefined;
  if (payload.readUInt32LE(footer) !== footer / entryBytes) return undefined;
  const entries: SeekEntry[] = [];
  for (let at = 0; at < footer; at += entryBytes) {
    entries.push({
      compressedBytes: payload.readUInt32LE(at),
      rawBytes: payload.readUInt32LE(at + 4),
      checksum: payload.readUInt32LE(at + 8),
    });
  }
  return entries;
}
