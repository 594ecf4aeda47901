/**
 * The documented text: one record a line, fields with one space between, found by the names in the header.
 *
 *     1 1.295788490 10.0.1.1 34490 10.0.2.1 5001 2896 0x18 1 1 0 1 1 31857 31856 10 2147483647 65160 331656 …
 */
import { caStates, documentedColumns, documentedWireNames, extendedColumns } from "@tcpprobe-plus/tpp";
import type { Ends } from "../batch.ts";
import type { BatchBuilder } from "../builder.ts";
import { type ColumnSpec, inner, traceSpec } from "../columns.ts";
import { plainAddress } from "../ends.ts";
import { type ReaderSettings, type TextKindReader, type TextReader, textOf, wholeLines } from "./reader.ts";

/** How a field is read: `ends` stands for the four fields that name both ends. */
export type FieldKind = keyof typeof codes;
export const codes = { number: 0, ends: 1, type: 2, time: 3, hex: 4, word: 5, bareHex: 6 } as const;

interface Field {
  readonly wire: string;
  readonly kind: FieldKind;
  /** Largest value that it can have. */
  readonly limit: number;
}

const limits: Readonly<Record<string, number>> = {
  UTINYINT: 0xff,
  USMALLINT: 0xffff,
  UINTEGER: 0xffffffff,
  UBIGINT: 2 ** 64,
};

/** What no connection counts to: a larger number would turn negative in `trace`, and eight times a difference not fit in 64 bits. */
const mostCounted = 2 ** 58;

const wireColumns = new Map(
  [...documentedColumns, ...extendedColumns].flatMap((column) =>
    column.wire === null ? [] : [[column.wire, column] as const],
  ),
);

/** Fields that only a segment has. */
const ofSegment: ReadonlySet<string> = new Set(["length_bytes", "tcp_flags", "seq_num", "ack_num"]);
/** The text's units in those of `trace`. */
const scales: Readonly<Record<string, number>> = {
  srtt_us: 1 / 8,
  mdev_us: 1 / 4,
  rttvar_us: 1 / 4,
  pacing_rate_bps: 8,
};
/** All bits set, in bit/s: pacing is off. */
const noPacing = (2 ** 64 - 2 ** 11) * 8;
const largestExact = Number.MAX_SAFE_INTEGER;

/** Life by type: see connections.ts. A SYN that is sent is told by its flag. */
const lifeOf = [0, 0, 0, 2, 3, 3] as const;
const synFlag = 2;

function fieldsOf(wire: readonly string[], cpus: boolean): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < wire.length; at++) {
    const name = wire[at]!;
    if (name === "saddr" && wire.slice(at, at + 4).join() === "saddr,sport,daddr,dport") {
      fields.push({ wire: "ends", kind: "ends", limit: 0 });
      at += 3;
      continue;
    }
    const column = wireColumns.get(name);
    const type = column?.wireType;
    const limit = type === "UBIGINT" && column?.type === "BIGINT" ? mostCounted : (limits[type ?? ""] ?? 0);
    const kind: FieldKind =
      name === "type"
        ? "type"
        : name === "sec.nsec"
          ? "time"
          : name === "tcp_flags"
            ? "hex"
            : limits[type ?? ""]
              ? "number"
              : "word";
    fields.push(cpus && name === "cpu" ? { wire: "cpu", kind: "number", limit: 0xfffe } : { wire: name, kind, limit });
  }
  return fields;
}

const wireOf = ({ header }: ReaderSettings): readonly string[] => header.columns ?? documentedWireNames;

export const fieldsText: TextKindReader = {
  refusal(settings) {
    const wire = wireOf(settings);
    const missing = documentedWireNames.find((name) => !wire.includes(name));
    if (missing !== undefined) return `its header names no field ${missing}, so this is not the documented record text`;
    const doubled = wire.find((name, index) => wire.indexOf(name) !== index);
    if (doubled !== undefined) return `its header names the field ${doubled} twice`;
    return fieldsOf(wire, false).some(({ kind }) => kind === "ends")
      ? null
      : "its header does not name saddr, sport, daddr and dport side by side";
  },
  columns(settings) {
    const wire = wireOf(settings);
    const names = [...documentedColumns, ...extendedColumns]
      .filter(({ wire: name }) => name !== null && wire.includes(name))
      .map(({ name }) => name)
      .filter((name) => !["t", "saddr", "daddr"].includes(name));
    const specs: ColumnSpec[] = [inner.ns, inner.ends, inner.life, ...names.map(traceSpec)];
    return settings.cpus && wire.includes("cpu") ? [...specs, inner.cpu] : specs;
  },
  open: (settings, builder) => new FieldsReader(settings, builder),
};

/** Lines taken apart before their numbers go to the columns: as many as fit the processor's near memory. */
const blockLines = 256;

/** What `parseLine` says beside its result. */
export const told = { endsFrom: 0, endsTo: 1, failed: 2, at: 3 } as const;

/**
 * Takes the line at `at` apart: each field's number goes to `numbers`, from `base` on; of words, the place where they stand. Returns the place of
 * the line's end; -1 where it is no record, and in `tells` which field is wrong and where (-1: there are more). `more`: further words may follow.
 */
export function parseLine(
  text: Uint8Array,
  begin: number,
  kinds: Uint8Array,
  limits: Float64Array,
  numbers: Float64Array,
  base: number,
  tells: Int32Array,
  more: boolean,
): number {
  const count = kinds.length;
  let at = begin;
  let index = 0;
  let start = begin;
  for (; index < count; index++) {
    start = at;
    const kind = kinds[index]!;
    if (kind === codes.number) {
      let digit = text[at]! ^ 48;
      if (digit > 9) break;
      // Nine digits fit 31 bits, which are quicker to reckon with.
      const stop = at + 9;
      let small = digit;
      for (digit = text[++at]! ^ 48; digit <= 9 && at < stop; digit = text[++at]! ^ 48)
        small = (Math.imul(small, 10) + digit) | 0;
      if (digit > 9) numbers[base + index] = small;
      else {
        let value = small * 10 + digit;
        for (digit = text[++at]! ^ 48; digit <= 9; digit = text[++at]! ^ 48) value = value * 10 + digit;
        numbers[base + index] = value;
      }
      if (numbers[base + index]! > limits[index]!) break;
    } else if (kind === codes.ends) {
      let spaces = 0;
      for (;;) {
        const byte = text[at]!;
        if (byte === 32) {
          if (++spaces === 4) break;
        } else if (byte === 10) break;
        at++;
      }
      tells[told.endsFrom] = start;
      tells[told.endsTo] = at;
    } else if (kind === codes.hex || kind === codes.bareHex) {
      let digits = 0;
      let value = 0;
      if (kind === codes.bareHex || (text[at] === 48 && (text[at + 1]! | 32) === 120)) {
        at += kind === codes.hex ? 2 : 0;
        for (; digits < 16; at++, digits++) {
          const byte = text[at]!;
          const digit = byte ^ 48;
          const letter = (byte | 32) - 87;
          if (digit <= 9) value = value * 16 + digit;
          else if (letter >= 10 && letter <= 15) value = value * 16 + letter;
          else break;
        }
      }
      if (digits === 0 || value > limits[index]!) break;
      numbers[base + index] = value;
    } else if (kind === codes.type) {
      const digit = text[at]! ^ 48;
      if (digit > 5) break;
      numbers[base + index] = digit;
      at++;
    } else if (kind === codes.time) {
      let digit = text[at]! ^ 48;
      if (digit > 9) break;
      let seconds = digit;
      for (digit = text[++at]! ^ 48; digit <= 9; digit = text[++at]! ^ 48) seconds = seconds * 10 + digit;
      let fraction = 0;
      if (text[at] === 46) {
        let places = 0;
        for (digit = text[++at]! ^ 48; digit <= 9; digit = text[++at]! ^ 48) {
          if (places++ < 9) fraction = (Math.imul(fraction, 10) + digit) | 0;
        }
        for (; places < 9; places++) fraction = Math.imul(fraction, 10);
      }
      numbers[base + index] = seconds * 1e9 + fraction;
    } else {
      let byte = text[at]!;
      while (byte !== 32 && byte !== 10 && byte !== 13) byte = text[++at]!;
      if (at === start) break;
      numbers[base + index] = start;
    }
    if (text[at] !== 32 || (more && index === count - 1)) {
      if (index === count - 1 && (text[at] === 32 || text[at] === 10 || (text[at] === 13 && text[at + 1] === 10)))
        return at;
      break;
    }
    at++;
  }
  tells[told.failed] = index === count ? -1 : index;
  tells[told.at] = start;
  return -1;
}

function storeU32(
  column: Uint32Array,
  row: number,
  numbers: Float64Array,
  field: number,
  stride: number,
  count: number,
): void {
  for (let line = 0, at = field; line < count; line++, at += stride) column[row + line] = numbers[at]!;
}

function storeU16(
  column: Uint16Array,
  row: number,
  numbers: Float64Array,
  field: number,
  stride: number,
  count: number,
): void {
  for (let line = 0, at = field; line < count; line++, at += stride) column[row + line] = numbers[at]!;
}

function storeU8(
  column: Uint8Array,
  row: number,
  numbers: Float64Array,
  field: number,
  stride: number,
  count: number,
): void {
  for (let line = 0, at = field; line < count; line++, at += stride) column[row + line] = numbers[at]!;
}

function storeF64(
  column: Float64Array,
  row: number,
  numbers: Float64Array,
  field: number,
  stride: number,
  count: number,
  scale: number,
): void {
  for (let line = 0, at = field; line < count; line++, at += stride) column[row + line] = numbers[at]! * scale;
}

/** Largest value met. */
function storeI64(
  column: Int32Array,
  row: number,
  numbers: Float64Array,
  field: number,
  stride: number,
  count: number,
): number {
  let largest = 0;
  for (let line = 0, at = field; line < count; line++, at += stride) {
    const value = numbers[at]!;
    if (value > largest) largest = value;
    column[2 * (row + line)] = value;
    column[2 * (row + line) + 1] = value < 4294967296 ? 0 : value / 4294967296;
  }
  return largest;
}

class FieldsReader implements TextReader {
  readonly #builder: BatchBuilder;
  readonly #fields: readonly Field[];
  readonly #kinds: Uint8Array;
  readonly #limits: Float64Array;
  readonly #connection: number;
  readonly #targets: readonly { readonly field: number; readonly place: number; readonly name: string }[];
  /** Of the block's lines: their numbers, ends, and where they begin. */
  readonly #numbers: Float64Array;
  readonly #ends = new Uint32Array(blockLines);
  readonly #begins = new Uint32Array(blockLines);
  readonly #tells = new Int32Array(4);
  #why = "";
  lines = 0;

  constructor(settings: ReaderSettings, builder: BatchBuilder) {
    const wire = wireOf(settings);
    this.#builder = builder;
    this.#fields = fieldsOf(wire, settings.cpus);
    this.#kinds = Uint8Array.from(this.#fields, ({ kind }) => codes[kind]);
    this.#limits = Float64Array.from(this.#fields, ({ limit }) => limit);
    this.#connection = this.#fields.findIndex(({ wire: name }) => name === "connection");
    this.#numbers = new Float64Array(this.#fields.length * blockLines);
    this.#targets = this.#fields.flatMap(({ wire }, field) => {
      const name = wire === "sec.nsec" ? "ns" : wire === "cpu" ? "cpu" : wireColumns.get(wire)?.name;
      const place = name === undefined ? -1 : builder.layout.place(name);
      return place < 0 ? [] : [{ field, place, name: name! }];
    });
  }

  read(given: Uint8Array): void {
    const text = wholeLines(given);
    const builder = this.#builder;
    for (let at = 0; at < text.length; ) {
      if (builder.isFull) builder.flush();
      at = this.#readBlock(text, at);
    }
  }

  #readBlock(text: Uint8Array, begin: number): number {
    const builder = this.#builder;
    const numbers = this.#numbers;
    const stride = this.#kinds.length;
    const most = Math.min(blockLines, builder.layout.rows - builder.row);
    const connection = this.#connection;
    let at = begin;
    let count = 0;
    while (count < most && at < text.length) {
      this.lines++;
      if (text[at] === 10) {
        at++;
        continue;
      }
      const end = parseLine(text, at, this.#kinds, this.#limits, numbers, count * stride, this.#tells, false);
      if (end < 0) {
        this.#explain(text, at, this.#tells[told.at]!, this.#tells[told.failed]!);
        at = this.#reject(text, at);
        continue;
      }
      const number = connection < 0 ? 0 : numbers[count * stride + connection]!;
      const ends = builder.ends.lookUp(
        text,
        this.#tells[told.endsFrom]!,
        this.#tells[told.endsTo]!,
        number,
        this.#endsOf,
      );
      if (ends < 0) {
        this.#why = "names no two ends";
        at = this.#reject(text, at);
        continue;
      }
      this.#ends[count] = ends;
      this.#begins[count] = at;
      count++;
      at = end + (text[end] === 10 ? 1 : 2);
    }
    if (count > 0) this.#store(text, count);
    return at;
  }

  /** Puts a block's lines into the columns. */
  #store(text: Uint8Array, count: number): void {
    const builder = this.#builder;
    const numbers = this.#numbers;
    const stride = this.#kinds.length;
    const row = builder.row;
    for (const { field, place, name } of this.#targets) {
      const column = builder.valuesAt(place);
      const { kind } = builder.layout.columns[place]!;
      if (kind === "u32") storeU32(column as Uint32Array, row, numbers, field, stride, count);
      else if (kind === "f64") storeF64(column as Float64Array, row, numbers, field, stride, count, scales[name] ?? 1);
      else if (kind === "i64") {
        const largest = storeI64(column as Int32Array, row, numbers, field, stride, count);
        if (largest > largestExact) this.#storeExactly(text, column as Int32Array, field, count);
      } else if (kind === "u8") storeU8(column as Uint8Array, row, numbers, field, stride, count);
      else if (kind === "u16") storeU16(column as Uint16Array, row, numbers, field, stride, count);
      else this.#storeTexts(text, place, field, count);
    }
    const ends = builder.values<Uint32Array>("ends");
    const sport = builder.values<Uint16Array>("sport");
    const dport = builder.values<Uint16Array>("dport");
    const { sports, dports } = builder.ends;
    for (let line = 0; line < count; line++) {
      const number = this.#ends[line]!;
      ends[row + line] = number;
      sport[row + line] = sports[number]!;
      dport[row + line] = dports[number]!;
    }
    this.#storeMeanings(count);
    builder.row = row + count;
  }

  /** What depends on the type of record, and values that mean none. */
  #storeMeanings(count: number): void {
    const builder = this.#builder;
    const { layout } = builder;
    const first = builder.row;
    const type = builder.values<Uint8Array>("type");
    const flags = builder.values<Uint8Array>("tcp_flags");
    const life = builder.values<Uint8Array>("life");
    const caState = builder.values<Uint8Array>("ca_state");
    const pacing = builder.values<Float64Array>("pacing_rate_bps");
    const [pacingPlace, caPlace] = [layout.place("pacing_rate_bps"), layout.place("ca_state")];
    // Where the lines tell each connection's number, that alone tells connections apart.
    const numbered = this.#connection >= 0;
    for (let row = first; row < first + count; row++) {
      const code = type[row]!;
      life[row] = numbered ? 0 : code === 1 ? (flags[row]! & synFlag) >> 1 : lifeOf[code]!;
      if (code > 1) for (const { place, name } of this.#targets) if (ofSegment.has(name)) builder.setNull(place, row);
      if (pacing[row]! >= noPacing) builder.setNull(pacingPlace, row);
      if (caState[row]! >= caStates.length) builder.setNull(caPlace, row);
    }
  }

  #storeTexts(text: Uint8Array, place: number, field: number, count: number): void {
    const builder = this.#builder;
    const stride = this.#kinds.length;
    for (let line = 0; line < count; line++) {
      const begin = this.#numbers[line * stride + field]!;
      let end = begin;
      while (text[end]! > 32) end++;
      if (end === begin + 1 && text[begin] === 45) builder.setNull(place, builder.row + line);
      else builder.setText(place, textOf(text, begin, end), builder.row + line);
    }
  }

  /** Numbers that a double does not hold exactly, made again from their digits. */
  #storeExactly(text: Uint8Array, column: Int32Array, field: number, count: number): void {
    const stride = this.#kinds.length;
    const before = this.#fields.slice(0, field).reduce((sum, { kind }) => sum + (kind === "ends" ? 4 : 1), 0);
    for (let line = 0; line < count; line++) {
      if (this.#numbers[line * stride + field]! <= largestExact) continue;
      const begin = this.#begins[line]!;
      const words = textOf(text, begin, text.indexOf(10, begin)).split(" ");
      const exact = BigInt(words[before]!);
      const row = this.#builder.row + line;
      column[2 * row] = Number(BigInt.asIntN(32, exact));
      column[2 * row + 1] = Number(BigInt.asIntN(32, exact >> 32n));
    }
  }

  /** Counts a line that is no record; the place behind it. */
  #reject(text: Uint8Array, line: number): number {
    const end = text.indexOf(10, line);
    this.#builder.bad(this.#why, textOf(text, line, Math.min(end, line + 400)));
    return end + 1;
  }

  /** Says in `#why` what is wrong with a line; `failed` < 0: it goes on behind its last field. */
  #explain(text: Uint8Array, line: number, at: number, failed: number): void {
    const count = this.#fields.length + 3;
    const end = text.indexOf(10, line);
    const words = textOf(text, line, end).trimEnd().split(" ").length;
    const { wire, kind, limit } = this.#fields[Math.max(failed, 0)]!;
    const word = failed < 0 ? "" : /^\S*/.exec(textOf(text, at, Math.min(end, at + 40)))![0];
    this.#why =
      failed < 0 || words > count
        ? `has more than ${count} fields`
        : words < count
          ? `has ${words} of ${count} fields`
          : kind === "type"
            ? "type is none of 0 to 5"
            : kind === "number" && /^\d+$/.test(word)
              ? `${wire} is larger than ${limit}`
              : `${wire} is no number`;
  }

  readonly #endsOf = (text: Uint8Array, from: number, to: number, connection: number): Ends | null => {
    const [saddr = "", sport = "", daddr = "", dport = ""] = textOf(text, from, to).split(" ");
    const isPort = (digits: string): boolean => /^\d{1,5}$/.test(digits) && Number(digits) <= 65535;
    const address = /^[0-9a-fA-F:.]{2,45}(%\S{1,15})?$/;
    if (!isPort(sport) || !isPort(dport) || !address.test(saddr) || !address.test(daddr)) return null;
    return {
      saddr: plainAddress(saddr),
      sport: Number(sport),
      daddr: plainAddress(daddr),
      dport: Number(dport),
      connection: this.#connection < 0 ? null : String(connection),
    };
  };
}
