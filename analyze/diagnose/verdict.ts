/** The rules that name a flow's main limit from its facts. docs/metrics.md has them in words, in the same order. */
import type { FlowFacts } from "./facts.ts";

/** Several names in one: the source cannot tell which of them it is. */
export type Cause =
  | "application"
  | "application or send buffer"
  | "application, pacing or send buffer"
  | "application, loss, pacing or send buffer"
  | "receiver"
  | "send buffer"
  | "blackout"
  | "loss"
  | "congestion window or loss"
  | "congestion window or pacing"
  | "pacing"
  | "congestion window"
  | "several"
  | "none";

export interface Verdict {
  readonly cause: Cause;
  /** Of `several`: which, longest first. */
  readonly among?: readonly Verdict[];
  /** How much of the flow's life it cost, seconds: the time of its own kind. */
  readonly cost_s: number;
  /** Whose periods of limits_by_window show it. */
  readonly heldBy: readonly string[];
}

/**
 * Two times that differ by less than this share of the life are not told apart. From tracepoints a window counts as
 * full from 85 % of it on; elsewhere what the records say and the kernel's own times differ by a few percent.
 */
const accuracyOf = (basis: string): number => (basis === "tracepoints" ? 0.15 : 0.07);
/** If nothing shows what held the flow for more than this share of its time, there is no verdict. */
const untoldShare = 0.5;
/** A silence is a blackout if it has at least this many timeouts in a row … */
const blackoutTimeouts = 2;
/** … and is at least this share of the flow's time. */
const blackoutShare = 0.2;
/** Of a loss or two: a queue stood if the smoothed RTT at that time was this times the smallest or more. */
const queueInflation = 1.5;
/**
 * The window is what losses leave of it up to this many times 1.22 / sqrt(p), the mean of Mathis and others (CCR 1997).
 */
const mathisFactor = 2.5;
/** In recovery for this share of the time that the network held the flow: then losses are what cost it. */
const recoveryShare = 0.5;
/** In so many of the polls the send buffer has to be full to be the cause, or not full not to be. */
const fullShare = 0.9;
/** Fewer losses than this are too few to explain the window. */
const fewestLosses = 3;
/** Polls that are more than this many round trips apart do not show the queue that a loss met. */
const farApart = 4;
/**
 * Losses at random meet a queue of any length, those of a queue that the flow fills the longest. `loss_rtt_rank` of n
 * losses at random is 0.5, with a standard deviation of 1 / sqrt(12 n). From so many of these above 0.5 on, it was the
 * flow's own queue; up to so many, chance; between the two nothing is said.
 */
const ownQueue = 2;
const chance = 1;

export function verdictOf(facts: FlowFacts): Verdict {
  if (facts.sampled) return ofKernelTimes(facts);
  const groups = {
    application: (facts.application_s ?? 0) + (facts.idle_s ?? 0) + (facts.sndbuf_s ?? 0),
    receiver: facts.rwnd_s ?? 0,
    network: (facts.cwnd_s ?? 0) + (facts.recovery_s ?? 0) + (facts.pacing_s ?? 0),
  };
  const [[group, time], [second, secondTime]] = Object.entries(groups).sort(([, a], [, b]) => b - a) as [
    [keyof typeof groups, number],
    [keyof typeof groups, number],
    unknown,
  ];
  // Tracepoints show nothing while nothing is received, and behind a close: what held a part says nothing of the whole.
  const untold_s = facts.basis === "tracepoints" && facts.outages.length === 0 ? facts.duration_s - facts.life_s : 0;
  if (time === 0 || untold_s > untoldShare * facts.duration_s) return { cause: "none", cost_s: 0, heldBy: [] };
  const rules = { application: ofTheApplication, receiver: ofTheReceiver, network: ofTheNetwork };
  if (time - secondTime >= accuracyOf(facts.basis) * facts.life_s) return rules[group](facts, time);
  const among = [rules[group](facts, time), rules[second](facts, secondTime)];
  const heldBy = among.flatMap((one) => one.heldBy);
  return { cause: "several", among, cost_s: among.reduce((sum, { cost_s }) => sum + cost_s, 0), heldBy };
}

/**
 * Where the capture left out records, the kernel's own times are all that is known. One of them is the cause if it is
 * longer than all the time of which nothing is known.
 */
function ofKernelTimes({ life_s, basis, rwnd_s, sndbuf_s, idle_s }: FlowFacts): Verdict {
  const nothing: Verdict = { cause: "none", cost_s: 0, heldBy: [] };
  if (rwnd_s === null || sndbuf_s === null || idle_s === null) return nothing;
  const [[cause, cost_s]] = (
    [
      ["receiver", rwnd_s],
      ["send buffer", sndbuf_s],
      ["application", idle_s],
    ] as [Cause, number][]
  ).sort(([, a], [, b]) => b - a) as [[Cause, number]];
  return cost_s - (life_s - cost_s) >= accuracyOf(basis) * life_s ? { cause, cost_s, heldBy: [] } : nothing;
}

const ofTheReceiver = (_: FlowFacts, cost_s: number): Verdict => ({ cause: "receiver", cost_s, heldBy: ["rwnd"] });

function ofTheNetwork(facts: FlowFacts, time: number): Verdict {
  const cwnd_s = facts.cwnd_s ?? 0;
  const pacing_s = facts.pacing_s ?? 0;
  const recovery_s = facts.recovery_s ?? 0;
  // One long silence, not many short ones: heavy random loss causes those.
  const outage_s = Math.max(
    0,
    ...facts.outages.filter(({ timeouts }) => timeouts >= blackoutTimeouts).map(({ lasted_s }) => lasted_s),
  );
  if (outage_s >= blackoutShare * facts.life_s && outage_s >= 0.5 * recovery_s)
    return { cause: "blackout", cost_s: outage_s, heldBy: ["recovery"] };
  const losses = lossesOf(facts);
  if (losses === "random") return { cause: "loss", cost_s: recovery_s + cwnd_s, heldBy: ["recovery", "cwnd"] };
  if (recovery_s >= recoveryShare * time)
    return losses === "own"
      ? { cause: "congestion window", cost_s: recovery_s + cwnd_s, heldBy: ["recovery", "cwnd"] }
      : { cause: "loss", cost_s: recovery_s, heldBy: ["recovery"] };
  if (pacing_s > cwnd_s) return { cause: "pacing", cost_s: pacing_s, heldBy: ["pacing"] };
  if (losses === "not told")
    return { cause: "congestion window or loss", cost_s: recovery_s + cwnd_s, heldBy: ["recovery", "cwnd"] };
  // Segmentation offload leaves a part of a full window open, and so does pacing. Losses that lower the window tell of
  // an algorithm that fills it.
  if (facts.nearly_full_s > 0.5 * cwnd_s && facts.losses_lower_window !== true)
    return { cause: "congestion window or pacing", cost_s: cwnd_s, heldBy: ["cwnd"] };
  return { cause: "congestion window", cost_s: cwnd_s, heldBy: ["cwnd"] };
}

/**
 * With nothing in flight and nothing to send it is the application. With something in flight, all sent and both windows
 * open, it can also be a full send buffer that keeps the application from writing, of which the kernel tells only a
 * part (sndbuf_limited); and, where what waits to be sent is not seen, pacing.
 */
function ofTheApplication(facts: FlowFacts, time: number): Verdict {
  const heldBy = ["application", "idle"];
  const { lull_s } = facts;
  const [application_s, idle_s] = [facts.application_s ?? 0, facts.idle_s ?? 0];
  const sndbuf_s = facts.sndbuf_s ?? 0;
  if (sndbuf_s > application_s + idle_s) return { cause: "send buffer", cost_s: sndbuf_s, heldBy: ["application"] };
  // Two segments at a time with rests between is also how the kernel paces at a low rate (tcp_tso_autosize).
  if (idle_s - lull_s >= application_s + lull_s + sndbuf_s)
    return { cause: "application", cost_s: application_s + idle_s, heldBy };
  if (facts.pacing_s !== null) {
    const { full_sndbuf_share } = facts;
    if (full_sndbuf_share !== null && full_sndbuf_share >= fullShare)
      return { cause: "send buffer", cost_s: time, heldBy };
    if (full_sndbuf_share !== null && full_sndbuf_share <= 1 - fullShare)
      return { cause: "application", cost_s: time, heldBy };
    return { cause: "application or send buffer", cost_s: time, heldBy };
  }
  if (facts.recovery_s === null) return { cause: "application, loss, pacing or send buffer", cost_s: time, heldBy };
  return { cause: "application, pacing or send buffer", cost_s: time, heldBy };
}

/**
 * Whether losses explain the size of the window. `random`: they came often enough, whatever the queue. `own`: a queue
 * that the flow had filled dropped them. `not told`: which of these cannot be told. `none`: they do not.
 */
export function lossesOf(facts: FlowFacts): "random" | "own" | "not told" | "none" {
  const { loss_events, loss_rtt_rank, cwnd_mean, rtt_at_loss_us, rtt_min_us } = facts;
  const segments = segmentsOf(facts);
  // Of sources that tell neither states nor retransmissions.
  if (facts.recovery_s === null && loss_events === null) return "not told";
  if (!loss_events || !cwnd_mean || !segments || facts.losses_lower_window === false) return "none";
  if (loss_events < fewestLosses || loss_rtt_rank === null) {
    const queued = rtt_at_loss_us !== null && rtt_min_us !== null && rtt_at_loss_us >= queueInflation * rtt_min_us;
    return queued ? "own" : "none";
  }
  // Between two polls that are so many round trips apart, a window is halved and has grown again.
  const isVague = facts.polled && facts.poll_s * 1e6 > farApart * (facts.rtt_mean_us ?? 0);
  const deviations = (loss_rtt_rank - 0.5) * Math.sqrt(12 * loss_events);
  if (deviations >= ownQueue && !isVague) return "own";
  if (cwnd_mean > mathisFactor * mathisWindow(loss_events, segments)) return "none";
  return deviations <= chance && !isVague ? "random" : "not told";
}

/** The mean window that losses with this probability leave, packets. */
export const mathisWindow = (events: number, segments: number): number => 1.22 / Math.sqrt(events / segments);

/** Segments of data sent or acknowledged, of the size that the source tells, else of Ethernet's. */
export const segmentsOf = ({ sent_bytes, acked_bytes, segment_bytes }: FlowFacts): number =>
  (sent_bytes ?? acked_bytes ?? 0) / (segment_bytes ?? 1448);

/** What would tell more than this source did. Null: nothing that is known of. */
export function tellsMore({ cause, among }: Verdict, facts: FlowFacts): string | null {
  const { pacing_s } = facts;
  if (facts.sampled) return "a capture with a record of each segment, without --cwnd-changes and --probetime";
  const memory = "`ss -tm`: a full send buffer has w near tb in skmem";
  switch (cause) {
    case "application, pacing or send buffer":
    case "application, loss, pacing or send buffer":
      return `--source bpf or kmod (what waits to be sent, so pacing); ${memory}`;
    case "congestion window or pacing":
      return "--source bpf or kmod: the algorithm, and what waits to be sent";
    case "application or send buffer":
      return facts.full_sndbuf_share === null ? `${memory}, which --source ss records` : null;
    case "congestion window or loss":
      return pacing_s === null
        ? "--source bpf or kmod, or a longer capture: more losses, and the window that each met"
        : "a longer capture: more losses, and the window that each met";
    case "several": {
      const all = (among ?? []).map((one) => tellsMore(one, facts)).filter((text) => text !== null);
      return all[0] ?? null;
    }
    default:
      return null;
  }
}
