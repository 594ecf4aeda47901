/**
 * Text of the kernel's own tcp_probe module (/proc/net/tcpprobe, up to Linux 4.15), a line for each segment received:
 *
 *     0.006091810 192.0.2.1:5001 198.51.100.1:34121 32 0xe66a3bf3 0xe66a3ba3 10 2147483647 44032 2 45056
 *
 * The fields: time, ends, length, snd_nxt, snd_una, snd_cwnd, ssthresh, snd_wnd, srtt and, from Linux 3.12 on, rcv_wnd.
 * The unit of srtt depends on the kernel: us since 3.15, jiffies before. The text does not name it, so the user has to
 * when importing.
 */
import { portOf } from "@tcpprobe-plus/tpp/base";
import { plainAddress } from "../../captures/plain-address.ts";
import type { Ends } from "../batch.ts";
import type { BatchBuilder } from "../builder.ts";
import { inner, traceSpec } from "../columns.ts";
import { type ReaderSettings, type TextKindReader, type TextReader, textOf, wholeLines } from "./reader.ts";

export const kernelProbeNames: readonly string[] = [
  ...[
    "time",
    "src",
    "dst",
    "length",
    "snd_nxt",
    "snd_una",
    "snd_cwnd",
    "ssthresh",
    "snd_wnd",
    "srtt_untold",
    "rcv_wnd",
  ],
];
/** The field names for a given unit of srtt, null where it is not known. */
export const kernelProbeNamesWith = (unit: "us" | "jiffies" | null): readonly string[] =>
  kernelProbeNames.map((name) => (name === "srtt_untold" && unit !== null ? `srtt_${unit}` : name));

const columnNames = [
  ...["type", "sport", "dport", "length_bytes", "snd_nxt", "snd_una", "snd_cwnd", "ssthresh", "snd_wnd_bytes"],
  ...["srtt_us", "rcv_wnd_bytes"],
];

export const kernelProbeText: TextKindReader = {
  refusal: () => null,
  columns: () => [inner.ns, inner.ends, inner.life, ...columnNames.map(traceSpec)],
  open: (settings, builder) => new KernelProbeReader(settings, builder),
};

const newline = 10;
const most = 2 ** 32 - 1;
const line =
  /^(\d{1,9})\.(\d{9}) (\S+) (\S+) (\d+) (?:0x)?([0-9a-f]{1,8}) (?:0x)?([0-9a-f]{1,8}) (\d+) (\d+) (\d+) (\d+)(?: (\d+))?$/;

class KernelProbeReader implements TextReader {
  readonly #builder: BatchBuilder;
  /** Microseconds in one unit of srtt; null where it is not known. */
  readonly #srttUnit: number | null;
  lines = 0;

  constructor({ header }: ReaderSettings, builder: BatchBuilder) {
    this.#builder = builder;
    const { hz } = header.kernel;
    this.#srttUnit = header.columns!.includes("srtt_us")
      ? 1
      : header.columns!.includes("srtt_jiffies") && hz
        ? 1e6 / hz
        : null;
  }

  read(given: Uint8Array): void {
    const text = wholeLines(given);
    for (let at = 0; at < text.length; ) {
      if (this.#builder.isFull) this.#builder.flush();
      this.lines++;
      const end = text.indexOf(newline, at);
      const said = textOf(text, at, Math.min(end, at + 400)).trimEnd();
      if (said !== "" && !said.startsWith("#")) {
        const why = this.#take(said);
        if (why !== null) this.#builder.bad(why, said);
      }
      at = end + 1;
    }
  }

  /** Makes a record of a line. Returns null, or why the line is not a record. */
  #take(said: string): string | null {
    const builder = this.#builder;
    const found = line.exec(said);
    const [source, destination] = [endOf(found?.[3]), endOf(found?.[4])];
    const numbers = found?.slice(8).map((digits) => (digits === undefined ? null : Number(digits))) ?? [];
    if (!found || numbers.some((number) => number !== null && number > most) || Number(found[5]) > most)
      return "is not a line of the kernel's tcp_probe";
    if (!source || !destination) return "does not name two ends";
    const { row, layout } = builder;
    const ends: Ends = {
      saddr: source.address,
      sport: source.port,
      daddr: destination.address,
      dport: destination.port,
      connection: null,
    };
    const [cwnd, ssthresh, window, srtt, received = null] = numbers;
    const values: Readonly<Record<string, number | null>> = {
      ns: Number(found[1]) * 1e9 + Number(found[2]),
      ends: builder.ends.numberOf(ends),
      life: 0,
      type: 0,
      sport: source.port,
      dport: destination.port,
      length_bytes: Number(found[5]),
      snd_nxt: Number.parseInt(found[6]!, 16),
      snd_una: Number.parseInt(found[7]!, 16),
      snd_cwnd: cwnd!,
      ssthresh: ssthresh!,
      snd_wnd_bytes: window!,
      srtt_us: this.#srttUnit === null ? null : srtt! * this.#srttUnit,
      rcv_wnd_bytes: received,
    };
    for (const [place, { name, kind }] of layout.columns.entries()) {
      const value = values[name];
      if (value === undefined) continue;
      const column = builder.valuesAt(place);
      if (kind === "i64") column[2 * row + 1] = 0;
      column[kind === "i64" ? 2 * row : row] = value ?? 0;
      if (value === null) builder.setNull(place);
    }
    builder.row = row + 1;
    return null;
  }
}

/** `192.0.2.1:5001`, `[2001:db8::1]:5001`. */
function endOf(word: string | undefined): { address: string; port: number } | null {
  const [, address = "", digits = ""] = /^\[?([0-9a-fA-F:.]{2,45}?)\]?:(\d{1,5})$/.exec(word ?? "") ?? [];
  const port = portOf(digits);
  return address === "" || port === null ? null : { address: plainAddress(address), port };
}
