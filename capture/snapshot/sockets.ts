/** Runs `ss` once to list all connections, for sources whose records lack the kernel's own counts. */
import type { SocketNote, SocketNotes } from "@tcpprobe-plus/tpp/write";
import type { Filter } from "../filter/filter.ts";
import { expression } from "../sources/ss.ts";
import { Within } from "./within.ts";

/** Most connections that are listed. */
const maxSockets = 10_000;
/** Words that ss prints before the algorithm's name, or instead of it. */
const flags: ReadonlySet<string> = new Set(["ts", "sack", "ecn", "ecnseen", "fastopen", "accecn", "qack", "bidir"]);

/** The current connections in the filter's network namespace. Null if `ss` is not installed or failed. */
export async function socketsNow(filter: Filter, signal?: AbortSignal): Promise<SocketNotes | null> {
  const within = new Within(filter.netns?.path ?? null, signal);
  const text = await within.output("ss", ["-tinHOe", ...expression(filter)]);
  if (text === null) return null;
  const all = text.split("\n").flatMap((line) => readSocket(line) ?? []);
  return { monotonic_ns: String(process.hrtime.bigint()), known: all.length, list: all.slice(0, maxSockets) };
}

/** Parses a line of `ss -tinHOe`. Null if it is not one. */
export function readSocket(line: string): SocketNote | null {
  const [, , , own = "", peer = ""] = line.split(/ +/);
  const [local, remote] = [endOf(own), endOf(peer)];
  if (local === null || remote === null) return null;
  // Names that others chose (a control group's path, a process) stand before the arrow.
  const told = ` ${line.slice(line.lastIndexOf(" <->") + 4)} `;
  const name = / ([a-z][a-z0-9_-]*)(?: wscale:[0-9,]+)?(?: rto:[^ ]+)?(?: backoff:[0-9]+)? (?:rtt|ato|mss):/.exec(
    told,
  )?.[1];
  const cookie = /\bsk:([0-9a-f]{1,16})\b/.exec(line)?.[1];
  // `retrans:NOW/ALL` is omitted if nothing was ever retransmitted.
  const again = / retrans:\d+\/(\d{1,10}) /.exec(told)?.[1];
  return {
    saddr: local[0],
    sport: local[1],
    daddr: remote[0],
    dport: remote[1],
    ...(cookie === undefined ? {} : { cookie: String(BigInt(`0x${cookie}`)) }),
    cong: name === undefined || flags.has(name) ? null : name,
    retransmits: again !== undefined ? Number(again) : told.includes(" cwnd:") ? 0 : null,
  };
}

function endOf(word: string): [address: string, port: number] | null {
  const [, address = "", port = ""] = /^\[?([0-9a-fA-F:.]+?)(?:%[^\]:]*)?\]?:(\d{1,5})$/.exec(word) ?? [];
  return address === "" ? null : [address, Number(port)];
}
