/**
 * Real recordings with less in them: what another source, another kernel, a late start or a full ring would have left.
 * Each says so as the real thing does, in the header or with a line, so that what is left is an honest capture.
 */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import { seededChance } from "../support/seeded-chance.ts";

export interface Recording {
  readonly header: TppHeader;
  /** Each with its line feed. */
  readonly lines: readonly string[];
}

export interface Mutation {
  readonly name: string;
  /**
   * What is gone: kinds of events, fields, the beginning, records that the capture says were lost, records that the
   * source leaves out.
   */
  readonly kind: "kinds" | "fields" | "beginning" | "lost" | "sampled";
  readonly apply: (recording: Recording) => Recording;
}

export const traceEvents = ["tcp_cong_state_set", "tcp_retransmit_skb", "inet_sock_set_state"] as const;

/** Tracepoints: an event that this kernel has not. */
const withoutEvent = (event: string): Mutation => ({
  name: `without ${event}`,
  kind: "kinds",
  apply: ({ header, lines }) => {
    const { [event]: _, ...events } = header.events ?? {};
    return { header: { ...header, events }, lines: lines.filter((line) => !line.includes(` ${event}: `)) };
  },
});

/** Module: fields that it was not told to write. */
const withoutFields = (name: string, gone: (field: string, at: number) => boolean): Mutation => ({
  name: `without ${name}`,
  kind: "fields",
  apply: ({ header, lines }) => {
    const kept = (header.columns ?? []).map((field, at) => !gone(field, at));
    const cut = (values: readonly string[]) => values.filter((_, at) => kept[at]);
    const columns = cut(header.columns ?? []);
    return {
      header: { ...header, columns },
      lines: lines.map((line) => `${cut(line.trimEnd().split(" ")).join(" ")}\n`),
    };
  },
});

/** Polls: words that this ss does not print. */
const withoutWord = (word: string): Mutation => ({
  name: `without ${word}`,
  kind: "fields",
  apply: ({ header, lines }) => ({
    header,
    lines: lines.map((line) => line.replace(new RegExp(` ${word}[: ][^ \\n]+`), "")),
  }),
});

/** A capture that began later. */
const begunAt = (share: number): Mutation => ({
  name: `begun at ${share * 100} %`,
  kind: "beginning",
  apply: ({ header, lines }) => ({ header, lines: lines.slice(firstPoll(lines, Math.floor(lines.length * share))) }),
});

/** Polls begin behind the line that ends one. */
function firstPoll(lines: readonly string[], from: number): number {
  if (!lines.some((line) => line.startsWith("# ss"))) return from;
  const end = lines.findIndex((line, at) => at >= from && line.startsWith("# ss"));
  return end < 0 ? from : end + 1;
}

/** Stretches of what a CPU's ring had no room for. */
const lost = (seed: number, stretches: number): Mutation => ({
  name: `${stretches} stretches lost, seed ${seed}`,
  kind: "lost",
  apply: ({ header, lines }) => {
    const chance = seededChance(seed);
    const left: (string | null)[] = [...lines];
    for (let number = 0; number < stretches; number++) {
      const from = Math.floor(chance() * lines.length);
      const to = Math.min(from + 5 + Math.floor(chance() * 60), lines.length);
      // The last record stays: only a number behind them tells that others are missing.
      if (header.text === "probe") left.fill(null, from, Math.min(to, lines.length - 1));
      else {
        const cpu = cpuOf(lines[from]!);
        const own = Array.from({ length: to - from }, (_, at) => from + at).filter(
          (at) => left[at] !== null && cpuOf(left[at]!) === cpu && !/LOST/.test(left[at]!),
        );
        if (own.length === 0) continue;
        for (const at of own) left[at] = null;
        left[own.at(-1)!] = `CPU:${Number(cpu)} [LOST ${own.length} EVENTS]\n`;
      }
    }
    return { header, lines: left.filter((line) => line !== null) };
  },
});

/** The last records of each CPU, behind which nothing came. */
const lostAtTheEnd = (share: number): Mutation => ({
  name: `the last ${share * 100} % lost`,
  kind: "lost",
  apply: ({ header, lines }) => {
    const kept = lines.slice(0, Math.floor(lines.length * (1 - share)));
    const gone = new Map<string, number>();
    for (const line of lines.slice(kept.length)) gone.set(cpuOf(line), (gone.get(cpuOf(line)) ?? 0) + 1);
    const marks = [...gone].map(([cpu, count]) => `CPU:${Number(cpu)} [LOST ${count} EVENTS]\n`);
    return { header, lines: [...kept, ...marks] };
  },
});

const cpuOf = (line: string): string => /\[(\d{3})\]/.exec(line)?.[1] ?? "000";

/** The module with `probetime`: of each connection no record sooner than so many ms behind the one before. */
const sampled = (probetime: number): Mutation => ({
  name: `probetime ${probetime}`,
  kind: "sampled",
  apply: ({ header, lines }) => {
    const last = new Map<string, number>();
    const record = header.columns?.indexOf("record") ?? -1;
    let number = 0;
    const kept = lines.filter((line) => {
      const [type, time, saddr, sport, daddr, dport] = line.split(" ");
      if (Number(type) > 1) return true;
      const flow = `${saddr} ${sport} ${daddr} ${dport}`;
      if (Number(time) - (last.get(flow) ?? -1) < probetime / 1000) return false;
      last.set(flow, Number(time));
      return true;
    });
    return {
      header: { ...header, module_sysctl: { ...header.module_sysctl, probetime: String(probetime) } },
      lines: kept.map((line) => {
        if (record < 0) return line;
        const values = line.split(" ");
        values[record] = String(++number);
        return values.join(" ");
      }),
    };
  },
});

/** All that can be done to a recording of this kind, for these seeds. */
export function mutationsOf({ header }: Recording, seeds: readonly number[]): Mutation[] {
  const always = [begunAt(0.2), begunAt(0.5)];
  if (header.text === "ss")
    return [...always, ...["rto", "minrtt", "snd_wnd", "pacing_rate", "delivery_rate"].map(withoutWord)];
  const losses = seeds.flatMap((seed) => [lost(seed, 2), lost(seed + 1000, 12)]);
  if (header.text === "trace_pipe")
    return [...always, ...traceEvents.map(withoutEvent), ...losses, lostAtTheEnd(0.1), lostAtTheEnd(0.5)];
  const hasMore = (header.columns?.length ?? 0) > 30;
  const fields = ["timer", "cong", "cong_state", "mss", "delivered", "busy_us", "bytes_acked"];
  return [
    ...always,
    ...(hasMore ? [withoutFields("extended fields", (_, at) => at >= 30)] : []),
    ...fields
      .filter((name) => header.columns?.includes(name))
      .map((name) => withoutFields(name, (field) => field === name)),
    ...[1, 20].map(sampled),
    // A hole in the records' numbers is a loss; without numbers nothing would tell of one.
    ...(header.columns?.includes("record") ? losses : []),
  ];
}
