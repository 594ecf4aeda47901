/**
 * Binary records as lines of the documented text: the 30 fields, and those of the module's extended fields that the
 * records have. A field that the records lack is left empty. Sequence numbers are not changed. Times count from the
 * beginning of the capture.
 */
import {
  type BigIntAt,
  documentedWireNames,
  type NumberAt,
  RecordValues,
  type TextAt,
  type TppHeader,
} from "@tcpprobe-plus/tpp";

/** Type of a record that is not a row of `trace`: it names the process that opened or accepted a connection. */
const typeProcess = 12;
const typeTimeout = 2;
const timers = ["-", "rto", "rto_zero_window", "probe"];

import { congState } from "./cong-state.ts";

type Field = (view: DataView, at: number) => string;

export class BinaryText {
  /** Names of a line's fields, in order. */
  readonly columns: readonly string[];
  readonly #values: RecordValues;
  readonly #fields: readonly Field[];
  readonly #type: NumberAt;
  /** Number of retransmission timeouts so far, by connection. */
  readonly #timeouts = new Map<string, number>();

  /** Throws a RangeError where the header's layout makes no sense. */
  constructor(header: TppHeader) {
    this.#values = new RecordValues(header.records!);
    const type = this.#values.number("type");
    if (type === null) throw new RangeError("its records have no type");
    this.#type = type;
    const fields = fieldsOf(this.#values, BigInt(header.clock.monotonic_ns) - BigInt(header.clock.zero_monotonic_ns));
    if (!this.#values.has("rto_num") && header.bpf?.hooks.includes("fentry/tcp_retransmit_timer"))
      fields.set("rto_num", this.#timeoutCount());
    this.columns = [...fields.keys()];
    this.#fields = [...fields.values()];
  }

  /** Lines of whole records. */
  lines(raw: Buffer): Buffer {
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    const { bytes } = this.#values.layout;
    let text = "";
    for (let at = 0; at + bytes <= raw.length; at += bytes) {
      if (this.#type(view, at) === typeProcess) continue;
      for (const [index, field] of this.#fields.entries())
        text += index === 0 ? field(view, at) : ` ${field(view, at)}`;
      text += "\n";
    }
    return Buffer.from(text, "latin1");
  }

  #timeoutCount(): Field {
    const timer = this.#values.number("timer_kind");
    const key = keyOf(this.#values);
    return (view, at) => {
      const connection = key(view, at);
      const before = this.#timeouts.get(connection) ?? 0;
      if (this.#type(view, at) !== typeTimeout || timer?.(view, at) !== 1) return String(before);
      this.#timeouts.set(connection, before + 1);
      return String(before + 1);
    };
  }
}

const none: Field = () => "";
const decimal = (get: NumberAt | BigIntAt | null): Field => (get === null ? none : (view, at) => String(get(view, at)));

function keyOf(values: RecordValues): Field {
  const connection = values.bigint("connection");
  if (connection !== null) return (view, at) => String(connection(view, at));
  const parts = [values.address("saddr"), values.number("sport"), values.address("daddr"), values.number("dport")];
  return (view, at) => parts.map((part) => part?.(view, at)).join(" ");
}

function fieldsOf(values: RecordValues, zeroNs: bigint): Map<string, Field> {
  const { hz } = values.layout;
  const number = (name: string) => decimal(values.number(name));
  const big = (name: string) => decimal(values.bigint(name));
  const inUs = (name: string): Field => {
    const get = values.number(name);
    return get === null ? none : (view, at) => String(get(view, at) * Math.floor(1e6 / hz));
  };
  const special: Readonly<Record<string, Field>> = {
    "sec.nsec": timeOf(values.bigint("time_ns"), zeroNs),
    saddr: values.address("saddr") ?? none,
    daddr: values.address("daddr") ?? none,
    tcp_flags: flagsOf(values.number("tcp_flags")),
    wqueue: queueOf(values.number("write_seq"), values.number("snd_una")),
    rto: rtoOf(values.number("rto_jiffies"), hz),
    sk_pacing_rate: big("sk_pacing_rate"),
  };
  const fields = new Map<string, Field>();
  for (const name of documentedWireNames) fields.set(name, special[name] ?? number(name));
  if (values.has("cpu")) fields.set("cpu", number("cpu"));
  if (values.has("record")) fields.set("record", big("record"));
  fields.set("netns", number("netns"));
  if (values.has("connection")) fields.set("connection", big("connection"));
  if (!values.has("mss")) return fields;
  for (const name of ["rcv_wnd", "rqueue", "mss", "delivered", "app_limited"]) fields.set(name, number(name));
  fields.set("bytes_acked", big("bytes_acked"));
  for (const name of ["busy", "rwnd_limited", "sndbuf_limited"]) fields.set(`${name}_us`, inUs(`${name}_jiffies`));
  const timer = values.number("timer_kind");
  fields.set("timer", timer === null ? () => "-" : (view, at) => timers[timer(view, at)] ?? "-");
  fields.set("cong", congOf(values.text("cong")));
  const state = congState(values);
  fields.set("cong_state", (view, at) => state?.(view, at) || "-");
  return fields;
}

/** The algorithm's name comes from the capture, so it is reduced to one word of printable characters. */
const congOf = (name: TextAt | null): Field =>
  name === null ? () => "-" : (view, at) => name(view, at).replace(/[^!-~]/g, "?") || "-";

function timeOf(time: BigIntAt | null, zeroNs: bigint): Field {
  if (time === null) return none;
  return (view, at) => {
    const ns = time(view, at) - zeroNs;
    const [sign, size] = ns < 0n ? ["-", -ns] : ["", ns];
    return `${sign}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, "0")}`;
  };
}

const queueOf = (written: NumberAt | null, acked: NumberAt | null): Field =>
  written === null || acked === null ? none : (view, at) => String((written(view, at) - acked(view, at)) >>> 0);

const flagsOf = (flags: NumberAt | null): Field =>
  flags === null ? none : (view, at) => `0x${flags(view, at).toString(16)}`;

/** jiffies_to_msecs() */
const rtoOf = (rto: NumberAt | null, hz: number): Field =>
  rto === null ? none : (view, at) => String(Math.ceil((rto(view, at) * 1000) / hz));
