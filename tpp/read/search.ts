/** Finds the next intact metadata frame after bytes that cannot be read. */

import { metadataPrefixBytes } from "../format/metadata.ts";
import { skippableMagic } from "../format/zstd-frame.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { Effort } from "./effort.ts";
import { frameAt, type MetadataFrame } from "./frames.ts";

const needle = Buffer.alloc(4);
needle.writeUInt32LE(skippableMagic, 0);

const smallestStep = 4 * 1024;
const largestStep = 1024 * 1024;

/**
 * A search that can be continued. Bytes read are kept between calls. Steps grow only while nothing is found, so the
 * cost of a damage is about proportional to its length.
 */
export class MetadataSearch {
  readonly #reader: ByteReader;
  readonly #effort: Effort;
  readonly #buffer = Buffer.allocUnsafeSlow(largestStep);
  #start = 0;
  #length = 0;

  constructor(reader: ByteReader, effort: Effort) {
    this.#reader = reader;
    this.#effort = effort;
  }

  /** The first metadata frame at or after `from` whose CRC holds, looking no further than `limit`. */
  next(from: number, limit: number = this.#reader.fileBytes): MetadataFrame | undefined {
    const end = Math.min(limit, this.#reader.fileBytes);
    let step = smallestStep;
    let at = from;
    while (at + metadataPrefixBytes <= end) {
      const held = this.#start + this.#length;
      if (at < this.#start || at + needle.length > held) {
        if (!this.#fill(at, step)) return undefined;
        step = Math.min(2 * step, largestStep);
      }
      const hit = this.#buffer.subarray(0, this.#length).indexOf(needle, at - this.#start);
      if (hit === -1) {
        // The last three bytes may be the beginning of a magic number that continues after them.
        at = Math.max(at + 1, this.#start + this.#length - needle.length + 1);
        continue;
      }
      at = this.#start + hit;
      if (at + metadataPrefixBytes > end) return undefined;
      const frame = frameAt(this.#reader, at, this.#effort);
      if (frame.kind === "metadata") return frame;
      if (this.#effort.isSpent) return undefined;
      at += 1;
    }
    return undefined;
  }

  #fill(at: number, step: number): boolean {
    this.#start = at;
    this.#length = this.#reader.into(this.#buffer.subarray(0, step), at);
    return this.#length >= needle.length && this.#effort.spend(this.#length);
  }
}
