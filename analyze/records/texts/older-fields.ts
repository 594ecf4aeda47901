/**
 * Text of the older tcp_probe_plus, as its read_data.py wrote it: the documented fields with rto in jiffies, then what
 * the module appended to records of BBR connections, or a connection's HTTP user agent.
 *
 *     1 1.123109340 192.0.2.1 59700 198.51.100.1 5001 2896 0x18 … 0 0 281397 Mozilla/5.0 (X11; Linux x86_64)
 *
 * In 2017 all numbers were hexadecimal, an address was one number (c00002e4 is 192.0.2.228), and the time took two
 * fields, seconds and nanoseconds:
 *
 *     1 0 8ce0c c00002e4 16 c6336402 e911 64 18 df30a274 7e39514 …
 *
 * A setup record has 0 for snd_nxt and snd_una, a purge record has 0 everywhere. Rates are truncated to 32 bits.
 */
import { caStates, documentedColumns, documentedWireNames, portOf } from "@tcpprobe-plus/tpp";
import { plainAddress } from "../../captures/plain-address.ts";
import type { Ends } from "../batch.ts";
import type { BatchBuilder } from "../builder.ts";
import { inner, traceSpec } from "../columns.ts";
import { codes, type FieldKind, parseLine, told } from "./parse-line.ts";
import { type ReaderSettings, type TextKindReader, type TextReader, textOf, wholeLines } from "./reader.ts";

/** Names of the fields; the hexadecimal form adds a suffix. `rto_jiffies` identifies this text in a header. */
export const olderNames: readonly string[] = documentedWireNames.map((name) => (name === "rto" ? "rto_jiffies" : name));
export const olderHexNames: readonly string[] = olderNames.flatMap((name) =>
  name === "sec.nsec" ? ["sec_hex", "nsec_hex"] : [`${name}_hex`],
);

/** Names of the numbers that the module appends to a record of a BBR connection. */
const bbrNames = [
  ...["bbr_bw", "bbr_pacing_gain", "bbr_min_rtt_us", "bbr_round_start", "bbr_rtt_cnt", "bbr_mode", "bbr_cycle_idx"],
  ...["bbr_lt_is_sampling", "bbr_lt_rtt_cnt", "bbr_lt_use_bw", "bbr_lt_bw"],
];
const bbr = (words: readonly string[], name: string): string => words[bbrNames.indexOf(name)]!;

/** Whether a header's fields are those of the older module. */
export const isOlder = (columns: readonly string[] | null): boolean =>
  columns !== null && (columns.includes("rto_jiffies") || columns.includes("rto_jiffies_hex"));

export const olderFieldsText: TextKindReader = {
  refusal({ header }) {
    const columns = header.columns ?? [];
    const names = columns.includes("rto_jiffies_hex") ? olderHexNames : olderNames;
    const missing = names.find((name, index) => columns[index] !== name);
    return missing === undefined ? null : `its header names no field ${missing} where the older tcp_probe_plus has it`;
  },
  columns: () => [
    ...[inner.ns, inner.ends, inner.life],
    ...documentedColumns
      .map(({ name }) => name)
      .filter((name) => !["t", "saddr", "daddr"].includes(name))
      .map(traceSpec),
    ...["cong", "cong_state", "detail"].map(traceSpec),
  ],
  open: (settings, builder) => new OlderFieldsReader(settings, builder),
};

const newline = 10;
const scales: Readonly<Record<string, number>> = {
  srtt_us: 1 / 8,
  mdev_us: 1 / 4,
  rttvar_us: 1 / 4,
  pacing_rate_bps: 8,
};
const lifeOf = [0, 0, 0, 2, 3, 3] as const;
const [setup, purge] = [3, 5];
/** Larger rates were truncated to this. */
const cutRate = 2 ** 32 - 1;

const decimalKinds: Readonly<Record<string, FieldKind>> = { type: "type", "sec.nsec": "time", tcp_flags: "hex" };

class OlderFieldsReader implements TextReader {
  readonly #builder: BatchBuilder;
  readonly #hz: number | null;
  readonly #isHex: boolean;
  readonly #names: readonly string[];
  readonly #kinds: Uint8Array;
  readonly #limits: Float64Array;
  readonly #numbers: Float64Array;
  readonly #tells = new Int32Array(4);
  readonly #places: Readonly<Record<string, number>>;
  readonly #columns: readonly { readonly field: number; readonly place: number; readonly name: string }[];
  lines = 0;

  constructor({ header }: ReaderSettings, builder: BatchBuilder) {
    this.#builder = builder;
    this.#hz = header.kernel.hz;
    this.#isHex = header.columns!.includes("rto_jiffies_hex");
    this.#names = this.#isHex
      ? olderHexNames
      : ["type", "sec.nsec", "ends", ...olderNames.slice(olderNames.indexOf("length"))];
    this.#kinds = Uint8Array.from(this.#names, (name) =>
      this.#isHex ? codes.bareHex : name === "ends" ? codes.ends : codes[decimalKinds[name] ?? "number"],
    );
    const types = new Map(documentedColumns.map(({ wire, wireType }) => [wire!, wireType]));
    const limits: Readonly<Record<string, number>> = { UTINYINT: 255, USMALLINT: 65535, UBIGINT: 2 ** 64 };
    this.#limits = Float64Array.from(
      this.#names,
      (name) => limits[types.get(name.replace(/_hex$/, "")) ?? ""] ?? cutRate,
    );
    this.#numbers = new Float64Array(this.#names.length);
    this.#places = Object.fromEntries(builder.layout.columns.map(({ name }, place) => [name, place]));
    this.#columns = documentedColumns.flatMap(({ wire, name }) => {
      const field = this.#field(wire === "rto" ? "rto_jiffies" : wire!);
      const place = this.#places[name];
      return field < 0 || place === undefined || ["type", "sport", "dport"].includes(name)
        ? []
        : [{ field, place, name }];
    });
  }

  #field(wire: string): number {
    return this.#names.indexOf(this.#isHex ? `${wire}_hex` : wire);
  }

  #number(wire: string): number {
    return this.#numbers[this.#field(wire)]!;
  }

  read(given: Uint8Array): void {
    const text = wholeLines(given);
    const builder = this.#builder;
    for (let at = 0; at < text.length; ) {
      if (builder.isFull) builder.flush();
      this.lines++;
      const end = text.indexOf(newline, at);
      this.#readLine(text, at, end);
      at = end + 1;
    }
  }

  #readLine(text: Uint8Array, begin: number, end: number): void {
    const builder = this.#builder;
    if (end === begin || text[begin] === 35) return; // `# 2017-12-17 17:28:45`
    const why = this.#take(text, begin, end);
    if (why !== null) builder.bad(why, textOf(text, begin, Math.min(end, begin + 400)));
  }

  /** Makes a record of a line. Returns null, or why the line is not a record. */
  #take(text: Uint8Array, begin: number, end: number): string | null {
    const behind = parseLine(text, begin, this.#kinds, this.#limits, this.#numbers, 0, this.#tells, true);
    if (behind < 0) {
      const words = textOf(text, begin, end).trimEnd().split(" ").length;
      const count = this.#names.length + (this.#isHex ? 0 : 3);
      return words < count
        ? `has ${words} of ${count} fields`
        : `${this.#names[this.#tells[told.failed]!]} is not a number`;
    }
    const type = this.#number("type");
    if (type > purge) return "type is not 0 to 5";
    const ends = this.#ends(text);
    if (ends < 0) return "does not name two ends";
    this.#store(type, ends);
    this.#storeRest(type, textOf(text, behind, end).trim());
    this.#builder.row++;
    return null;
  }

  #ends(text: Uint8Array): number {
    const { ends } = this.#builder;
    if (!this.#isHex) return ends.lookUp(text, this.#tells[told.endsFrom]!, this.#tells[told.endsTo]!, 0, endsOfWords);
    const address = (wire: string): string => {
      const number = this.#number(wire);
      return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
    };
    return ends.numberOf({
      saddr: address("saddr"),
      sport: this.#number("sport"),
      daddr: address("daddr"),
      dport: this.#number("dport"),
      connection: null,
    });
  }

  #store(type: number, ends: number): void {
    const builder = this.#builder;
    const { row } = builder;
    const put = (name: string, value: number) => {
      builder.valuesAt(this.#places[name]!)[row] = value;
    };
    put("ns", this.#isHex ? this.#number("sec") * 1e9 + this.#number("nsec") : this.#number("sec.nsec"));
    put("ends", ends);
    put("sport", builder.ends.sports[ends]!);
    put("dport", builder.ends.dports[ends]!);
    put("type", type);
    put("life", type === 1 ? (this.#number("tcp_flags") >> 1) & 1 : lifeOf[type]!);
    for (const { field, place, name } of this.#columns) {
      const value = this.#numbers[field]!;
      const column = builder.valuesAt(place);
      const { kind } = builder.layout.columns[place]!;
      if (kind === "i64") {
        column[2 * row] = value;
        column[2 * row + 1] = 0;
      } else if (name === "rto_ms") column[row] = this.#hz === null ? 0 : Math.round((value * 1000) / this.#hz);
      else column[row] = value * (scales[name] ?? 1);
      if (!this.#isTold(type, name, value)) builder.setNull(place);
    }
  }

  /** Whether a record of this type reports this field. */
  #isTold(type: number, name: string, value: number): boolean {
    if (type === purge) return false;
    if (["length_bytes", "tcp_flags", "seq_num", "ack_num"].includes(name)) return type <= 1;
    if (name === "snd_nxt" || name === "snd_una" || name === "write_seq") return type !== setup;
    if (name === "ca_state") return value < caStates.length;
    if (name === "pacing_rate_bps") return value < cutRate;
    return name !== "rto_ms" || this.#hz !== null;
  }

  /** Stores what follows the fields: eleven numbers of BBR, or a user agent, which is kept unchanged. */
  #storeRest(type: number, rest: string): void {
    const builder = this.#builder;
    const words = rest.split(" ");
    const isBbr = type !== purge && words.length === bbrNames.length && words.every((word) => /^[0-9a-f]+$/.test(word));
    const put = (name: string, text: string | null) => {
      if (text === null) builder.setNull(this.#places[name]!);
      else builder.setText(this.#places[name]!, text);
    };
    put("cong", isBbr ? "bbr" : null);
    put(
      "cong_state",
      isBbr
        ? `min_rtt_us=${bbr(words, "bbr_min_rtt_us")},pacing_gain=${bbr(words, "bbr_pacing_gain")},mode=${bbr(words, "bbr_mode")}`
        : null,
    );
    put("detail", isBbr || rest === "" ? null : rest);
  }
}

function endsOfWords(text: Uint8Array, from: number, to: number): Ends | null {
  const [saddr = "", sport = "", daddr = "", dport = ""] = textOf(text, from, to).split(" ");
  const isPort = (digits: string): boolean => portOf(digits) !== null;
  const address = /^[0-9a-fA-F:.]{2,45}$/;
  if (!isPort(sport) || !isPort(dport) || !address.test(saddr) || !address.test(daddr)) return null;
  return {
    saddr: plainAddress(saddr),
    sport: Number(sport),
    daddr: plainAddress(daddr),
    dport: Number(dport),
    connection: null,
  };
}
