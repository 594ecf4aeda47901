/** BPF's records of capture/test/guest/bpf.sh beside what tcpdump and nstat saw of the same traffic. */
import { join } from "node:path";
import { againstPackets, isA, isRetransmission, nstat, type Wire } from "../../kmod/test/checks/witness.ts";
import type { Evidence } from "../../kmod/test/harness/boot.ts";
import { pairOf, type Rec } from "../../kmod/test/harness/records.ts";
import { linesOf } from "./side-by-side.ts";

export interface BpfWitness {
  /** By end: the sender `a` and the receiver `b`. */
  readonly wire: Readonly<Record<"a" | "b", Wire>>;
  /** Of the sender's namespace, from the records and from nstat. */
  readonly retransmissions: readonly [number, number];
  readonly timeouts: readonly [number, number];
}

export async function bpfWitness(evidence: Evidence): Promise<BpfWitness> {
  const { header, text, columns } = await linesOf(join(evidence.folder, "bpf/bpf.tpp"));
  const records = numbered(recordsOf(text, columns));
  const realtime = Number(header.clock.realtime_ns);
  const wireAt = (end: "a" | "b"): Wire =>
    againstPackets({ records, realtime, file: join(evidence.folder, `bpf/${end}.pcap`), end, absolute: true });
  const counters = nstat(evidence.text("bpf/nstat.a"));
  const sender = records.filter(({ saddr }) => isA(saddr));
  return {
    wire: { a: wireAt("a"), b: wireAt("b") },
    retransmissions: [sender.filter(isRetransmission).length, counters.TcpRetransSegs ?? Number.NaN],
    timeouts: [sender.filter(({ more }) => more.timer === "rto").length, counters.TcpExtTCPTimeouts ?? Number.NaN],
  };
}

/** As far as they are compared here. */
function recordsOf(text: string, columns: readonly string[]): Rec[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const row = Object.fromEntries(line.split(" ").map((value, index) => [columns[index]!, value]));
      const [s = "0", ns = "0"] = row["sec.nsec"]!.split(".");
      const number = (name: string): number => Number(row[name]);
      return {
        type: number("type"),
        t: BigInt(s) * 1_000_000_000n + BigInt(ns),
        saddr: row.saddr!,
        sport: number("sport"),
        daddr: row.daddr!,
        dport: number("dport"),
        length: number("length"),
        flags: Number(row.tcp_flags),
        seq: number("seq_num"),
        ack: number("ack_num"),
        snd_nxt: number("snd_nxt"),
        more: { connection: row.connection ?? "", timer: row.timer ?? "-" },
      } as unknown as Rec;
    })
    .sort((a, b) => Number(a.t - b.t));
}

/** Before Linux 5.12 there are no numbers of connections: one ends with its last record. */
function numbered(records: readonly Rec[]): Rec[] {
  const ended = new Map<string, number>();
  return records.map((record) => {
    if (record.more.connection !== "") return record;
    const pair = pairOf(record);
    const before = ended.get(pair) ?? 0;
    if (record.type === 4) ended.set(pair, before + 1);
    return { ...record, more: { ...record.more, connection: `${pair} ${before}` } };
  });
}
