/** Our side: what `analyze` prints of a capture, through the command line as a user runs it. */
import { analyze, query } from "../support/commands.ts";

/** A row of `flows`, with what `limits` and `rto_events` have of the same connection. */
export interface OurFlow {
  readonly flow: number;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number;
  readonly dport: number;
  readonly start_s: number;
  readonly duration_s: number;
  readonly acked_bytes: number | null;
  /** Until when that counts, and what of the connection was seen. */
  readonly acked_until_s: number | null;
  readonly seen: string;
  readonly retransmits: number | null;
  /** Expiries of the retransmission timer, window probes not counted. */
  readonly timeouts: number;
  readonly basis: string | null;
  readonly life_s: number;
  readonly rwnd_share: number;
  readonly sndbuf_share: number | null;
  readonly idle_share: number;
}

/** A record of a flow, with its state before the packet. */
export interface OurRecord {
  readonly t: number;
  readonly type: string;
  readonly seq_num: number | null;
  readonly length_bytes: number | null;
  readonly snd_una: number;
  readonly inflight_bytes: number;
  readonly srtt_us: number | null;
}

export interface OurWindow {
  readonly flow: number;
  readonly window_start_s: number;
  /** Null: not known. */
  readonly acked_bytes: number | null;
}

export interface OurNumbers {
  readonly source: string;
  /** What CLOCK_MONOTONIC was at the records' time 0, ns. */
  readonly zero_monotonic_ns: bigint;
  /** How far CLOCK_REALTIME was ahead of CLOCK_MONOTONIC, seconds: what the time of day of the records rests on. */
  readonly realtimeAhead_s: number;
  readonly flows: readonly OurFlow[];
  readonly windows: readonly OurWindow[];
  readonly records: (flow: number) => Promise<readonly OurRecord[]>;
}

/** Polls can miss connections that are short. */
export class NoFlowError extends Error {
  constructor(file: string) {
    super(`${file} has no flow`);
  }
}

const known = new Map<string, Promise<OurNumbers>>();

/** Of a capture; asked again, the same. */
export function ourNumbers(file: string): Promise<OurNumbers> {
  const numbers = known.get(file) ?? read(file);
  known.set(file, numbers);
  return numbers;
}

async function read(file: string): Promise<OurNumbers> {
  const flows = await query<OurFlow & { source: string; zero: string }>(
    file,
    `SELECT flows.*, life_s, limits.basis, coalesce(timeouts, 0) AS timeouts,
       (SELECT any_value(source) FROM captures) AS source,
       (SELECT (epoch_ns(time) - round(t * 1e9)::BIGINT)::VARCHAR FROM trace LIMIT 1) AS zero
     FROM flows
     LEFT JOIN (SELECT flow, life_s, basis FROM limits) AS limits USING (flow)
     LEFT JOIN (SELECT flow, count(*) AS timeouts FROM rto_events WHERE kind <> 'window probe' GROUP BY flow) USING (flow)
     ORDER BY start_s`,
  );
  const [first] = flows;
  if (!first) throw new NoFlowError(file);
  const about = await analyze("info", "--json", file);
  const clock = (name: string): bigint => BigInt(new RegExp(`"${name}": "(\\d+)"`).exec(about)?.[1] ?? "0");
  const ahead = clock("realtime_ns") - clock("monotonic_ns");
  return {
    source: first.source,
    zero_monotonic_ns: BigInt(first.zero) - ahead,
    realtimeAhead_s: Number(ahead / 1000n) / 1e6,
    flows,
    windows: await query(file, "SELECT flow, window_start_s, acked_bytes FROM goodput ORDER BY ALL", "--window", "1"),
    records: (flow) =>
      query(
        file,
        `SELECT trace.t, type, seq_num, length_bytes, snd_una, inflight_bytes, srtt_us
         FROM inflight JOIN trace USING (capture, ord) WHERE inflight.flow = ${flow} ORDER BY ord`,
      ),
  };
}
