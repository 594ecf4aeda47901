// Compares the module's records with what tcpdump, nstat, ss and the tcp_probe tracepoint saw of the same traffic.
import path from "node:path";
import type { Evidence } from "../harness/boot.ts";
import { type Segment, segments } from "../harness/pcap.ts";
import { groupBy, infinite, pairOf, parseRecords, parseStat, type Rec } from "../harness/records.ts";

export type Comparison = { compared: number; problems: string[]; notes: string[] };

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const mod32 = (n: number) => n >>> 0;

export function witnessRecords(evidence: Evidence): Rec[] {
  return parseRecords(evidence.text("witness/probe.txt"));
}

/** Addresses of the sender's end. */
export const isA = (address: string) => ["10.0.1.1", "10.0.1.3", "fd00:1::1"].includes(address);

/** One connection as tcpdump saw it at one end. */
type Seen = { all: Segment[]; local: string; localIsn: number; remoteIsn: number | null; active: boolean };

/** Splits the segments of one 4-tuple into connections, each beginning with a SYN. */
function connections(file: string, isLocal: (address: string) => boolean): Map<string, Seen[]> {
  const byPair = groupBy(segments(file), (s) =>
    isLocal(s.src) ? `${s.src} ${s.sport} > ${s.dst} ${s.dport}` : `${s.dst} ${s.dport} > ${s.src} ${s.sport}`,
  );
  const result = new Map<string, Seen[]>();
  for (const [pair, all] of byPair) {
    const seen: Seen[] = [];
    let isn: number | null = null;
    for (const s of all) {
      if (s.flags & SYN && !(s.flags & ACK) && s.seq !== isn) {
        isn = s.seq;
        const active = isLocal(s.src);
        seen.push({
          all: [],
          local: pair.split(" ")[0] as string,
          localIsn: active ? s.seq : 0,
          remoteIsn: active ? null : s.seq,
          active,
        });
      }
      const current = seen.at(-1);
      if (!current) continue;
      current.all.push(s);
      if (s.flags & SYN && s.flags & ACK) {
        if (current.active) current.remoteIsn = s.seq;
        else current.localIsn = s.seq;
      }
    }
    result.set(pair, seen);
  }
  return result;
}

type Key = { seq: number; ack: number; flags: number; length: number };
const show = (k: Key) => `seq ${k.seq} ack ${k.ack} flags ${k.flags.toString(16)} length ${k.length}`;

function relative(s: Segment, seen: Seen, out: boolean): Key {
  const here = out ? seen.localIsn : (seen.remoteIsn ?? s.seq);
  const there = out ? seen.remoteIsn : seen.localIsn;
  const ack = s.flags & ACK && there !== null ? mod32(s.ack - there) : 0;
  return { seq: mod32(s.seq - here), ack, flags: s.flags, length: s.length };
}

/** A record whose numbers count from each end's first, as the module's do. */
function fromIsn(r: Rec, seen: Seen, out: boolean): Rec {
  const here = out ? seen.localIsn : (seen.remoteIsn ?? r.seq);
  const there = out ? seen.remoteIsn : seen.localIsn;
  return { ...r, seq: mod32(r.seq - here), ack: r.flags & ACK && there !== null ? mod32(r.ack - there) : 0 };
}

/**
 * The segments that this record stands for: one, or neighbours in sequence that GRO or the socket's backlog merged.
 * Their places in `keys`; null if there are none.
 */
function covered(r: Rec, keys: Key[]): number[] | null {
  const starts = keys.flatMap((k, i) => (k.seq === r.seq ? [i] : []));
  for (const start of starts) {
    const places = [start];
    let length = (keys[start] as Key).length;
    let flags = (keys[start] as Key).flags;
    let ack = (keys[start] as Key).ack;
    while (length < r.length) {
      const end = mod32(r.seq + length);
      const next = keys.findIndex((k, i) => k.seq === end && k.length > 0 && !places.includes(i));
      if (next < 0) break;
      const k = keys[next] as Key;
      places.push(next);
      length += k.length;
      flags |= k.flags;
      ack = k.ack;
    }
    // A FIN without data behind it can be merged, too.
    const fin = keys.findIndex((k) => k.seq === mod32(r.seq + length) && k.length === 0 && (k.flags & FIN) !== 0);
    if (length === r.length && length > 0 && r.flags & FIN && !(flags & FIN) && fin >= 0) {
      const k = keys[fin] as Key;
      places.push(fin);
      flags |= k.flags;
      ack = k.ack;
    }
    if (length === r.length && flags === r.flags && ack === r.ack) return places;
  }
  return null;
}

/**
 * Every segment that tcpdump saw has its record, in order, and the other way round. Without one by design: a listener's
 * SYN-ACK, what arrives before the connection is established, and what a socket that is gone already (TIME_WAIT,
 * closed) still gets or answers.
 */
export function againstTcpdump(evidence: Evidence, end: "a" | "b"): Wire {
  return againstPackets({
    records: witnessRecords(evidence),
    realtime: parseStat(evidence.text("witness/stat.open")).lines.Log?.realtime_ns ?? 0,
    file: path.join(evidence.folder, `witness/${end}.pcap`),
    end,
    absolute: false,
  });
}

export type Wire = Comparison & { strayOut: number; strayIn: number; merged: number };

/** `realtime`: ns of the clock at the records' t = 0. `absolute`: sequence numbers are the segments' own. */
export function againstPackets(given: {
  records: readonly Rec[];
  realtime: number;
  file: string;
  end: "a" | "b";
  absolute: boolean;
}): Wire {
  const { realtime, file, end, absolute } = given;
  const isLocal = (address: string) => isA(address) === (end === "a");
  const records = given.records.filter((r) => isLocal(r.saddr));
  const seen = connections(file, isLocal);
  const flows = groupBy(records, pairOf);
  const result = { compared: 0, problems: [] as string[], notes: [] as string[], strayOut: 0, strayIn: 0, merged: 0 };

  for (const [pair, every] of seen) {
    // refused at this end: there never was a connection
    const list = every.filter((c) => c.active || c.localIsn !== 0);
    const byId = [...groupBy(flows.get(pair) ?? [], (r) => r.more.connection ?? "").values()];
    if (byId.length !== list.length) {
      result.problems.push(`${pair}: ${list.length} connections on the wire, ${byId.length} in the records`);
      continue;
    }
    list.forEach((connection, i) => {
      const flow = byId[i] as Rec[];
      const done = flow.find((r) => r.type === 4);
      const doneAt = done ? (realtime + Number(done.t)) / 1e9 : Number.POSITIVE_INFINITY;
      for (const out of [true, false]) {
        const side = connection.all.filter((s) => isLocal(s.src) === out);
        const what = `${pair} ${out ? "sent" : "received"}`;
        const wanted = side.filter((s, n) => {
          // a listener's SYN-ACK, a received SYN; a received SYN-ACK is the setup record, a repeated one a segment
          if (s.flags & SYN) return connection.active && (out || n !== side.findIndex((x) => (x.flags & SYN) !== 0));
          if (out || connection.active) return !(s.flags & RST && connection.remoteIsn === null);
          const firstAck = side.findIndex((x) => !(x.flags & SYN));
          return n !== firstAck; // it completes the handshake: the setup record
        });
        // Two CPUs may hand neighbours to the socket in another order than tcpdump took them.
        const open = wanted.map((segment) => ({ segment, key: relative(segment, connection, out) }));
        for (const record of flow.filter((x) => x.type === (out ? 1 : 0))) {
          const r = absolute ? fromIsn(record, connection, out) : record;
          const keys = open.slice(0, 200).map((o) => o.key);
          const places = covered(r, keys);
          if (!places) {
            result.problems.push(`${what}: record ${show(r)}, tcpdump ${keys[0] ? show(keys[0]) : "nothing"}`);
            return;
          }
          for (const place of places.sort((x, y) => y - x)) open.splice(place, 1);
          result.compared += places.length;
          result.merged += places.length - 1;
        }
        const strays = open.map((o) => o.segment);
        const early = strays.filter((s) => s.time < doneAt - 0.05);
        // an acknowledgement that the backlog merged into a later one; nstat knows how many
        const merged = early.filter((s) => !out && s.length === 0 && s.flags === ACK);
        result.merged += merged.length;
        result.compared += merged.length;
        const lost = early.filter((s) => !merged.includes(s));
        if (lost.length) {
          const which = lost.map((s) => show(relative(s, connection, out))).join("; ");
          result.problems.push(`${what}: no record of ${which}`);
        }
        if (strays.length) result.notes.push(`${what}: ${strays.length} after the connection's end`);
        if (out) result.strayOut += strays.length;
        else result.strayIn += strays.length - merged.length;
      }
    });
  }
  for (const pair of flows.keys())
    if (!seen.has(pair)) result.problems.push(`${pair}: records, but nothing on the wire`);
  return result;
}

export function nstat(text: string): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const l of text.split("\n")) {
    const m = /^(\w+) +(\d+)/.exec(l);
    if (m) counters[m[1] as string] = Number(m[2]);
  }
  return counters;
}

/** A segment that was sent before: it starts before snd_nxt and takes up sequence space. */
export const isRetransmission = (r: Rec) =>
  r.type === 1 && (r.length > 0 || (r.flags & (SYN | FIN)) !== 0) && mod32(r.snd_nxt - r.seq - 1) < 0x7fffffff;

/** Congestion windows after which the kernel's current ssthresh is derived (tcp_current_ssthresh). */
function currentSsthresh(ca: number, ssthresh: number, cwnd: number): number {
  if (ca === 2 || ca === 3) return ssthresh;
  return Math.max(ssthresh, (cwnd >> 1) + (cwnd >> 2));
}

type Snapshot = {
  begin: bigint;
  end: bigint;
  pair: string;
  /** bytes */
  recvQ: number;
  sendQ: number;
  fields: Record<string, string>;
};

function snapshots(text: string): Snapshot[] {
  const found: Snapshot[] = [];
  let begin = 0n;
  let lines: string[] = [];
  for (const l of text.split("\n")) {
    const [word, rest] = l.split(" ");
    if (word === "begin") {
      begin = BigInt(rest as string);
      lines = [];
    } else if (word === "end") {
      for (const s of lines) {
        const [state, recvQ, sendQ, local, peer, ...info] = s.trim().split(/\s+/);
        if (!state || state === "LISTEN" || !local || !peer) continue;
        const split = (e: string) =>
          e
            .replace(/[[\]]/g, "")
            .replace(/:(\d+)$/, " $1")
            .replace("::ffff:", "");
        const fields: Record<string, string> = {};
        info.forEach((item, i) => {
          const colon = item.indexOf(":");
          if (colon > 0) fields[item.slice(0, colon)] = item.slice(colon + 1);
          else if (item === "pacing_rate") fields.pacing_rate = info[i + 1] ?? "";
        });
        found.push({
          begin,
          end: BigInt(rest as string),
          pair: `${split(local)} > ${split(peer)}`,
          recvQ: Number(recvQ),
          sendQ: Number(sendQ),
          fields,
        });
      }
    } else {
      lines.push(l);
    }
  }
  return found;
}

/** The longest tick of the kernels here, and a millisecond for rounding. */
const jiffyMs = 11;

/** "3.4Mbps", "5141Kbps", "3366632bps" in bytes/s, with the rounding that the text has. */
function rate(text: string): { value: number; step: number } {
  const m = /^([\d.]+)([KMG]?)bps$/.exec(text);
  if (!m) return { value: Number.NaN, step: 0 };
  const unit = { "": 1, K: 1e3, M: 1e6, G: 1e9 }[m[2] as "" | "K" | "M" | "G"];
  const places = ((m[1] as string).split(".")[1] ?? "").length;
  return { value: (Number(m[1]) * unit) / 8, step: unit / 10 ** places / 8 };
}

/**
 * A snapshot of ss that lies wholly between two records of a flow shows what the second one found. Compared for
 * arriving segments and timeouts: the state before the kernel reacts.
 */
export function againstSs(evidence: Evidence): Comparison {
  const zero = BigInt(/monotonic_ns (\d+)/.exec(evidence.text("witness/stat.open"))?.[1] ?? "0");
  const flows = groupBy(
    witnessRecords(evidence).filter((r) => isA(r.saddr)),
    pairOf,
  );
  const result: Comparison = { compared: 0, problems: [], notes: [] };
  const margin = 2000000n;
  for (const s of snapshots(evidence.text("witness/ss.txt"))) {
    const flow = flows.get(s.pair);
    if (!flow || !s.fields.cwnd) continue;
    const next = flow.findIndex((r) => zero + r.t > s.begin);
    const r = flow[next];
    const before = flow[next - 1];
    if (!r || !before || zero + r.t < s.end || zero + before.t + margin > s.begin) continue;
    if (r.type !== 0 && r.type !== 2) continue;
    if (r.more.connection !== before.more.connection) continue;
    result.compared++;
    const n = (name: string) => Number.parseFloat(s.fields[name] ?? "0");
    const check = (name: string, ours: number, theirs: number, tolerance = 0) => {
      if (Math.abs(ours - theirs) <= tolerance) return;
      result.problems.push(`${s.pair} at ${r.t}: ${name} ${ours}, ss ${theirs}`);
    };
    const [retransOut = 0, retrans = 0] = (s.fields.retrans ?? "0/0").split("/").map(Number);
    const [rtt = 0, rttvar = 0] = (s.fields.rtt ?? "").split("/").map(Number);
    const ssthresh = s.fields.ssthresh ? n("ssthresh") : infinite;
    check("cwnd", r.cwnd, n("cwnd"));
    check("ssthresh", r.ssthresh, currentSsthresh(r.ca, ssthresh, r.cwnd));
    check("rto", r.rto, n("rto"));
    if (s.fields.rtt) {
      check("srtt", r.srtt / 8000, rtt, 0.00101 * Math.max(1, rtt));
      check("mdev", r.mdev / 4000, rttvar, 0.00101 * Math.max(1, rttvar));
    }
    check("packets_out", r.packets_out, n("unacked"));
    check("lost_out", r.lost_out, n("lost"));
    check("sacked_out", r.sacked_out, n("sacked"));
    check("retrans_out", r.retrans_out, retransOut);
    check("retrans", r.retrans, retrans);
    check("mss", Number(r.more.mss), n("mss"));
    check("bytes_acked", Number(r.more.bytes_acked), n("bytes_acked"));
    check("delivered", Number(r.more.delivered), n("delivered"));
    check("rqueue", Number(r.more.rqueue), s.recvQ);
    // the application may have written since, and the next record tells whether it has
    const most = s.sendQ + r.write_seq - before.write_seq;
    if (r.wqueue < s.sendQ || r.wqueue > most)
      result.problems.push(`${s.pair} at ${r.t}: wqueue ${r.wqueue}, ss ${s.sendQ}`);
    // clocks that run until the record, in jiffies here and whole milliseconds there
    const elapsedMs = Number(zero + r.t - s.begin) / 1e6;
    for (const clock of ["busy", "rwnd_limited", "sndbuf_limited"]) {
      const ours = Number(r.more[`${clock}_us`]) / 1000;
      if (ours < n(clock) - jiffyMs || ours > n(clock) + elapsedMs + jiffyMs)
        result.problems.push(`${s.pair} at ${r.t}: ${clock} ${ours} ms, ss ${n(clock)} ms ${elapsedMs} ms before`);
    }
    if (s.fields.pacing_rate) {
      const { value, step } = rate(s.fields.pacing_rate);
      check("sk_pacing_rate", Number(r.pacing), value, step);
    }
  }
  return result;
}

/** Each tcp_probe event is one of our recv records, in order, with the same numbers. */
export function againstTracepoint(evidence: Evidence): Comparison {
  const result: Comparison = { compared: 0, problems: [], notes: [] };
  const flows = groupBy(
    witnessRecords(evidence).filter((r) => r.type === 0),
    pairOf,
  );
  const at = new Map<string, number>();
  const bases = new Map<string, number>();
  const endpoint = (e: string) =>
    e
      .replace(/[[\]]/g, "")
      .replace(/:(\d+)$/, " $1")
      .replace("::ffff:", "");
  for (const l of evidence.text("witness/tcp_probe.txt").split("\n")) {
    if (!l.includes(" tcp_probe: ")) continue;
    const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(l)?.[1] ?? "";
    const pair = `${endpoint(field("src"))} > ${endpoint(field("dest"))}`;
    const flow = flows.get(pair) ?? [];
    const una = Number(field("snd_una"));
    const matches = (r: Rec, id: string) => {
      const base = bases.get(id) ?? mod32(una - r.snd_una);
      const same =
        r.cwnd === Number(field("snd_cwnd")) &&
        r.ssthresh === Number(field("ssthresh")) &&
        r.snd_wnd === Number(field("snd_wnd")) &&
        r.srtt >>> 3 === Number(field("srtt")) &&
        Number(r.more.rcv_wnd) === Number(field("rcv_wnd")) &&
        (r.length & 0xffff) === Number(field("data_len")) &&
        mod32(una - base) === r.snd_una &&
        mod32(Number(field("snd_nxt")) - base) === r.snd_nxt;
      if (same) bases.set(id, base);
      return same;
    };
    let i = at.get(pair) ?? 0;
    while (i < flow.length && !matches(flow[i] as Rec, `${pair}/${(flow[i] as Rec).more.connection}`)) i++;
    if (i === flow.length) result.problems.push(`no record for: ${l.trim()}`);
    else {
      at.set(pair, i + 1);
      result.compared++;
    }
  }
  return result;
}
