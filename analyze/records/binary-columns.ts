/** Columns of `trace` that binary records supply, each with the function that fills it. */
import type { BigIntAt, NumberAt, RecordValues, TextAt } from "@tcpprobe-plus/tpp";
import type { BatchBuilder } from "./builder.ts";
import { congState } from "./cong-state.ts";

/** Fills rows [from, to) of the column at `place`. The record of row r begins at byte `places[r]`. */
type Fill = (
  builder: BatchBuilder,
  place: number,
  view: DataView,
  places: Uint32Array,
  from: number,
  to: number,
) => void;

export interface Store {
  readonly name: string;
  readonly store: Fill;
}

const whole = 4294967296;

/** Numbers that fit a Float64Array or smaller, multiplied by `scale`. `none` is the value that stands for NULL. */
const numbers =
  (get: NumberAt, scale = 1, none = -1): Fill =>
  (builder, place, view, places, from, to) => {
    const column = builder.valuesAt(place);
    for (let row = from; row < to; row++) {
      const value = get(view, places[row]!);
      column[row] = value * scale;
      if (value === none) builder.setNull(place, row);
    }
  };

/** A 32-bit field into a 64-bit column. */
const widened =
  (get: NumberAt, scale = 1): Fill =>
  (builder, place, view, places, from, to) => {
    const column = builder.valuesAt(place);
    for (let row = from; row < to; row++) {
      const value = get(view, places[row]!) * scale;
      column[2 * row] = value;
      column[2 * row + 1] = value / whole;
    }
  };

const wide =
  (get: BigIntAt, none: bigint | null = null): Fill =>
  (builder, place, view, places, from, to) => {
    const column = builder.valuesAt(place);
    for (let row = from; row < to; row++) {
      const value = get(view, places[row]!);
      column[2 * row] = Number(BigInt.asIntN(32, value));
      column[2 * row + 1] = Number(BigInt.asIntN(32, value >> 32n));
      if (value === none) builder.setNull(place, row);
    }
  };

/** Text; an empty string becomes NULL. */
const texts =
  (get: TextAt): Fill =>
  (builder, place, view, places, from, to) => {
    for (let row = from; row < to; row++) {
      const text = get(view, places[row]!);
      if (text === "") builder.setNull(place, row);
      else builder.setText(place, text, row);
    }
  };

/** TCP states by their number in the kernel's enumeration. */
const tcpStates = [
  ...["", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE"],
  ...["CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"],
];

const timers = ["", "rto", "rto_zero_window", "probe"];
/** sk_pacing_rate with all bits set: pacing is off. */
const noPacing = 2n ** 64n - 1n;
/** tcp_min_rtt() before any sample. */
const noRtt = 0xffffffff;

/** Fields that fill a column of another name, unchanged. */
const sameValue: Readonly<Record<string, string>> = {
  length: "length_bytes",
  tcp_flags: "tcp_flags",
  ca_state: "ca_state",
  snd_cwnd: "snd_cwnd",
  ssthresh: "ssthresh",
  snd_wnd: "snd_wnd_bytes",
  packets_out: "packets_out",
  lost_out: "lost_out",
  sacked_out: "sacked_out",
  retrans_out: "retrans_out",
  retrans: "retrans",
  frto_counter: "frto",
  rto_num: "rto_num",
  rcv_wnd: "rcv_wnd_bytes",
  rqueue: "rqueue_bytes",
  mss: "mss_bytes",
  delivered: "delivered",
  app_limited: "app_limited",
};
const sequenceNumbers = ["seq_num", "ack_num", "snd_nxt", "snd_una", "write_seq"];

export function binaryColumns(values: RecordValues): Store[] {
  const { hz } = values.layout;
  const stores: Store[] = [];
  const put = <Get>(name: string, get: Get | null, fill: (get: Get) => Fill): void => {
    if (get !== null) stores.push({ name, store: fill(get) });
  };
  for (const [field, name] of Object.entries(sameValue)) put(name, values.number(field), numbers);
  for (const name of sequenceNumbers) put(name, values.number(name), widened);
  put("wqueue_bytes", queue(values), numbers);
  for (const [field, scale] of [
    ["srtt", 1 / 8],
    ["mdev", 1 / 4],
    ["rttvar", 1 / 4],
  ] as const)
    put(`${field}_us`, values.number(field), (get) => numbers(get, scale));
  // jiffies_to_msecs()
  put("rto_ms", values.number("rto_jiffies"), (get) => numbers((view, at) => Math.ceil((get(view, at) * 1000) / hz)));
  put("pacing_rate_bps", values.bigint("sk_pacing_rate"), pacing);
  put("record", values.bigint("record"), wide);
  put("connection", values.bigint("connection"), (get) => wide(get, 0n));
  put("netns", values.number("netns"), widened);
  put("bytes_acked", values.bigint("bytes_acked"), wide);
  put("bytes_sent", values.bigint("bytes_sent"), wide);
  const tickUs = Math.floor(1e6 / hz);
  for (const name of ["busy", "rwnd_limited", "sndbuf_limited"])
    put(`${name}_us`, values.number(`${name}_jiffies`), (get) => widened(get, tickUs));
  put("timer", values.number("timer_kind"), (get) => texts((view, at) => timers[get(view, at)] ?? ""));
  put("cong", values.text("cong"), texts);
  put("cong_state", congState(values), texts);
  put("detail", stateChange(values), texts);
  put("delivery_rate_bps", deliveryRate(values), numbers);
  put("min_rtt_us", values.number("min_rtt_us"), (get) => numbers(get, 1, noRtt));
  return stores;
}

/** `ESTABLISHED to FIN_WAIT1`, as for tracepoints' text; "" where the record is not a change of state. */
function stateChange(values: RecordValues): TextAt | null {
  const [before, after] = [values.number("old_state"), values.number("new_state")];
  if (!before || !after) return null;
  return (view, at) => {
    const [from, to] = [tcpStates[before(view, at)], tcpStates[after(view, at)]];
    return from && to ? `${from} to ${to}` : "";
  };
}

function queue(values: RecordValues): NumberAt | null {
  const [written, acked] = [values.number("write_seq"), values.number("snd_una")];
  return written && acked && ((view, at) => (written(view, at) - acked(view, at)) >>> 0);
}

const pacing =
  (get: BigIntAt): Fill =>
  (builder, place, view, places, from, to) => {
    const column = builder.valuesAt(place);
    for (let row = from; row < to; row++) {
      const rate = get(view, places[row]!);
      column[row] = Number(rate) * 8;
      if (rate === noPacing) builder.setNull(place, row);
    }
  };

/** tcp_compute_delivery_rate(), in bit/s; -1 before any sample. */
function deliveryRate(values: RecordValues): NumberAt | null {
  const [delivered, interval, mss] = ["rate_delivered", "rate_interval_us", "mss"].map((name) => values.number(name));
  if (!delivered || !interval || !mss) return null;
  return (view, at) => {
    const us = interval(view, at);
    const packets = delivered(view, at);
    return us === 0 || packets === 0 ? -1 : Math.floor((packets * mss(view, at) * 1e6) / us) * 8;
  };
}
