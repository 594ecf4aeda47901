/**
 * The documented text: one record a line, fields separated by one space. The header names the fields in order.
 *
 *     1 1.295788490 10.0.1.1 34490 10.0.2.1 5001 2896 0x18 1 1 0 1 1 31857 31856 10 2147483647 65160 331656 …
 */
import { caStates, documentedColumns, documentedWireNames, extendedColumns, portOf } from "@tcpprobe-plus/tpp";
import { plainAddress } from "../../captures/plain-address.ts";
import type { Ends } from "../batch.ts";
import type { BatchBuilder } from "../builder.ts";
import { type ColumnSpec, inner, traceSpec } from "../columns.ts";
import { codes, type FieldKind } from "./parse-line.ts";
import { type ReaderSettings, type TextKindReader, type TextReader, textOf } from "./reader.ts";
import { type LineField, WasmLines } from "./wasm-lines.ts";

interface Field {
  readonly wire: string;
  readonly kind: FieldKind;
  /** Largest value allowed. */
  readonly limit: number;
}

const limits: Readonly<Record<string, number>> = {
  UTINYINT: 0xff,
  USMALLINT: 0xffff,
  UINTEGER: 0xffffffff,
  UBIGINT: 2 ** 64,
};

/**
 * No connection counts this far. A larger number could become negative in `trace`, and eight times a difference would
 * not fit in 64 bits.
 */
const mostCounted = 2 ** 58;

const wireColumns = new Map(
  [...documentedColumns, ...extendedColumns].flatMap((column) =>
    column.wire === null ? [] : [[column.wire, column] as const],
  ),
);

/** Fields that only a segment has. */
const ofSegment: ReadonlySet<string> = new Set(["length_bytes", "tcp_flags", "seq_num", "ack_num"]);
/** Factors from the text's units to those of `trace`. */
const scales: Readonly<Record<string, number>> = {
  srtt_us: 1 / 8,
  mdev_us: 1 / 4,
  rttvar_us: 1 / 4,
  pacing_rate_bps: 8,
};
/** All bits set, in bit/s: pacing is off. */
const noPacing = (2 ** 64 - 2 ** 11) * 8;

/** `life` by record type; see connections.ts. A sent SYN is recognized by its flag. */
const lifeOf = [0, 0, 0, 2, 3, 3] as const;
const synFlag = 2;
/** The columns that name both ends. */
const endsNames = ["ends", "sport", "dport"] as const;

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
    if (missing !== undefined)
      return `its header does not name the field ${missing}, so this is not the documented record text`;
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

interface Target {
  readonly field: number;
  readonly place: number;
  readonly name: string;
}

class FieldsReader implements TextReader {
  readonly #builder: BatchBuilder;
  readonly #fields: readonly Field[];
  readonly #connection: number;
  readonly #targets: readonly Target[];
  readonly #wasm: WasmLines;
  /** Generation of the builder's table of ends that the WebAssembly module has a copy of. */
  #generation = -1;
  lines = 0;

  constructor(settings: ReaderSettings, builder: BatchBuilder) {
    const wire = wireOf(settings);
    const { layout } = builder;
    this.#builder = builder;
    this.#fields = fieldsOf(wire, settings.cpus);
    this.#connection = this.#fields.findIndex(({ wire: name }) => name === "connection");
    this.#targets = this.#fields.flatMap(({ wire }, field) => {
      const name = wire === "sec.nsec" ? "ns" : wire === "cpu" ? "cpu" : wireColumns.get(wire)?.name;
      const place = name === undefined ? -1 : layout.place(name);
      return place < 0 ? [] : [{ field, place, name: name! }];
    });
    const lineFields = this.#fields.map(({ kind, limit }, field): LineField => {
      const target = this.#targets.find((one) => one.field === field);
      return {
        code: codes[kind],
        kind: target ? layout.columns[target.place]!.kind : null,
        limit,
        scale: scales[target?.name ?? ""] ?? 1,
      };
    });
    this.#wasm = new WasmLines(lineFields, layout.rows, this.#connection);
  }

  read(text: Uint8Array): void {
    const builder = this.#builder;
    const wasm = this.#wasm;
    // Number of rows parsed so far. Those before `builder.row` have been stored in the batch.
    let row = builder.row;
    for (let at = wasm.load(text); at < wasm.end; ) {
      if (row === builder.layout.rows) {
        this.#store(row);
        builder.flush();
        row = 0;
      }
      if (this.#generation !== builder.ends.generation) {
        wasm.forgetEnds();
        this.#generation = builder.ends.generation;
      }
      row = wasm.parse(at, row, builder.layout.rows);
      this.lines += wasm.lines;
      at = wasm.stoppedAt;
      const stop = wasm.stoppedBy;
      if (stop === "wrong") at = this.#reject(at, this.#whyWrong(at));
      else if (stop === "ends" && !this.#meetEnds()) at = this.#reject(at, "does not name two ends");
    }
    this.#store(row);
  }

  /** Parses a pair of ends that was not seen before. Returns false if it is not one. */
  #meetEnds(): boolean {
    const { from, to, connection } = this.#wasm.ends;
    const [saddr = "", sport = "", daddr = "", dport = ""] = textOf(this.#wasm.bytes(), from, to).split(" ");
    const isPort = (digits: string): boolean => portOf(digits) !== null;
    const address = /^[0-9a-fA-F:.]{2,45}(%\S{1,15})?$/;
    if (!isPort(sport) || !isPort(dport) || !address.test(saddr) || !address.test(daddr)) return false;
    const ends: Ends = {
      saddr: plainAddress(saddr),
      sport: Number(sport),
      daddr: plainAddress(daddr),
      dport: Number(dport),
      connection: this.#connection < 0 ? null : String(connection),
    };
    this.#wasm.keepEnds(this.#builder.ends.meet(ends), ends.sport, ends.dport);
    return true;
  }

  /** Stores rows before `end` in the batch. */
  #store(end: number): void {
    const builder = this.#builder;
    const first = builder.row;
    if (end === first) return;
    const { layout } = builder;
    for (const { field, place } of this.#targets) {
      const { kind } = layout.columns[place]!;
      const width = kind === "i64" ? 2 : 1;
      const parsed = this.#wasm.column(field);
      if (kind === "text") this.#storeTexts(parsed, place, first, end);
      else builder.valuesAt(place).set(parsed.subarray(first * width, end * width), first * width);
    }
    for (const [index, column] of this.#wasm.endsColumns().entries())
      builder.values(endsNames[index]!).set(column.subarray(first, end), first);
    this.#storeMeanings(first, end);
    builder.row = end;
  }

  /** Sets what depends on the record's type, and turns values that mean "none" into NULL. */
  #storeMeanings(first: number, end: number): void {
    const builder = this.#builder;
    const { layout } = builder;
    const type = builder.values<Uint8Array>("type");
    const flags = builder.values<Uint8Array>("tcp_flags");
    const life = builder.values<Uint8Array>("life");
    const caState = builder.values<Uint8Array>("ca_state");
    const pacing = builder.values<Float64Array>("pacing_rate_bps");
    const [pacingPlace, caPlace] = [layout.place("pacing_rate_bps"), layout.place("ca_state")];
    // Where lines have a connection number, it alone distinguishes connections.
    const numbered = this.#connection >= 0;
    for (let row = first; row < end; row++) {
      const code = type[row]!;
      life[row] = numbered ? 0 : code === 1 ? (flags[row]! & synFlag) >> 1 : lifeOf[code]!;
      if (code > 1) for (const { place, name } of this.#targets) if (ofSegment.has(name)) builder.setNull(place, row);
      if (pacing[row]! >= noPacing) builder.setNull(pacingPlace, row);
      if (caState[row]! >= caStates.length) builder.setNull(caPlace, row);
    }
  }

  /** Stores words, given their offsets in the text. */
  #storeTexts(places: ArrayLike<number>, place: number, first: number, end: number): void {
    const builder = this.#builder;
    const text = this.#wasm.bytes();
    for (let row = first; row < end; row++) {
      const begin = places[row]!;
      let stop = begin;
      while (text[stop]! > 32) stop++;
      if (stop === begin + 1 && text[begin] === 45) builder.setNull(place, row);
      else builder.setText(place, textOf(text, begin, stop), row);
    }
  }

  /** Counts a line that is not a record. Returns the offset after it. */
  #reject(line: number, why: string): number {
    const text = this.#wasm.bytes();
    const end = text.indexOf(10, line);
    this.lines++;
    this.#builder.bad(why, textOf(text, line, Math.min(end, line + 400)));
    return end + 1;
  }

  #whyWrong(line: number): string {
    const { field, at } = this.#wasm.wrong;
    const text = this.#wasm.bytes();
    const count = this.#fields.length + 3;
    const end = text.indexOf(10, line);
    const words = textOf(text, line, end).trimEnd().split(" ").length;
    const { wire, kind, limit } = this.#fields[Math.max(field, 0)]!;
    const word = field < 0 ? "" : /^\S*/.exec(textOf(text, at, Math.min(end, at + 40)))![0];
    if (field < 0 || words > count) return `has more than ${count} fields`;
    if (words < count) return `has ${words} of ${count} fields`;
    if (kind === "type") return "type is not 0 to 5";
    return kind === "number" && /^\d+$/.test(word) ? `${wire} is larger than ${limit}` : `${wire} is not a number`;
  }
}
