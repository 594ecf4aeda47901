/** `--dump-on`: evaluates the rules for each record. */
import { type RecordLayout, RecordValues } from "@tcpprobe-plus/tpp/write";
import { BadRuleError } from "../errors.ts";
import { type Rule, ruleNames } from "./rules.ts";

type Look = (view: DataView, at: number) => boolean;

/** Most connections whose counts are kept. Beyond this the oldest are dropped. */
const maxConnections = 65_536;
/** Type of a record that names a connection's process. It does not show the connection's state. */
const processType = 12;

/** Watches records as they arrive, and finds the first rule that holds. */
export class RuleWatch {
  readonly #stride: number;
  readonly #rules: readonly { readonly rule: Rule; readonly look: Look }[];
  readonly #type: (view: DataView, at: number) => number;

  /** Throws a BadRuleError if records lack a field that a rule needs. */
  constructor(rules: readonly Rule[], layout: RecordLayout) {
    const values = new RecordValues(layout);
    this.#stride = layout.bytes;
    const field = (name: string, rule: Rule) => {
      const at = values.number(name);
      if (at === null) throw new BadRuleError(rule.text, ruleNames, `these records have no ${name}`);
      return at;
    };
    this.#type = values.number("type") ?? (() => 0);
    this.#rules = rules.map((rule) => ({ rule, look: lookOf(rule, (name) => field(name, rule), values, layout.hz) }));
  }

  /** The first rule that holds for one of these whole records, or null. */
  holds(records: Buffer): Rule | null {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    let held: Rule | null = null;
    for (let at = 0; at + this.#stride <= records.length; at += this.#stride) {
      if (this.#type(view, at) === processType) continue;
      // Every rule must see every record to keep its counts, even after one has held.
      for (const { rule, look } of this.#rules) if (look(view, at)) held ??= rule;
    }
    return held;
  }
}

function lookOf(
  { name, compare }: Rule,
  field: (name: string) => (view: DataView, at: number) => number,
  values: RecordValues,
  hz: number,
): Look {
  const plain = (wire: string, scale = 1): Look => {
    const value = field(wire);
    return (view, at) => compare(value(view, at) * scale);
  };
  if (name === "rto") return plain("rto_jiffies", 1 / hz);
  if (name === "srtt") return plain("srtt", 1e-6 / 8);
  if (name === "cwnd") return plain("snd_cwnd");
  if (name === "ssthresh") return plain("ssthresh");
  if (name === "lost") return plain("lost_out");
  if (name === "sacked") return plain("sacked_out");
  if (name === "inflight") {
    const [out, lost, sacked, again] = ["packets_out", "lost_out", "sacked_out", "retrans_out"].map(field) as Fields;
    return (view, at) => compare(out!(view, at) - lost!(view, at) - sacked!(view, at) + again!(view, at));
  }
  const secondOf = values.bigint("time_ns")!;
  const type = field("type");
  let second = -1n;
  let count = 0;
  const add = (more: number, view: DataView, at: number): boolean => {
    if (more === 0) return false;
    const now = secondOf(view, at) / 1_000_000_000n;
    // Records of other CPUs may be a little late. They are counted in the current second.
    if (now > second) {
      second = now;
      count = 0;
    }
    count += more;
    return compare(count);
  };
  if (name === "records/s") return (view, at) => add(1, view, at);
  if (name === "timeouts/s") return (view, at) => add(type(view, at) === 2 ? 1 : 0, view, at);
  if (name === "resets/s") {
    const flags = field("tcp_flags");
    const isReset = (view: DataView, at: number): boolean => {
      const kind = type(view, at);
      return kind === 9 || kind === 10 || (kind <= 1 && (flags(view, at) & 4) !== 0);
    };
    return (view, at) => add(isReset(view, at) ? 1 : 0, view, at);
  }
  const total = field("retrans");
  const key = connectionOf(values, field);
  const before = new Map<number, number>();
  return (view, at) => {
    const connection = key(view, at);
    const now = total(view, at);
    const known = before.get(connection);
    if (known === now) return false;
    if (known === undefined && before.size >= maxConnections) before.delete(before.keys().next().value!);
    before.set(connection, now);
    return add(known === undefined || now < known ? 0 : now - known, view, at);
  };
}

type Fields = readonly ((view: DataView, at: number) => number)[];

/** A number for a connection. Connections that exist at the same time rarely share it. */
function connectionOf(values: RecordValues, field: (name: string) => (view: DataView, at: number) => number) {
  const number = values.bigint("connection");
  if (number !== null) return (view: DataView, at: number): number => Number(number(view, at));
  const [sport, dport] = [field("sport"), field("dport")];
  return (view: DataView, at: number): number => sport(view, at) * 65_536 + dport(view, at);
}
