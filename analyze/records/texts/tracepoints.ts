/**
 * Lines of the kernel's tracepoints, as tracefs' trace_pipe and trace, `trace-cmd report` and `perf script` print them:
 *
 *     iperf3-20177   [001] ..s2.  1566.174782: tcp_probe: family=AF_INET6 src=[::1]:5001 dest=… snd_nxt=0xd8b8fd37 …
 *     iperf3-180     [000]    41.072538: tcp_probe:            family=AF_INET src=10.0.1.1:5001 …
 *     iperf3 25224   [000] 14041.566236:       tcp:tcp_probe: family=AF_INET src=10.0.1.1:5001 …
 *
 * Each line is read on its own. What comes before the time is ignored: a task whose name may contain anything, flags,
 * what a tool put in front. Keys are read from each line, because their order differs between kernels.
 */
import { portOf } from "@tcpprobe-plus/tpp/base";
import { plainAddress } from "../../captures/plain-address.ts";
import type { Ends } from "../batch.ts";
import type { BatchBuilder } from "../builder.ts";
import { type ColumnSpec, inner, noCpu, traceSpec } from "../columns.ts";
import { life } from "../connections.ts";
import { type ReaderSettings, type TextKindReader, type TextReader, textOf, wholeLines } from "./reader.ts";

const space = 32;
const newline = 10;
const colon = 58;
const point = 46;

interface EventKind {
  readonly name: string;
  readonly type: number;
  /** Keys that every kernel prints. A line without one of them was cut off. */
  readonly required: readonly Key[];
}

/** Keys that are read. Others are skipped. */
const keyNames = [
  ...["", "src", "dest", "sport", "dport", "saddr", "daddr", "saddrv6", "daddrv6", "data_len", "snd_nxt", "snd_una"],
  ...[
    "snd_cwnd",
    "ssthresh",
    "snd_wnd",
    "srtt",
    "rcv_wnd",
    "sock_cookie",
    "cong_state",
    "oldstate",
    "newstate",
    "state",
  ],
  ...["reason", "protocol"],
] as const;
type Key = Exclude<(typeof keyNames)[number], "">;
const keyOf = Object.fromEntries(keyNames.map((name, index) => [name, index])) as Record<Key, number>;
const keyBytes = keyNames.map((name) => Buffer.from(`${name}=`, "latin1"));
const keyByName: ReadonlyMap<string, number> = new Map(keyNames.map((name, index) => [name as string, index]));

const probed = ["data_len", "snd_nxt", "snd_una", "snd_cwnd", "ssthresh", "snd_wnd", "srtt"] as const;

const types = {
  recv: 0,
  setup: 3,
  done: 4,
  retransmit: 6,
  caState: 7,
  state: 8,
  resetSent: 9,
  resetReceived: 10,
} as const;

/** The events that become records. */
export const knownEvents: readonly EventKind[] = [
  { name: "tcp_probe", type: types.recv, required: probed },
  { name: "tcp_retransmit_skb", type: types.retransmit, required: [] },
  { name: "tcp_cong_state_set", type: types.caState, required: ["cong_state"] },
  { name: "inet_sock_set_state", type: types.state, required: ["oldstate", "newstate"] },
  { name: "tcp_send_reset", type: types.resetSent, required: [] },
  { name: "tcp_receive_reset", type: types.resetReceived, required: [] },
];
const eventBytes = knownEvents.map(({ name }) => Buffer.from(name, "latin1"));

/** The numbers of a tcp_probe event and the columns that they fill. */
const probeNumbers = [
  ["data_len", "length_bytes"],
  ["snd_cwnd", "snd_cwnd"],
  ["ssthresh", "ssthresh"],
  ["snd_wnd", "snd_wnd_bytes"],
  ["rcv_wnd", "rcv_wnd_bytes"],
] as const satisfies readonly (readonly [Key, string])[];
const probeBytes = ["snd_nxt", "snd_una"] as const;

const columnNames = [
  ...["type", "sport", "dport", "length_bytes", "ca_state", "snd_nxt", "snd_una", "snd_cwnd", "ssthresh"],
  ...["snd_wnd_bytes", "srtt_us", "rcv_wnd_bytes", "detail"],
];

const lifeOfState: Readonly<Record<string, number>> = {
  TCP_SYN_SENT: life.begins,
  TCP_SYN_RECV: life.begins,
  TCP_ESTABLISHED: life.established,
  TCP_CLOSE: life.ended,
};

export const tracepointsText: TextKindReader = {
  refusal: () => null,
  columns: ({ cpus }) => [
    ...[inner.ns, inner.ends, inner.life, inner.cookie],
    ...columnNames.map(traceSpec),
    ...((cpus ? [inner.cpu] : []) as ColumnSpec[]),
  ],
  open: (settings, builder) => new TracepointsReader(settings, builder),
};

/** Lines that are not records and hold no information. */
const silent = /^(#|cpus=\d+$|version = \d+$|$)/;
const written = /^#\s*entries-in-buffer\/entries-written:\s*(\d+)\/(\d+)/;
const lostLines: readonly RegExp[] = [
  // CPU:2 [LOST 4711 EVENTS], and trace-cmd's CPU:2 [4711 EVENTS DROPPED] or [EVENTS DROPPED]
  /CPU:(?<cpu>\d+) \[(?:LOST )?(?<lost>\d+)? ?EVENTS(?: DROPPED)?\]/,
  // swapper 0 [001] 14041.566236: PERF_RECORD_LOST lost 55
  /(?:\[(?<cpu>\d+)\] +)?(?:\d+\.\d+: +)?PERF_RECORD_LOST(?:_SAMPLES)?(?: lost)? (?<lost>\d+)/,
  // Processed 91234 events and lost 3 chunks!
  /^(?:Warning:\s*)?Processed \d+ events and lost \d+ chunks?!/,
];

class TracepointsReader implements TextReader {
  readonly #builder: BatchBuilder;
  readonly #cpus: boolean;
  readonly #ports: readonly (readonly [number, number])[];
  readonly #zeroSeconds: number;
  readonly #zeroFraction: number;
  /** In the current line: where the value of each key begins and ends, -1 where the key is missing. */
  readonly #from = new Int32Array(keyNames.length);
  readonly #to = new Int32Array(keyNames.length);
  /** The key that followed each key in the previous line. It most likely follows again. */
  readonly #behind = new Int32Array(keyNames.length);
  #ns = 0;
  #timeBegin = 0;
  #payload = 0;
  #why = "";
  readonly #places: Readonly<Record<string, number>>;
  /** Columns that every record fills, looked up once because they are used so often. */
  readonly #placeOf: Readonly<
    Record<"ns" | "ends" | "sport" | "dport" | "srtt" | "cookie" | "type" | "life" | "ca_state" | "detail", number>
  >;
  readonly #probePlaces: readonly number[];
  readonly #bytePlaces: readonly number[];
  lines = 0;

  constructor({ header, cpus }: ReaderSettings, builder: BatchBuilder) {
    this.#builder = builder;
    this.#cpus = cpus;
    const { port, ports = port === null ? [] : [[port, port] as const] } = header.filters;
    this.#ports = ports;
    const { clock } = header;
    const zero = BigInt(clock.of_records === "realtime" ? clock.realtime_ns : clock.monotonic_ns);
    this.#zeroSeconds = Number(zero / 1_000_000_000n);
    this.#zeroFraction = Number(zero % 1_000_000_000n);
    const { layout } = builder;
    this.#places = Object.fromEntries(layout.columns.map(({ name }, place) => [name, place]));
    const place = (name: string): number => layout.place(name);
    this.#placeOf = {
      ns: place("ns"),
      ends: place("ends"),
      sport: place("sport"),
      dport: place("dport"),
      srtt: place("srtt_us"),
      cookie: place("cookie"),
      type: place("type"),
      life: place("life"),
      ca_state: place("ca_state"),
      detail: place("detail"),
    };
    this.#probePlaces = probeNumbers.map(([, name]) => place(name));
    this.#bytePlaces = probeBytes.map(place);
  }

  read(given: Uint8Array): void {
    const text = wholeLines(given);
    const builder = this.#builder;
    for (let at = 0; at < text.length; ) {
      if (builder.isFull) builder.flush();
      this.lines++;
      at = this.#readLine(text, at);
    }
  }

  /** Reads the line at `begin`. Returns the offset after it. */
  #readLine(text: Uint8Array, begin: number): number {
    const event = this.#find(text, begin);
    if (event >= 0) {
      const end = this.#pairs(text, this.#payload);
      if (end >= 0 && this.#record(text, event)) return end + 1;
    }
    const end = text.indexOf(newline, begin);
    this.#noRecord(text, begin, end, event);
    return end + 1;
  }

  #isMeant(sport: number, dport: number): boolean {
    if (this.#ports.length === 0) return true;
    for (const [first, last] of this.#ports)
      if ((sport >= first && sport <= last) || (dport >= first && dport <= last)) return true;
    return false;
  }

  /** Finds the event's name after the line's time. Returns its index among the known events, or -1. */
  #find(text: Uint8Array, begin: number): number {
    for (let at = begin; ; at++) {
      const byte = text[at]!;
      if (byte === newline) return -1;
      if (byte !== colon || text[at + 1] !== space) continue;
      let word = at;
      while (word > begin && isWord(text[word - 1]!)) word--;
      const event = eventAt(text, word, at);
      if (event < 0 || !this.#timeBefore(text, begin, word)) continue;
      let payload = at + 1;
      while (text[payload] === space) payload++;
      this.#payload = payload;
      return event;
    }
  }

  /**
   * Reads the time before `word`. The event's system may stand between: `14041.566236:   tcp:`. Returns false where
   * there is no time.
   */
  #timeBefore(text: Uint8Array, begin: number, word: number): boolean {
    let at = word - 1;
    if (text[at] === colon) {
      at--;
      while (at > begin && isWord(text[at]!)) at--;
    }
    if (text[at] !== space) return false;
    while (at > begin && text[at] === space) at--;
    if (text[at] !== colon) return false;
    at--;
    // The latency format has us, and a mark if the step since the previous line was long: 28482us+:
    if (text[at] !== 115 && !isDigit(text[at]!)) at--;
    const inMicroseconds = text[at] === 115 && text[at - 1] === 117;
    if (inMicroseconds) at -= 2;
    let number = 0;
    let unit = 1;
    let digits = 0;
    let fraction = 0;
    let fractionDigits = -1;
    for (; at >= begin; at--) {
      const byte = text[at]!;
      if (isDigit(byte)) {
        number += (byte - 48) * unit;
        unit *= 10;
        digits++;
      } else if (byte === point && fractionDigits < 0 && digits > 0) {
        fraction = number;
        fractionDigits = digits;
        number = digits = 0;
        unit = 1;
      } else break;
    }
    if (digits === 0 || digits > 12 || fractionDigits > 9) return false;
    if (at >= begin && text[at] !== space) return false;
    this.#timeBegin = at + 1;
    if (inMicroseconds)
      this.#ns = fractionDigits < 0 ? number * 1000 - this.#zeroSeconds * 1e9 - this.#zeroFraction : Number.NaN;
    else if (fractionDigits < 0) return false;
    else this.#ns = (number - this.#zeroSeconds) * 1e9 + fraction * 10 ** (9 - fractionDigits) - this.#zeroFraction;
    return !Number.isNaN(this.#ns);
  }

  /** Finds the keys and values of the line. Returns the offset of its end, or -1 where it was cut off. */
  #pairs(text: Uint8Array, begin: number): number {
    const from = this.#from.fill(-1);
    const to = this.#to;
    const behind = this.#behind;
    let before = 0;
    let at = begin;
    for (;;) {
      while (text[at] === space || text[at] === 13) at++;
      if (text[at] === newline) return at;
      let key = behind[before]!;
      const guessed = keyBytes[key]!;
      let length = 0;
      if (key > 0) while (length < guessed.length && guessed[length] === text[at + length]) length++;
      if (key === 0 || length < guessed.length) {
        let end = at;
        while (isWord(text[end]!)) end++;
        if (text[end] !== 61 || end === at) {
          this.#why = "is cut off, or is not a line of keys and values";
          return -1;
        }
        key = end - at > 12 ? 0 : (keyByName.get(latin(text, at, end)) ?? 0);
        behind[before] = key;
        length = end + 1 - at;
      }
      at += length;
      const begun = at;
      let byte = text[at]!;
      while (byte !== space && byte !== newline && byte !== 13) byte = text[++at]!;
      if (key > 0) {
        from[key] = begun;
        to[key] = at;
      }
      before = key;
    }
  }

  /** Makes a record of the line. Returns false and sets `#why` where a value is invalid. */
  #record(text: Uint8Array, event: number): boolean {
    const builder = this.#builder;
    const from = this.#from;
    const kind = knownEvents[event]!;
    for (const key of kind.required)
      if (from[keyOf[key]]! < 0) {
        this.#why = `is cut: ${kind.name} without ${key}`;
        return false;
      }
    const [first, last] =
      from[keyOf.src]! >= 0
        ? [keyOf.src, keyOf.dest]
        : [keyOf.sport, from[keyOf.daddrv6]! >= 0 ? keyOf.daddrv6 : keyOf.daddr];
    const ends =
      from[first]! < 0 || this.#to[last]! <= from[first]!
        ? -1
        : builder.ends.lookUp(text, from[first]!, this.#to[last]!, 0, this.#endsOf);
    if (ends < 0) {
      this.#why = `${kind.name} does not name two ends`;
      return false;
    }
    const [sport, dport] = [builder.ends.sports[ends]!, builder.ends.dports[ends]!];
    // A record that the port filter excludes is not part of this capture.
    if (!this.#isMeant(sport, dport)) return true;
    if (event === 0) {
      if (!this.#probe(text)) return false;
    } else if (!this.#other(text, kind)) return false;
    const { row } = builder;
    const places = this.#placeOf;
    builder.valuesAt(places.ns)[row] = this.#ns;
    builder.valuesAt(places.ends)[row] = ends;
    builder.valuesAt(places.sport)[row] = sport;
    builder.valuesAt(places.dport)[row] = dport;
    if (this.#cpus) builder.values<Uint16Array>("cpu")[row] = this.#cpuOf(text);
    builder.row = row + 1;
    return true;
  }

  #probe(text: Uint8Array): boolean {
    const builder = this.#builder;
    const { row } = builder;
    const places = this.#placeOf;
    for (let index = 0; index < probeNumbers.length; index++) {
      const key = probeNumbers[index]![0];
      const place = this.#probePlaces[index]!;
      if (this.#from[keyOf[key]]! < 0) builder.setNull(place);
      else {
        const value = this.#number(text, key);
        if (value < 0) return false;
        builder.valuesAt(place)[row] = value;
      }
    }
    for (let index = 0; index < probeBytes.length; index++) {
      const value = this.#number(text, probeBytes[index]!);
      if (value < 0) return false;
      const column = builder.valuesAt(this.#bytePlaces[index]!);
      column[2 * row] = value;
      column[2 * row + 1] = 0;
    }
    const srtt = this.#number(text, "srtt");
    if (srtt < 0) return false;
    builder.valuesAt(places.srtt)[row] = srtt;
    builder.valuesAt(places.cookie)[row] = this.#cookie(text);
    builder.valuesAt(places.type)[row] = types.recv;
    builder.valuesAt(places.life)[row] = life.none;
    builder.setNull(places.ca_state);
    builder.setNull(places.detail);
    return true;
  }

  /** The socket's cookie, printed in hexadecimal; 0 where there is none. */
  #cookie(text: Uint8Array): number {
    let at = this.#from[keyOf.sock_cookie]!;
    if (at < 0) return 0;
    const end = this.#to[keyOf.sock_cookie]!;
    let value = 0;
    for (; at < end; at++) {
      const digit = hexDigit(text[at]!);
      if (digit > 15) break;
      value = value * 16 + digit;
    }
    return value;
  }

  /** A key's value: decimal, or hexadecimal after 0x. If it is not a 32-bit number, returns -1 and sets `#why`. */
  #number(text: Uint8Array, key: Key): number {
    let at = this.#from[keyOf[key]]!;
    const end = this.#to[keyOf[key]]!;
    let value = 0;
    let good = end > at;
    if (text[at] === 48 && text[at + 1] === 120) {
      good = end > at + 2;
      for (at += 2; at < end; at++) {
        const digit = hexDigit(text[at]!);
        if (digit > 15) good = false;
        value = value * 16 + digit;
      }
    } else {
      for (; at < end; at++) {
        const digit = text[at]! ^ 48;
        if (digit > 9) good = false;
        value = value * 10 + digit;
      }
    }
    if (good && value <= 0xffffffff) return value;
    this.#why = `${key} is not a number`;
    return -1;
  }

  #other(text: Uint8Array, kind: EventKind): boolean {
    const builder = this.#builder;
    const { row } = builder;
    const word = (key: Key): string => latin(text, this.#from[keyOf[key]]!, this.#to[keyOf[key]]!);
    const has = (key: Key): boolean => this.#from[keyOf[key]]! >= 0;
    const plain = (state: string): string => state.replaceAll("TCP_", "");
    let type = kind.type;
    let told: number = life.none;
    let detail: string | null = null;
    if (type === types.caState) {
      const state = this.#number(text, "cong_state");
      if (state < 0 || state > 255) return false;
      builder.valuesAt(this.#places.ca_state!)[row] = state;
      if (state > 4) builder.setNull(this.#places.ca_state!);
    } else builder.setNull(this.#places.ca_state!);
    if (type === types.state) {
      if (has("protocol") && word("protocol") !== "IPPROTO_TCP") {
        this.#why = `inet_sock_set_state of ${word("protocol").slice(0, 20)}`;
        return false;
      }
      const [before, after] = [word("oldstate"), word("newstate")];
      if (!isState(before) || !isState(after)) {
        this.#why = "inet_sock_set_state names an unknown state";
        return false;
      }
      type = after === "TCP_ESTABLISHED" ? types.setup : after === "TCP_CLOSE" ? types.done : types.state;
      told = lifeOfState[after] ?? life.none;
      detail = `${plain(before)} to ${plain(after)}`;
    } else if (type === types.retransmit && has("state")) detail = plain(word("state"));
    else if (type === types.resetSent && has("reason")) detail = plain(word("reason"));
    builder.valuesAt(this.#places.type!)[row] = type;
    builder.valuesAt(this.#places.life!)[row] = told;
    builder.valuesAt(this.#places.cookie!)[row] = 0;
    if (detail === null) builder.setNull(this.#places.detail!);
    else builder.setText(this.#places.detail!, detail);
    for (const [, name] of probeNumbers) builder.setNull(this.#places[name]!);
    builder.setNull(this.#places.srtt_us!);
    for (const name of probeBytes) {
      const column = builder.valuesAt(this.#places[name]!);
      column[2 * row] = column[2 * row + 1] = 0;
      builder.setNull(this.#places[name]!);
    }
    return true;
  }

  readonly #endsOf = (text: Uint8Array): Ends | null => {
    const word = (key: Key): string => latin(text, this.#from[keyOf[key]]!, this.#to[keyOf[key]]!);
    const has = (key: Key): boolean => this.#from[keyOf[key]]! >= 0;
    // Some events print an end as `src=[::1]:5001`, others print address and port separately.
    // For an IPv4 connection some print 127.0.0.1, others ::ffff:127.0.0.1.
    const joined = (key: Key): [string, string] => {
      const [, address = "", port = ""] = /^\[?([0-9a-fA-F:.]+)\]?:(\d{1,5})$/.exec(word(key)) ?? [];
      return [address, port];
    };
    const apart = (address: Key, old: Key, port: Key): [string, string] => [
      has(address) ? word(address) : has(old) ? word(old) : "",
      has(port) ? word(port) : "",
    ];
    const [saddr, sport] = has("src") ? joined("src") : apart("saddrv6", "saddr", "sport");
    const [daddr, dport] = has("src") ? joined("dest") : apart("daddrv6", "daddr", "dport");
    const isEnd = (address: string, port: string): boolean =>
      /^[0-9a-fA-F:.]{2,45}$/.test(address) && portOf(port) !== null;
    if (!isEnd(saddr, sport) || !isEnd(daddr, dport)) return null;
    return {
      saddr: plainAddress(saddr),
      sport: Number(sport),
      daddr: plainAddress(daddr),
      dport: Number(dport),
      connection: null,
    };
  };

  /** The CPU, printed as `[001]` before the time with flags between. */
  #cpuOf(text: Uint8Array): number {
    let at = this.#timeBegin - 1;
    const least = Math.max(0, at - 40);
    while (at > least && text[at] !== 93 && text[at] !== newline) at--;
    if (text[at] !== 93) return noCpu;
    let cpu = 0;
    let unit = 1;
    for (at--; isDigit(text[at]!); at--) {
      cpu += (text[at]! - 48) * unit;
      unit *= 10;
    }
    return text[at] === 91 && unit > 1 && cpu < noCpu ? cpu : noCpu;
  }

  /** Handles a line that is not a record: a loss, a line without information, or a bad line, whose reason is kept. */
  #noRecord(text: Uint8Array, begin: number, end: number, event: number): void {
    const builder = this.#builder;
    const line = textOf(text, begin, Math.min(end, begin + 2000)).trimEnd();
    if (event < 0) {
      const entries = written.exec(line);
      if (entries && Number(entries[2]) > Number(entries[1])) {
        builder.lost(Number(entries[2]) - Number(entries[1]), null);
        return;
      }
      for (const pattern of lostLines) {
        const found = pattern.exec(line);
        if (!found) continue;
        const { cpu, lost } = found.groups ?? {};
        builder.lost(lost === undefined ? null : Number(lost), cpu === undefined || !this.#cpus ? null : Number(cpu));
        return;
      }
      if (silent.test(line)) return;
      const other = /\d: +(?:\w+:)?(\w+):(?: |$)/.exec(line)?.[1];
      this.#why = other === undefined ? "is not a line of a trace" : `is of the event ${other.slice(0, 40)}`;
    }
    builder.bad(this.#why, line);
  }
}

/** The value of a hexadecimal digit, or 16 for another byte. */
const hexDigit = (byte: number): number =>
  byte >= 48 && byte <= 57 ? byte - 48 : byte >= 97 && byte <= 102 ? byte - 87 : 16;
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isWord = (byte: number): boolean =>
  (byte >= 97 && byte <= 122) || byte === 95 || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90);
const isState = (word: string): boolean => /^TCP_[A-Z0-9_]{3,20}$/.test(word);

function eventAt(text: Uint8Array, from: number, to: number): number {
  for (let event = 0; event < eventBytes.length; event++) {
    const name = eventBytes[event]!;
    if (name.length !== to - from) continue;
    let at = 0;
    while (at < name.length && name[at] === text[from + at]) at++;
    if (at === name.length) return event;
  }
  return -1;
}

function latin(text: Uint8Array, from: number, to: number): string {
  let word = "";
  for (let at = from; at < to; at++) word += String.fromCharCode(text[at]!);
  return word;
}
