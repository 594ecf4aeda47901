/**
 * Series as bytes, for the page and for HTTP, and back. Numbers are whole multiples of a step that loses nothing worth
 * drawing; each is written as the difference from the one before, so that most take a byte and compress well.
 */
import type { SeriesBins } from "./model.ts";

/**
 * Steps of values: whole, the eighths of a microsecond in which the kernel keeps srtt, thousandths. The first that
 * holds all values of a series is used. Thousandths round what none holds.
 */
const scales = [1, 8, 1000] as const;

class Writer {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** A whole number from 0 to 2^53, seven bits a byte. */
  whole(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number that can be negative. */
  signed(value: number): void {
    this.whole(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error("the series of this page are cut off: make the page again");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  signed(): number {
    const value = this.whole();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }
}

/** Several series of one flow, or of one answer. Their names are kept elsewhere. */
export function encodeSeries(all: readonly SeriesBins[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.whole(all.length);
  for (const series of all) encodeOne(writer, series);
  return writer.bytes();
}

export function decodeSeries(bytes: Uint8Array): SeriesBins[] {
  const reader = new Reader(bytes);
  return Array.from({ length: reader.whole() }, () => decodeOne(reader));
}

/** How the entries of a series are written. */
const [asRecords, asBins] = [0, 1];

function encodeOne(writer: Writer, { width_us, at_us, min, max, last, count }: SeriesBins): void {
  const entries = at_us.length;
  const scale = scaleOf(min, max, last);
  // Of a band, each record has two values.
  const single = width_us === 0 && min.every((low, at) => Object.is(low, max[at]) && Object.is(low, last[at]));
  writer.whole(single ? asRecords : asBins);
  writer.whole(width_us);
  writer.whole(scale);
  writer.whole(entries);
  const round = (value: number): number => Math.round(value * scale);
  const steps = width_us === 0 ? 1 : width_us;
  let before = 0;
  for (const time of at_us) {
    const place = Math.floor(time / steps);
    writer.signed(place - before);
    before = place;
  }
  writeGaps(writer, last);
  if (single) {
    before = 0;
    for (const value of last) {
      const whole = Number.isNaN(value) ? before : round(value);
      writer.signed(whole - before);
      before = whole;
    }
    return;
  }
  writeGaps(writer, min);
  before = 0;
  for (let at = 0; at < entries; at++) {
    const low = Number.isNaN(min[at]!) ? before : round(min[at]!);
    writer.signed(low - before);
    before = low;
  }
  for (let at = 0; at < entries; at++) writer.whole(Number.isNaN(min[at]!) ? 0 : round(max[at]!) - round(min[at]!));
  for (let at = 0; at < entries; at++)
    writer.whole(Number.isNaN(min[at]!) || Number.isNaN(last[at]!) ? 0 : round(last[at]!) - round(min[at]!));
  if (width_us > 0) for (const records of count) writer.whole(records);
}

function decodeOne(reader: Reader): SeriesBins {
  const kind = reader.whole();
  const width_us = reader.whole();
  const scale = reader.whole();
  const entries = reader.whole();
  const at_us = new Float64Array(entries);
  let before = 0;
  for (let at = 0; at < entries; at++) {
    before += reader.signed();
    // The time within a bin is not kept: bins are at most a pixel wide, unless there is nothing finer.
    at_us[at] = width_us === 0 ? before : (before + 1) * width_us - 1;
  }
  const unknownLast = readGaps(reader);
  const [min, max] = [new Float64Array(entries), new Float64Array(entries)];
  const last = new Float64Array(entries);
  before = 0;
  if (kind === asRecords) {
    for (let at = 0; at < entries; at++) {
      before += reader.signed();
      last[at] = before / scale;
    }
    for (const at of unknownLast) last[at] = Number.NaN;
    return { width_us, at_us, min: last, max: last, last, count: new Float64Array(entries).fill(1) };
  }
  const unknownAll = readGaps(reader);
  for (let at = 0; at < entries; at++) {
    before += reader.signed();
    min[at] = before / scale;
  }
  for (let at = 0; at < entries; at++) max[at] = min[at]! + reader.whole() / scale;
  for (let at = 0; at < entries; at++) last[at] = min[at]! + reader.whole() / scale;
  const count = new Float64Array(entries).fill(1);
  if (width_us > 0) for (let at = 0; at < entries; at++) count[at] = reader.whole();
  for (const at of unknownAll) min[at] = max[at] = Number.NaN;
  for (const at of unknownLast) last[at] = Number.NaN;
  return { width_us, at_us, min, max, last, count };
}

/** Places of NaN. */
function writeGaps(writer: Writer, values: Float64Array): void {
  const places: number[] = [];
  for (let at = 0; at < values.length; at++) if (Number.isNaN(values[at]!)) places.push(at);
  writer.whole(places.length);
  let before = 0;
  for (const place of places) {
    writer.whole(place - before);
    before = place;
  }
}

function readGaps(reader: Reader): number[] {
  let before = 0;
  return Array.from({ length: reader.whole() }, () => {
    before += reader.whole();
    return before;
  });
}

function scaleOf(...columns: readonly Float64Array[]): number {
  const holds = (scale: number): boolean =>
    columns.every((values) =>
      values.every((value) => Number.isNaN(value) || Math.abs(value * scale - Math.round(value * scale)) < 1e-6),
    );
  return scales.find(holds) ?? scales.at(-1)!;
}
