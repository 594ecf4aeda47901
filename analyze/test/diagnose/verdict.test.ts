/** The rules of docs/metrics.md, "Diagnosis", at their edges: facts of one flow, and the cause that they must give. */
import test from "ava";
import type { FlowFacts, Outage } from "../../diagnose/facts.ts";
import { type Cause, verdictOf } from "../../diagnose/verdict.ts";

/** A flow of 10 s, 1000 segments, that nothing held. */
const nothing: FlowFacts = {
  capture: 1,
  flow: 1,
  ends: "10.0.0.1:1 > 10.0.0.2:2",
  source: "kmod",
  start_s: 0,
  duration_s: 10,
  acked_bytes: 1_448_000,
  goodput_bps: 1_158_400,
  sent_bytes: 1_448_000,
  retransmits: 0,
  cwnd_mean: 100,
  cong: "cubic",
  crosses_gap: false,
  at_least: "",
  about: "",
  gap_share: 0,
  life_s: 10,
  basis: "records",
  cwnd_s: 0,
  rwnd_s: 0,
  sndbuf_s: null,
  application_s: 0,
  pacing_s: 0,
  recovery_s: 0,
  idle_s: 0,
  lull_s: 0,
  nearly_full_s: 0,
  segment_bytes: 1448,
  undone_recoveries: 0,
  losses_lower_window: true,
  loss_rtt_rank: null,
  send_queue_bytes: null,
  send_queue_share: null,
  full_sndbuf_share: null,
  sampled: false,
  polled: false,
  poll_s: 0.01,
  rtt_min_us: 40_000,
  rtt_at_loss_us: null,
  rtt_mean_us: 50_000,
  congestion_signals: 0,
  loss_events: 0,
  slow_start_end: "delay",
  window_probes: 0,
  outages: [],
  rto_count: 0,
  spurious_count: 0,
};

const silence = (lasted_s: number, timeouts: number): Outage => ({
  from_s: 1,
  to_s: 1 + lasted_s,
  lasted_s,
  timeouts,
  rto_ms: 200,
});

/**
 * 5 losses in 1000 segments leave 1.22 / sqrt(0.005) = 17.3 packets; up to 2.5 times that is explained by them: 43.1.
 */
const losses = {
  loss_events: 5,
  rtt_at_loss_us: 42_000,
  cwnd_mean: 20,
  loss_rtt_rank: 0.5,
};

const cases: readonly [what: string, facts: Partial<FlowFacts>, cause: Cause, cost_s: number][] = [
  ["nothing held it", {}, "none", 0],
  [
    "the application, with the time in which nothing was to do",
    { application_s: 3, idle_s: 3, cwnd_s: 4 },
    "application",
    6,
  ],
  [
    "the application, or a send buffer that the source cannot tell from it",
    { application_s: 6, cwnd_s: 4 },
    "application or send buffer",
    6,
  ],
  [
    "where pacing is not told either",
    { application_s: 6, cwnd_s: 4, pacing_s: null },
    "application, pacing or send buffer",
    6,
  ],
  [
    "nor recovery",
    { application_s: 6, cwnd_s: 4, pacing_s: null, recovery_s: null },
    "application, loss, pacing or send buffer",
    6,
  ],
  ["rests with bursts behind them", { idle_s: 6, cwnd_s: 4, pacing_s: null }, "application", 6],
  [
    "rests with two segments behind each, as pacing makes them, too",
    { idle_s: 6, lull_s: 4, cwnd_s: 4, pacing_s: null },
    "application, pacing or send buffer",
    6,
  ],
  [
    "tracepoints that show less than half of its time",
    { cwnd_s: 4, life_s: 4, basis: "tracepoints", pacing_s: null },
    "none",
    0,
  ],
  ["two that are as long", { rwnd_s: 5, cwnd_s: 4.4 }, "several", 9.4],
  [
    "a window with room for a segment, of an algorithm that is not known",
    { cwnd_s: 6, nearly_full_s: 4, losses_lower_window: null, pacing_s: null },
    "congestion window or pacing",
    6,
  ],
  ["the receiver", { rwnd_s: 5, cwnd_s: 4, application_s: 1 }, "receiver", 5],
  ["the send buffer", { sndbuf_s: 6, cwnd_s: 4 }, "send buffer", 6],
  ["a send buffer that the source cannot tell", { sndbuf_s: null, cwnd_s: 4 }, "congestion window", 4],
  [
    "the network is cwnd, recovery and pacing together",
    { cwnd_s: 2, recovery_s: 1, pacing_s: 2, rwnd_s: 4 },
    "congestion window",
    2,
  ],
  ["pacing longer than cwnd", { cwnd_s: 3, pacing_s: 4 }, "pacing", 4],
  ["pacing as long as cwnd", { cwnd_s: 4, pacing_s: 4 }, "congestion window", 4],

  ["one silence of two timeouts", { cwnd_s: 4, recovery_s: 4, outages: [silence(4, 2)] }, "blackout", 4],
  ["one of exactly a fifth of the life", { cwnd_s: 6, recovery_s: 3, outages: [silence(2, 2)] }, "blackout", 2],
  ["one a little shorter", { cwnd_s: 6, recovery_s: 3, outages: [silence(1.99, 2)] }, "congestion window", 6],
  [
    "a long silence that one timeout met",
    { cwnd_s: 5, recovery_s: 3, outages: [silence(3, 1)] },
    "congestion window",
    5,
  ],
  [
    "short silences, a fifth only together",
    { cwnd_s: 5, recovery_s: 3, outages: [silence(1, 2), silence(0.9, 3), silence(0.8, 2)] },
    "congestion window",
    5,
  ],
  [
    "a silence that is a small part of recovery",
    { cwnd_s: 1, recovery_s: 7.5, outages: [silence(2.5, 2)] },
    "loss",
    7.5,
  ],
  ["a silence that is half of recovery", { cwnd_s: 1, recovery_s: 5, outages: [silence(2.5, 2)] }, "blackout", 2.5],
  [
    "a silence of a flow that the application held most",
    { application_s: 6, recovery_s: 4, outages: [silence(4, 2)] },
    "application or send buffer",
    6,
  ],

  ["recovery for half of the network's time", { cwnd_s: 4, recovery_s: 4 }, "loss", 4],
  ["recovery for a little less", { cwnd_s: 4.1, recovery_s: 4 }, "congestion window", 4.1],
  ["losses without a queue that explain the window", { cwnd_s: 7, recovery_s: 1, ...losses }, "loss", 8],
  [
    "losses of which it cannot be told whether they were random",
    // Of five: 0.5 + 1 / sqrt(60) = 0.63 to 0.5 + 2 / sqrt(60) = 0.76.
    { cwnd_s: 7, recovery_s: 1, ...losses, loss_rtt_rank: 0.64 },
    "congestion window or loss",
    8,
  ],
  [
    "losses at the longest of all queues are the flow's own doing",
    { cwnd_s: 7, recovery_s: 1, ...losses, loss_rtt_rank: 0.77 },
    "congestion window",
    7,
  ],
  [
    "losses between polls that are five round trips apart",
    { cwnd_s: 7, recovery_s: 1, ...losses, polled: true, poll_s: 0.25 },
    "congestion window or loss",
    8,
  ],
  ["two losses", { cwnd_s: 7, recovery_s: 1, ...losses, loss_events: 2 }, "congestion window", 7],
  ["losses that a chance explains", { cwnd_s: 7, recovery_s: 1, ...losses, loss_rtt_rank: 0.62 }, "loss", 8],
  [
    "losses that leave the window as it is",
    { cwnd_s: 7, recovery_s: 1, ...losses, losses_lower_window: false },
    "congestion window",
    7,
  ],
  ["two are too few to tell", { cwnd_s: 7, recovery_s: 1, ...losses, loss_events: 2 }, "congestion window", 7],
  [
    "a loss or two with a queue standing are the flow's own doing, however long the recovery",
    { cwnd_s: 3, recovery_s: 5, ...losses, loss_events: 2, rtt_at_loss_us: 60_000 },
    "congestion window",
    8,
  ],
  ["with a shorter queue", { cwnd_s: 3, recovery_s: 5, ...losses, loss_events: 2, rtt_at_loss_us: 59_000 }, "loss", 5],
  ["a window larger than losses leave", { cwnd_s: 7, recovery_s: 1, ...losses, cwnd_mean: 44 }, "congestion window", 7],
  ["a window just as large as they leave", { cwnd_s: 7, recovery_s: 1, ...losses, cwnd_mean: 43 }, "loss", 8],
  [
    "losses that the source does not tell",
    { cwnd_s: 7, recovery_s: null, ...losses, loss_events: null },
    "congestion window or loss",
    7,
  ],
];

for (const [what, facts, cause, cost_s] of cases) {
  test(`${what}: ${cause}`, (t) => {
    const verdict = verdictOf({ ...nothing, ...facts });
    t.is(verdict.cause, cause);
    t.true(Math.abs(verdict.cost_s - cost_s) < 1e-9, `${verdict.cost_s}`);
  });
}
