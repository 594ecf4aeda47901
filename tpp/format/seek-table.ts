/**
 * The seek table of the zstd seekable format, version 0.1.0. It has one entry for every frame before it. Skippable
 * frames are entries with a raw size of 0, so that sums of the compressed sizes are file offsets.
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

/** Low 32 bits of XXH64 of an empty input: the checksum in a skippable frame's entry. */
export const emptyChecksum = 0x51d8e999;

export const skippableEntry = (compressedBytes: number): SeekEntry => ({
  compressedBytes,
  rawBytes: 0,
  checksum: emptyChecksum,
});

export function encodeSeekTable(entries: readonly SeekEntry[]): Buffer {
  const table = Buffer.alloc(seekTableBytes(entries.length));
  table.writeUInt32LE(seekTableMagic, 0);
  table.writeUInt32LE(table.length - 8, 4);
  let at = 8;
  for (const entry of entries) {
    writeEntry(table, at, entry.compressedBytes, entry.rawBytes, entry.checksum);
    at += entryBytes;
  }
  table.writeUInt32LE(entries.length, at);
  table[at + 4] = checksumFlag;
  table.writeUInt32LE(footerMagic, at + 5);
  return table;
}

/** Collects entries in the table's own form, 12 bytes each, so that many of them take little memory. */
export class SeekEntries {
  #bytes = Buffer.alloc(64 * entryBytes);
  count = 0;

  add({ compressedBytes, rawBytes, checksum }: SeekEntry): void {
    const at = this.count * entryBytes;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(at)]);
    writeEntry(this.#bytes, at, compressedBytes, rawBytes, checksum);
    this.count += 1;
  }

  /** Whether a table has exactly these entries. */
  equals(table: Buffer): boolean {
    const length = this.count * entryBytes;
    return table.length === seekTableBytes(this.count) && table.compare(this.#bytes, 0, length, 8, 8 + length) === 0;
  }
}

function writeEntry(target: Buffer, at: number, compressedBytes: number, rawBytes: number, checksum: number): void {
  target.writeUInt32LE(compressedBytes, at);
  target.writeUInt32LE(rawBytes, at + 4);
  target.writeUInt32LE(checksum, at + 8);
}

/** Length of a table with this number of entries. */
export const seekTableBytes = (entries: number): number => 8 + entries * entryBytes + footerBytes;

export const seekTableFooterBytes = footerBytes;

/**
 * The number of entries that a table's footer states. Undefined if the footer is not that of a table, or the number
 * does not fit the table's length.
 */
export function seekTableEntries(footer: Buffer, tableBytes: number): number | undefined {
  if (footer.length !== footerBytes) return undefined;
  if (footer.readUInt32LE(5) !== footerMagic || footer[4] !== checksumFlag) return undefined;
  const entries = footer.readUInt32LE(0);
  return tableBytes === seekTableBytes(entries) ? entries : undefined;
}
