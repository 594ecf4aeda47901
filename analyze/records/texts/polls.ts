/**
 * Polls of `ss -tinHOem`; older captures have none of what -m prints. A line before each gives its number and when it
 * began and ended (CLOCK_MONOTONIC, ns):
 *
 *     # ss 12 81234000111222 81234002333444
 *     ESTAB 0 2896 10.0.1.1:40000 10.0.2.1:5001 ino:4711 sk:117d <-> ts sack cubic wscale:7,7 rto:204 rtt:1.5/0.7
 *     mss:1448 …
 *
 * A record's time is the middle of its poll.
 *
 * ss omits counts that are 0. A missing count that every ss knows is taken as 0 where cwnd was printed. One that only
 * newer versions of ss know is taken as 0 if the kernel, and hence most likely its ss, is new enough. If another value
 * is missing, such as a threshold or a window, it is not known.
 */
import { portOf } from "@tcpprobe-plus/tpp/base";
import { plainAddress } from "../../captures/plain-address.ts";
import type { BatchBuilder } from "../builder.ts";
import { inner, traceSpec } from "../columns.ts";
import { type ReaderSettings, type TextKindReader, type TextReader, textOf, wholeLines } from "./reader.ts";

/** The value that a line has for a column; null: none. */
type Value = number | bigint | string | null;
type Read = (poll: PollLine) => Value;

const wholes = 2 ** 32 - 1;
/** No connection counts this far. As in parquet/converted.ts. */
const mostCount = 2 ** 58;

const columnReads: Readonly<Record<string, Read>> = {
  wqueue_bytes: ({ fields }) => whole(fields[2]),
  snd_cwnd: (line) => line.whole("cwnd:"),
  ssthresh: (line) => line.whole("ssthresh:"),
  snd_wnd_bytes: (line) => line.whole("snd_wnd:"),
  srtt_us: (line) => rounded(line.number("rtt:", "/", 0), 8000, 8),
  mdev_us: (line) => rounded(line.number("rtt:", "/", 1), 4000, 4),
  rto_ms: (line) => rounded(line.number("rto:"), 1, 1),
  packets_out: (line) => line.orZero(line.whole("unacked:"), [0, 0]),
  lost_out: (line) => line.orZero(line.whole("lost:"), [0, 0]),
  sacked_out: (line) => line.orZero(line.whole("sacked:"), [0, 0]),
  retrans_out: (line) => line.orZero(line.whole("retrans:", "/", 0), [0, 0]),
  retrans: (line) => line.orZero(line.whole("retrans:", "/", 1), [0, 0]),
  pacing_rate_bps: (line) => {
    const bits = line.bits("pacing_rate ");
    return bits === null ? null : roundHalfToEven(bits / 8) * 8;
  },
  connection: ({ cookie }) => cookie,
  rcv_wnd_bytes: (line) => line.whole("rcv_wnd:"),
  rqueue_bytes: ({ fields }) => whole(fields[1]),
  mss_bytes: (line) => line.whole("mss:"),
  delivered: (line) => line.orZero(line.whole("delivered:"), [4, 18]),
  bytes_acked: (line) => line.orZero(line.whole("bytes_acked:"), [4, 1]),
  app_limited: (line) => (line.has("cwnd:") ? (line.has("app_limited ") ? 1 : 0) : null),
  busy_us: (line) => line.orZero(line.milliseconds("busy:"), [4, 10]),
  rwnd_limited_us: (line) => line.orZero(line.milliseconds("rwnd_limited:"), [4, 10]),
  sndbuf_limited_us: (line) => line.orZero(line.milliseconds("sndbuf_limited:"), [4, 10]),
  cong: (line) => line.algorithm,
  cong_state: (line) => line.algorithmState,
  bytes_sent: (line) => line.orZero(line.whole("bytes_sent:"), [4, 19]),
  delivery_rate_bps: (line) => line.bits("delivery_rate "),
  min_rtt_us: (line) => {
    const ms = line.number("minrtt:");
    return ms === null ? null : ms * 1000;
  },
  backoff: (line) => line.orZero(atMost(line.whole("backoff:"), 255), [0, 0]),
  sndbuf_bytes: (line) => line.memory("tb"),
  wmem_queued_bytes: (line) => line.memory("w"),
  // `-` stands in imported text that has no State column.
  detail: ({ fields }) => (fields[0] === "-" ? null : (fields[0] ?? null)),
};

export const pollsText: TextKindReader = {
  refusal: () => null,
  columns: () => [
    ...[inner.ns, inner.ends, inner.life],
    ...["type", "sport", "dport", ...Object.keys(columnReads)].map(traceSpec),
  ],
  open: (settings, builder) => new PollsReader(settings, builder),
};

const sampleType = 11;
const newline = 10;

class PollsReader implements TextReader {
  readonly #builder: BatchBuilder;
  readonly #zero: bigint;
  readonly #kernel: readonly [number, number];
  readonly #reads: readonly { readonly place: number; readonly kind: string; readonly read: Read }[];
  #poll: bigint | null = null;
  lines = 0;

  constructor({ header }: ReaderSettings, builder: BatchBuilder) {
    this.#builder = builder;
    this.#zero = BigInt(header.clock.monotonic_ns);
    const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(header.kernel.release) ?? [];
    this.#kernel = [Number(major), Number(minor)];
    this.#reads = Object.entries(columnReads).map(([name, read]) => {
      const place = builder.layout.place(name);
      return { place, kind: builder.layout.columns[place]!.kind, read };
    });
  }

  read(given: Uint8Array): void {
    const text = wholeLines(given);
    const builder = this.#builder;
    // The text may begin inside a poll whose time is in another frame.
    this.#poll = null;
    builder.polls = { waiting: 0, lastNs: null };
    for (let at = 0; at < text.length; ) {
      if (builder.isFull) {
        builder.flush();
        builder.polls = { waiting: 0, lastNs: this.#poll === null ? null : Number(this.#poll - this.#zero) };
      }
      this.lines++;
      const end = text.indexOf(newline, at);
      this.#readLine(textOf(text, at, end).replace(/\r$/, ""));
      at = end + 1;
    }
  }

  #readLine(line: string): void {
    const builder = this.#builder;
    if (line === "") return;
    const poll = /^# ss \S+ (\d{1,19}) (\d{1,19})(?: (.*))?$/.exec(line);
    if (poll) {
      const asked = (BigInt(poll[1]!) + BigInt(poll[2]!)) / 2n;
      if (this.#poll === null || asked > this.#poll) this.#poll = asked;
      const ns = Number(this.#poll - this.#zero);
      builder.polls!.lastNs = ns;
      if (poll[3]) builder.failedPoll(Number(asked - this.#zero));
      return;
    }
    const pollLine = new PollLine(line, this.#kernel);
    const [local, peer] = [pollLine.end(3), pollLine.end(4)];
    if (local === null || peer === null) {
      builder.bad("is not a line of ss", line.trimEnd());
      return;
    }
    const { row } = builder;
    const { cookie } = pollLine;
    const ends = builder.ends.numberOf({
      saddr: local.address,
      sport: local.port,
      daddr: peer.address,
      dport: peer.port,
      connection: cookie === null ? null : String(cookie),
    });
    builder.values<Uint32Array>("ends")[row] = ends;
    builder.values<Uint8Array>("life")[row] = 0;
    builder.values<Uint8Array>("type")[row] = sampleType;
    builder.values<Uint16Array>("sport")[row] = local.port;
    builder.values<Uint16Array>("dport")[row] = peer.port;
    if (this.#poll === null) builder.polls!.waiting = row + 1;
    builder.values<Float64Array>("ns")[row] = this.#poll === null ? 0 : Number(this.#poll - this.#zero);
    for (const { place, kind, read } of this.#reads) {
      const value = read(pollLine);
      const column = builder.valuesAt(place);
      if (kind === "i64") column[2 * row] = column[2 * row + 1] = 0;
      else column[row] = 0;
      const most =
        kind === "u32" ? wholes : kind === "i64" && typeof value === "number" ? mostCount : Number.POSITIVE_INFINITY;
      if (value === null || (typeof value === "number" && value > most)) builder.setNull(place);
      else if (kind === "text") builder.setText(place, value as string);
      else if (kind === "i64") {
        const exact = BigInt(value);
        column[2 * row] = Number(BigInt.asIntN(32, exact));
        column[2 * row + 1] = Number(BigInt.asIntN(32, exact >> 32n));
      } else column[row] = value as number;
    }
    builder.row = row + 1;
  }
}

/** Words that ss prints before the algorithm's name, or instead of it. */
const flags: ReadonlySet<string> = new Set(["ts", "sack", "ecn", "ecnseen", "fastopen", "accecn", "qack", "bidir"]);

class PollLine {
  readonly fields: readonly string[];
  readonly #text: string;
  readonly #kernel: readonly [number, number];

  constructor(line: string, kernel: readonly [number, number]) {
    this.#text = `${withoutNames(line)} `;
    this.fields = line.split(/ +/);
    this.#kernel = kernel;
  }

  /** The text after a key; null where the key is missing. */
  #after(key: string): string | null {
    const at = this.#text.indexOf(` ${key}`);
    if (at < 0) return null;
    const begin = at + 1 + key.length;
    return this.#text.slice(begin, this.#text.indexOf(" ", begin)) || null;
  }

  has(key: string): boolean {
    return this.#text.includes(` ${key}`);
  }

  number(key: string, separator?: string, place = 0): number | null {
    const word = this.#after(key);
    return decimal(separator === undefined ? word : word?.split(separator)[place]);
  }

  whole(key: string, separator?: string, place = 0): number | null {
    const word = this.#after(key);
    return whole(separator === undefined ? word : word?.split(separator)[place]);
  }

  /** Where an application bounds the pacing rate, ss prints the bound behind it: `3000000bps/3000000bps`. */
  bits(key: string): number | null {
    return decimal(this.#after(key)?.split("/")[0]?.replaceAll("bps", ""));
  }

  milliseconds(key: string): number | null {
    const ms = decimal(this.#after(key)?.split("ms")[0]);
    return ms === null ? null : roundHalfToEven(ms * 1000);
  }

  /** A part of the socket's memory, skmem:(r0,rb131072,t0,tb46080,f0,w0,o0,bl0,d0). */
  memory(name: string): number | null {
    const parts = this.#after("skmem:(")?.replace(")", "").split(",") ?? [];
    return whole(
      parts
        .find((part) => part.slice(0, name.length) === name && /^\d/.test(part.slice(name.length)))
        ?.slice(name.length),
    );
  }

  orZero(value: number | null, [major, minor]: readonly [number, number]): number | null {
    const [ours, oursMinor] = this.#kernel;
    const isKnown = ours > major || (ours === major && oursMinor >= minor);
    return value ?? (isKnown && this.has("cwnd:") ? 0 : null);
  }

  /** The socket's cookie. */
  get cookie(): bigint | null {
    const hex = this.#after("sk:");
    return hex !== null && /^[0-9a-f]{1,16}$/i.test(hex) ? BigInt(`0x${hex}`) : null;
  }

  get algorithm(): string | null {
    const name =
      / ([a-z][a-z0-9_-]*)(?: wscale:[0-9,]+)?(?: rto:[^ ]+)?(?: backoff:[0-9]+)? (?:rtt|ato|mss):/.exec(
        this.#text,
      )?.[1] ?? null;
    return name === null || flags.has(name) ? null : name;
  }

  get algorithmState(): string | null {
    return / (?:bbr|dctcp|vegas):\(([^)]*)\)/.exec(this.#text)?.[1]?.replaceAll(":", "=") || null;
  }

  /** Address and port of a field such as `[fe80::1%eth0]:443`; null where it is not an end. */
  end(place: number): { address: string; port: number } | null {
    const [, address = "", digits = ""] =
      /^\[?([0-9a-fA-F:.*]+?)(?:%[^\]:]*)?\]?:(\d{1,5})$/.exec(this.fields[place] ?? "") ?? [];
    const port = portOf(digits);
    return address === "" || port === null ? null : { address: plainAddress(address), port };
  }
}

/**
 * Removes names that the observed system chose, because they may contain anything: the path of a control group, which
 * the arrow terminates, and users.
 */
function withoutNames(line: string): string {
  return line
    .replace(/ cgroup:.*(?= (?:v6only:\d )?[<-]-[->](?: |$))/, "")
    .replace(/ cgroup:[^ ]*/, "")
    .replace(/ users:\(\(.*\)\)(?= |$)/, "");
}

const decimal = (word: string | null | undefined): number | null =>
  word != null && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(word) ? Number(word) : null;
const whole = (word: string | null | undefined): number | null =>
  word != null && /^\d{1,16}$/.test(word) && Number.isSafeInteger(Number(word)) ? Number(word) : null;

const atMost = (value: number | null, most: number): number | null => (value === null ? null : Math.min(value, most));

/** A time in the unit of `trace`, rounded to the kernel's resolution. */
const rounded = (value: number | null, parts: number, scale: number): number | null =>
  value === null || value < 0 ? null : Math.round(value * parts) / scale;

/** Rounds to the nearest integer, halves to even. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
