/**
 * Reads binary records. The header's layout gives the offset and type of each field. The source bpf writes such
 * records; any other source described in the same way can be read, too. What depends on the order of records (64-bit
 * sequence numbers, the count of timeouts, the places of losses) is left to the pass.
 */
import { caStates, RecordValues, recordTypes } from "@tcpprobe-plus/tpp";
import type { Ends } from "./batch.ts";
import { binaryColumns, type Store } from "./binary-columns.ts";
import type { BatchBuilder } from "./builder.ts";
import { type ColumnSpec, inner, traceSpec } from "./columns.ts";
import { life } from "./connections.ts";

import { processSpecs } from "./processes.ts";
import type { ReaderSettings, TextKindReader, TextReader } from "./texts/reader.ts";

/** Type of a record that is not a row of `trace`: it names the process that opened or accepted the connection. */
const typeProcess = 12;
const typeSend = 1;
const highestType = Math.max(...recordTypes.map(({ code }) => code));
const synFlag = 2;
const families: ReadonlySet<number> = new Set([2, 10]);
/** `life` (see connections.ts) as far as the record type alone decides it. Flags and states decide the rest. */
const lifeOf: Readonly<Record<number, number>> = { 3: life.established, 4: life.ended, 5: life.ended };
const ofSegment = ["length_bytes", "tcp_flags", "seq_num", "ack_num"];

/** Whether the retransmission timer was hooked, so that each timeout has a record and can be counted. */
const seesTimeouts = ({ header }: ReaderSettings): boolean =>
  header.bpf === undefined || header.bpf.hooks.includes("fentry/tcp_retransmit_timer");

const tellsProcesses = (values: RecordValues): boolean =>
  values.number("pid") !== null &&
  values.text("comm") !== null &&
  values.bigint("cgroup") !== null &&
  values.bigint("connection") !== null;

export const binaryRecords: TextKindReader = {
  refusal({ header }) {
    const values = new RecordValues(header.records!);
    const known: Readonly<Record<string, unknown>> = {
      time_ns: values.bigint("time_ns"),
      type: values.number("type"),
      family: values.number("family"),
      saddr: values.address("saddr"),
      daddr: values.address("daddr"),
      sport: values.number("sport"),
      dport: values.number("dport"),
    };
    const missing = Object.keys(known).find((name) => known[name] === null);
    return missing === undefined ? null : `its binary records have no field ${missing} of the type that it needs`;
  },
  columns(settings) {
    const values = new RecordValues(settings.header.records!);
    const stored = binaryColumns(values).map(({ name }) => name);
    const timeouts = seesTimeouts(settings) && values.has("timer_kind") && !values.has("rto_num") ? ["rto_num"] : [];
    const specs: ColumnSpec[] = [inner.ns, inner.ends, inner.life];
    specs.push(...["type", "sport", "dport", ...stored, ...timeouts].map(traceSpec));
    if (tellsProcesses(values)) specs.push(...processSpecs);
    return settings.cpus && values.has("cpu") && values.has("refused") ? [...specs, inner.cpu, inner.refused] : specs;
  },
  open: (settings, builder) => new BinaryReader(settings, builder),
};

/** Size of the key that identifies a socket: addresses, ports, address family, connection number. */
const keyBytes = 16 + 16 + 2 + 2 + 1 + 8;

class BinaryReader implements TextReader {
  readonly #builder: BatchBuilder;
  readonly #values: RecordValues;
  readonly #stores: readonly Store[];
  readonly #zeroNs: bigint;
  readonly #key = new Uint8Array(keyBytes);
  /** Offset of each part of the key in the record (`from`) and in the key (`to`). */
  readonly #parts: readonly { readonly from: number; readonly bytes: number; readonly to: number }[];
  /** Offset of each record of the batch. */
  readonly #places: Uint32Array;
  lines = 0;

  constructor({ header }: ReaderSettings, builder: BatchBuilder) {
    this.#builder = builder;
    this.#values = new RecordValues(header.records!);
    this.#zeroNs = BigInt(header.clock.monotonic_ns) - BigInt(header.clock.zero_monotonic_ns);
    this.#stores = binaryColumns(this.#values);
    this.#places = new Uint32Array(builder.layout.rows);
    const parts = {
      saddr: [16, 0],
      daddr: [16, 16],
      sport: [2, 32],
      dport: [2, 34],
      family: [1, 36],
      connection: [8, 37],
    } as const;
    this.#parts = header.records!.fields.flatMap(({ name, offset }) => {
      const part = parts[name as keyof typeof parts];
      return part ? [{ from: offset, bytes: part[0], to: part[1] }] : [];
    });
  }

  read(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { bytes: stride } = this.#values.layout;
    const whole = bytes.length - (bytes.length % stride);
    const type = this.#values.number("type")!;
    const family = this.#values.number("family")!;
    const builder = this.#builder;
    let from = builder.row;
    let row = from;
    for (let at = 0; at < whole; at += stride) {
      this.lines += 1;
      const code = type(view, at);
      if (code === typeProcess) {
        this.#takeProcess(view, at);
        continue;
      }
      if (code > highestType || !families.has(family(view, at))) {
        const why = code > highestType ? `type is not 0 to ${highestType}` : "family is neither IPv4 nor IPv6";
        builder.bad(why, Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(stride, 100)).toString("hex"));
        continue;
      }
      if (row === builder.layout.rows) {
        this.#store(view, from, row);
        builder.row = row;
        builder.flush();
        from = row = builder.row;
      }
      this.#places[row] = at;
      row += 1;
    }
    this.#store(view, from, row);
    builder.row = row;
    if (whole < bytes.length) {
      this.lines += 1;
      builder.bad("ends inside a record", Buffer.from(bytes.subarray(whole, whole + 100)).toString("hex"));
    }
  }

  /** Adds no row: what the record says applies to all rows of the connection. */
  #takeProcess(view: DataView, at: number): void {
    const values = this.#values;
    if (!tellsProcesses(values)) return;
    const connection = values.bigint("connection")!(view, at);
    if (connection === 0n) return;
    this.#builder.process({
      ns: Number(values.bigint("time_ns")!(view, at) - this.#zeroNs),
      connection: String(connection),
      pid: values.number("pid")!(view, at),
      comm: values.text("comm")!(view, at),
      cgroup: values.bigint("cgroup")!(view, at),
    });
  }

  #store(view: DataView, from: number, to: number): void {
    const builder = this.#builder;
    const places = this.#places;
    for (const { name, store } of this.#stores) store(builder, builder.layout.place(name), view, places, from, to);
    this.#storeOwn(view, from, to);
  }

  /** Fills the columns that every reader fills, and those that depend on the record's type. */
  #storeOwn(view: DataView, from: number, to: number): void {
    const builder = this.#builder;
    const { layout } = builder;
    const values = this.#values;
    const get = (name: string) => values.number(name);
    const [typeOf, sportOf, dportOf, cpuOf, refusedOf] = ["type", "sport", "dport", "cpu", "refused"].map(get);
    const ns = builder.values<Float64Array>("ns");
    const ends = builder.values<Uint32Array>("ends");
    const lifeSigns = builder.values<Uint8Array>("life");
    const types = builder.values<Uint8Array>("type");
    const sports = builder.values<Uint16Array>("sport");
    const dports = builder.values<Uint16Array>("dport");
    const flags = layout.place("tcp_flags") < 0 ? null : builder.values<Uint8Array>("tcp_flags");
    const ca = layout.place("ca_state");
    const segment = ofSegment.map((name) => layout.place(name)).filter((place) => place >= 0);
    const cpus = layout.place(inner.cpu.name) < 0 ? null : builder.values<Uint16Array>(inner.cpu.name);
    const refused = cpus && builder.values<Uint32Array>(inner.refused.name);
    const timeOf = this.#values.bigint("time_ns")!;
    for (let row = from; row < to; row++) {
      const at = this.#places[row]!;
      ns[row] = Number(timeOf(view, at) - this.#zeroNs);
      const type = typeOf!(view, at);
      types[row] = type;
      sports[row] = sportOf!(view, at);
      dports[row] = dportOf!(view, at);
      ends[row] = this.#endsOf(view, at);
      let told = lifeOf[type] ?? life.none;
      if (type === typeSend && flags && flags[row]! & synFlag) told = life.begins;
      if (ca >= 0) {
        const state = (builder.valuesAt(ca) as Uint8Array)[row]!;
        if (state >= caStates.length) builder.setNull(ca, row);
      }
      lifeSigns[row] = told;
      if (type > typeSend) for (const place of segment) builder.setNull(place, row);
      if (cpus && refused) {
        cpus[row] = cpuOf!(view, at);
        refused[row] = refusedOf!(view, at);
      }
    }
  }

  #endsOf(view: DataView, at: number): number {
    const key = this.#key;
    for (const { from, bytes, to } of this.#parts)
      for (let index = 0; index < bytes; index++) key[to + index] = view.getUint8(at + from + index);
    return this.#builder.ends.lookUp(key, 0, keyBytes, 0, (): Ends => {
      const values = this.#values;
      const connection = values.bigint("connection")?.(view, at) ?? 0n;
      return {
        saddr: values.address("saddr")!(view, at),
        sport: values.number("sport")!(view, at),
        daddr: values.address("daddr")!(view, at),
        dport: values.number("dport")!(view, at),
        connection: connection === 0n ? null : String(connection),
      };
    });
  }
}
