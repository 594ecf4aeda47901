/** The rules that name a flow's main limit from its facts. docs/metrics.md has them in words. */
import type { FlowFacts } from "./facts.ts";

export type Cause =
  | "application"
  | "receiver"
  | "send buffer"
  | "blackout"
  | "loss"
  | "pacing"
  | "congestion window"
  | "none";

export interface Verdict {
  readonly cause: Cause;
  /** How much of the flow's life it cost, seconds. */
  readonly cost_s: number;
  /** Whose periods of limits_by_window show it. */
  readonly heldBy: readonly string[];
}

/** A silence is a blackout if it has at least this many timeouts in a row … */
const blackoutTimeouts = 2;
/** … and is at least this share of the flow's time. */
const blackoutShare = 0.2;
/** Losses count as without a queue if the smoothed RTT at that time was less than this times the smallest. */
const queueInflation = 1.5;
/**
 * The window is what losses leave of it up to this many times 1.22 / sqrt(p), the mean of Mathis and others (CCR 1997).
 */
const mathisFactor = 2.5;
/** In recovery for this share of the time that the network held the flow: then losses are what cost it. */
const recoveryShare = 0.5;

export function verdictOf(facts: FlowFacts): Verdict {
  const { cwnd_s, rwnd_s, application_s, idle_s } = facts;
  const pacing_s = facts.pacing_s ?? 0;
  const recovery_s = facts.recovery_s ?? 0;
  const sndbuf_s = facts.sndbuf_s ?? 0;
  const groups = {
    application: application_s + idle_s,
    receiver: rwnd_s,
    "send buffer": sndbuf_s,
    network: cwnd_s + recovery_s + pacing_s,
  };
  const [group, time] = Object.entries(groups).reduce((most, one) => (one[1] > most[1] ? one : most));
  // One long silence, not many short ones: heavy random loss causes those.
  const outage_s = Math.max(
    0,
    ...facts.outages.filter(({ timeouts }) => timeouts >= blackoutTimeouts).map(({ lasted_s }) => lasted_s),
  );
  if (time === 0) return { cause: "none", cost_s: 0, heldBy: [] };
  if (group === "application") return { cause: "application", cost_s: time, heldBy: ["application", "idle"] };
  if (group === "receiver") return { cause: "receiver", cost_s: time, heldBy: ["rwnd"] };
  if (group === "send buffer") return { cause: "send buffer", cost_s: time, heldBy: ["application"] };
  if (outage_s >= blackoutShare * facts.life_s && outage_s >= 0.5 * recovery_s)
    return { cause: "blackout", cost_s: outage_s, heldBy: ["recovery"] };
  if (lossKeepsWindowDown(facts) || recovery_s >= recoveryShare * time)
    return { cause: "loss", cost_s: time, heldBy: ["recovery", "cwnd"] };
  if (pacing_s > cwnd_s) return { cause: "pacing", cost_s: pacing_s, heldBy: ["pacing"] };
  return { cause: "congestion window", cost_s: cwnd_s, heldBy: ["cwnd"] };
}

/** Losses, met while no queue stood, came often enough to explain the size of the window. */
export function lossKeepsWindowDown(facts: FlowFacts): boolean {
  const { loss_events, cwnd_mean, rtt_at_loss_us, rtt_min_us } = facts;
  const segments = segmentsOf(facts);
  if (!loss_events || loss_events < 3 || !cwnd_mean || !segments) return false;
  const queued = rtt_at_loss_us !== null && rtt_min_us !== null && rtt_at_loss_us >= queueInflation * rtt_min_us;
  return !queued && cwnd_mean <= mathisFactor * mathisWindow(loss_events, segments);
}

/** The mean window that losses with this probability leave, packets. */
export const mathisWindow = (events: number, segments: number): number => 1.22 / Math.sqrt(events / segments);

/** Segments of data sent or acknowledged, of the size of Ethernet's. */
export const segmentsOf = ({ sent_bytes, acked_bytes }: FlowFacts): number => (sent_bytes ?? acked_bytes ?? 0) / 1448;
