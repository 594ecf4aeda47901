// The module's text as objects, and the statistics file as numbers.

export type Rec = {
  type: number;
  /** ns since the log was opened */
  t: bigint;
  saddr: string;
  sport: number;
  daddr: string;
  dport: number;
  length: number;
  flags: number;
  seq: number;
  ack: number;
  ca: number;
  snd_nxt: number;
  snd_una: number;
  write_seq: number;
  wqueue: number;
  cwnd: number;
  ssthresh: number;
  snd_wnd: number;
  srtt: number;
  mdev: number;
  rttvar: number;
  rto: number;
  packets_out: number;
  lost_out: number;
  sacked_out: number;
  retrans_out: number;
  retrans: number;
  frto: number;
  rto_num: number;
  pacing: bigint;
  /** the fields of extended=1 by name */
  more: Record<string, string>;
};

export const typeNames = ["recv", "send", "timeout", "setup", "done", "purge"] as const;
export const infinite = 2147483647;

const line = /^([0-5]) (\d+)\.(\d{9}) (\S+) (\d+) (\S+) (\d+) (\d+) 0x([0-9a-f]{1,2})((?: \d+){21}) (\d+)((?: \S+)*)$/;

export const fieldNames = (
  "type sec.nsec saddr sport daddr dport length tcp_flags seq_num ack_num ca_state snd_nxt snd_una write_seq wqueue " +
  "snd_cwnd ssthresh snd_wnd srtt mdev rttvar rto packets_out lost_out sacked_out retrans_out retrans frto_counter " +
  "rto_num sk_pacing_rate"
).split(" ");

export const extendedNames = (
  "record connection netns rcv_wnd rqueue mss delivered bytes_acked app_limited busy_us rwnd_limited_us " +
  "sndbuf_limited_us timer cong cong_state"
).split(" ");

/** Parses every line strictly; one that does not fit throws. */
export function parseRecords(text: string): Rec[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the text does not end with a whole line");
  return lines.map((l) => {
    const m = line.exec(l);
    if (!m) throw new Error(`not a record: ${JSON.stringify(l)}`);
    const n = (m[10] as string).trim().split(" ").map(Number) as number[];
    const rest = (m[12] as string).trim();
    const values = rest === "" ? [] : rest.split(" ");
    if (values.length !== 0 && values.length !== extendedNames.length) throw new Error(`fields: ${l}`);
    const at = (i: number) => n[i] as number;
    return {
      type: Number(m[1]),
      t: BigInt(m[2] as string) * 1000000000n + BigInt(m[3] as string),
      saddr: m[4] as string,
      sport: Number(m[5]),
      daddr: m[6] as string,
      dport: Number(m[7]),
      length: Number(m[8]),
      flags: Number.parseInt(m[9] as string, 16),
      seq: at(0),
      ack: at(1),
      ca: at(2),
      snd_nxt: at(3),
      snd_una: at(4),
      write_seq: at(5),
      wqueue: at(6),
      cwnd: at(7),
      ssthresh: at(8),
      snd_wnd: at(9),
      srtt: at(10),
      mdev: at(11),
      rttvar: at(12),
      rto: at(13),
      packets_out: at(14),
      lost_out: at(15),
      sacked_out: at(16),
      retrans_out: at(17),
      retrans: at(18),
      frto: at(19),
      rto_num: at(20),
      pacing: BigInt(m[11] as string),
      more: Object.fromEntries(values.map((v, i) => [extendedNames[i], v])),
    };
  });
}

/** "addr port > addr port" of the local and the remote end. */
export const pairOf = (r: Rec) => `${r.saddr} ${r.sport} > ${r.daddr} ${r.dport}`;

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group) group.push(item);
    else groups.set(k, [item]);
  }
  return groups;
}

export type Stat = {
  flows: number;
  total: number[];
  cpus: number[][];
  lines: Record<string, Record<string, number>>;
  fields: string[];
};

/** The statistics file: the documented counters in their order, our lines by name. */
export function parseStat(text: string): Stat {
  const counters = (l: string) => {
    const m =
      /hash_stat: +(\d+) +(\d+) +(\d+) +(\d+), ack_drop: +(\d+) +(\d+), conn_drop: +(\d+) +(\d+), err: +(\d+) +(\d+)$/.exec(
        l,
      );
    if (!m) throw new Error(`not in the documented layout: ${l}`);
    return m.slice(1).map(Number);
  };
  const lines = text.trimEnd().split("\n");
  const flows = /^Flows: active (\d+) mem \d+K$/.exec(lines[0] ?? "");
  if (!flows || !/^Hash: size \d+ mem \d+K$/.test(lines[1] ?? ""))
    throw new Error(`not in the documented layout: ${text}`);
  const ours: Stat["lines"] = {};
  for (const l of lines) {
    const [name, rest] = l.split(/: (.*)/s) as [string, string?];
    if (!rest || /^(cpu|Total|Flows|Hash|Fields|Hooks|Version)/.test(name)) continue;
    const words = rest.split(" ");
    ours[name] = Object.fromEntries(
      words.flatMap((w, i) => (i % 2 === 0 ? [[w, Number.parseInt(words[i + 1] ?? "", 10)]] : [])),
    );
  }
  return {
    flows: Number(flows[1]),
    total: counters(lines.find((l) => l.startsWith("Total:")) ?? ""),
    cpus: lines.filter((l) => /^cpu\d+:/.test(l)).map(counters),
    lines: ours,
    fields: (lines.find((l) => l.startsWith("Fields: ")) ?? "").slice(8).split(" "),
  };
}

/** Places of the counters in `total` and `cpus`. */
export const counter = {
  searched: 0,
  found: 1,
  created: 2,
  reset: 3,
  purge: 4,
  ringFull: 5,
  maxflow: 6,
  memory: 7,
  multipleReader: 8,
  copyFailed: 9,
};
