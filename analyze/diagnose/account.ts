/** A diagnosis in plain words: what limited a flow, how much time that cost, when, what shows it. */
import { bounded } from "../terminal/bounds.ts";
import { bitsPerSecond, bytes, count, microseconds, plural } from "../terminal/units.ts";
import type { FlowFacts, Period } from "./facts.ts";
import { type Cause, lossesOf, mathisWindow, segmentsOf, tellsMore, type Verdict } from "./verdict.ts";

const seconds = (value: number): string =>
  value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(value < 10 ? 2 : 1)} s`;
const moment = (value: number): string => `${value.toFixed(2)} s`;
/** How long a limit held the flow, behind `≈` where that is no time of the kernel's own. */
const held = (facts: FlowFacts, limit: "idle" | "application" | "rwnd" | "recovery"): string => {
  const value = facts[`${limit}_s`];
  return value === null ? "a time that is not known" : bounded(facts, `${limit}_share`, seconds(value));
};
/** A count of events, behind `≥` where records are lost or left out, and with them events. */
const counted = ({ crosses_gap, sampled }: FlowFacts, text: string): string =>
  crosses_gap || sampled ? `≥ ${text}` : text;
const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1e-9)).toFixed(0)} %`;

const headlines: Readonly<Record<Cause, string>> = {
  application: "Limited by the application: it gave TCP too little to send.",
  "application or send buffer":
    "Limited by the application or the send buffer: all that was written was in flight, and both windows were open.",
  "application, pacing or send buffer":
    "Limited by the application, pacing or the send buffer: both windows were open. Tracepoints cannot tell which.",
  "application, loss, pacing or send buffer":
    "Limited by the application, loss, pacing or the send buffer: both windows were open. This source cannot tell which.",
  receiver: "Limited by the receiver: its advertised window was full.",
  "send buffer": "Limited by the send buffer: all of it was in flight, and the application had to wait for room.",
  blackout: "Held up by a blackout: nothing came back from the peer, and the retransmission timer ran.",
  loss: "Limited by packet loss: losses kept its window small or held it in recovery.",
  "congestion window or pacing":
    "Limited by the congestion window or pacing: nearly as much as the window allows was in flight.",
  "congestion window or loss":
    "Limited by the congestion window, or by losses that kept it small: what is known cannot tell which.",
  pacing: "Limited by its pacing rate: data was waiting and both windows were open.",
  "congestion window": "Limited by the congestion window: data was waiting, and as much as it allows was in flight.",
  several: "No single limit",
  none: "Nothing to say: the trace shows too little of its time.",
};

const plots: Readonly<Record<Cause, string>> = {
  application: "inflight",
  "application or send buffer": "inflight",
  "application, pacing or send buffer": "inflight",
  "application, loss, pacing or send buffer": "inflight",
  "congestion window or loss": "cwnd",
  "congestion window or pacing": "inflight",
  receiver: "limits",
  "send buffer": "limits",
  blackout: "cwnd",
  loss: "cwnd",
  pacing: "limits",
  "congestion window": "inflight",
  several: "limits",
  none: "cwnd",
};

/** From this share of a flow's time on, it is said that nothing is known of it. */
const untoldShare = 0.15;

/** Line by line. What is foreign in them (the ends, the path) is as it came. */
export function account(facts: FlowFacts, verdict: Verdict, periods: readonly Period[], path: string): string[] {
  const { cause, cost_s, heldBy } = verdict;
  const mine = periods.filter(({ held_by }) => heldBy.includes(held_by)).slice(0, 3);
  const { start_s, duration_s } = facts;
  // A blackout goes on behind the last record that tells what held the sender.
  const life_s = cause === "blackout" ? Math.max(facts.life_s, duration_s) : facts.life_s;
  const untold_s = facts.basis === "tracepoints" ? duration_s - life_s : 0;
  const lines = [
    `flow ${facts.flow}  ${facts.ends}`,
    `  ${bounded(facts, "acked_bytes", bytes(facts.acked_bytes))} acknowledged in ${bounded(facts, "duration_s", seconds(duration_s))}, ${bounded(facts, "goodput_bps", bitsPerSecond(facts.goodput_bps))}${facts.cong ? `, ${facts.cong}` : ""}`,
    `  ${headlineOf(facts, verdict)}`,
    ...(cause === "none"
      ? []
      : [`    cost      ≈ ${seconds(cost_s)} of its ${seconds(life_s)} (${percent(cost_s, life_s)})`]),
    ...(mine.length > 0
      ? [`    when      ${mine.map((period) => `${moment(period.from_s)} to ${moment(period.to_s)}`).join(", ")}`]
      : []),
    ...[...new Set((verdict.among ?? [verdict]).flatMap((one) => evidence(facts, one.cause)))].map(
      (text, index) => `    ${index === 0 ? "evidence" : "        "}  ${text}`,
    ),
    `    all time  ${shares(facts) || "not known"}`,
    `    known by  ${basis(facts)}`,
    ...(untold_s > untoldShare * duration_s
      ? [
          `    beware    nothing shows what held it for ${seconds(untold_s)} of its ${seconds(duration_s)}: tracepoints are silent while nothing is received, and behind a close`,
        ]
      : []),
    ...(facts.crosses_gap
      ? [
          `    beware    records were lost ${facts.gap_share === 0 ? "before or after what is seen of it" : `in ${percent(facts.gap_share ?? 1, 1)} of its time`}; these numbers are bounds`,
        ]
      : []),
  ];
  const more = tellsMore(verdict, facts);
  if (more !== null) lines.push(`    ask       ${more}`);
  const [first] = mine;
  const range =
    first && cost_s < 0.5 * duration_s
      ? ` --from ${Math.max(first.from_s - 0.1, start_s, 0).toFixed(2)} --to ${(first.to_s + 0.1).toFixed(2)}`
      : "";
  lines.push(
    `    see       analyze plot ${shellWord(path)} ${plotOf(facts, cause)} --flow ${facts.flow}${range} -o flow${facts.flow}.html`,
  );
  return lines;
}

function headlineOf({ life_s, sampled }: FlowFacts, { cause, among }: Verdict): string {
  if (cause === "none" && sampled)
    return "Nothing to say: the capture left out records, so what held it most of the time is not known.";
  if (!among) return headlines[cause];
  const parts = among.map((one) => `${one.cause} (${percent(one.cost_s, life_s)})`).join("; ");
  return `${headlines[cause]}: ${parts}. These times are too near to each other to tell which held it more.`;
}

/** One word of a command line that people copy into a shell. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The picture of `limits` is of captures that tell all of them. */
const plotOf = ({ source, sampled, recovery_s }: FlowFacts, cause: Cause): string =>
  (source === "ss" && plots[cause] === "inflight") || ((sampled || recovery_s === null) && plots[cause] === "limits")
    ? "cwnd"
    : plots[cause];

/** What shows the cause, one line each. */
function evidence(facts: FlowFacts, cause: Cause): string[] {
  const { outages, loss_events, rtt_min_us, rtt_mean_us, cwnd_mean } = facts;
  const queue =
    rtt_min_us && rtt_mean_us
      ? [
          `smoothed RTT ${bounded(facts, "srtt_mean_us", microseconds(rtt_mean_us))} on average, ${microseconds(rtt_min_us)} at its smallest${rtt_mean_us > 1.5 * rtt_min_us ? ": a queue stands on the path" : ""}`,
        ]
      : [];
  const losses = lossLines(facts);
  const timeouts = outages
    .slice(0, 3)
    .map(
      ({ from_s, to_s, lasted_s, timeouts, rto_ms }) =>
        `${timeoutsText(facts, timeouts)}: nothing acknowledged from ${moment(from_s)} ${to_s === null ? "to the end of the trace" : `to ${moment(to_s)}`} (${seconds(lasted_s)})${rto_ms === null ? "" : `, RTO from ${rto_ms} ms on`}`,
    );
  switch (cause) {
    case "application or send buffer":
    case "application, pacing or send buffer":
    case "application, loss, pacing or send buffer":
      return [
        `something in flight and both windows open for ${held(facts, "application")}; nothing in flight for ${held(facts, "idle")}`,
        ...sendQueue(facts),
        ...losses,
      ];
    case "application":
      return [
        `nothing to send and nothing in flight for ${held(facts, "idle")}${facts.application_s === null ? "" : `; all written data in flight, windows open, for ${held(facts, "application")}`}`,
        ...sendMemory(facts),
        ...losses,
      ];
    case "send buffer":
      return [
        ...(!facts.sndbuf_s
          ? []
          : [`by the kernel's own time it waited ${seconds(facts.sndbuf_s)} with all of it sent`]),
        ...sendQueue(facts),
        ...losses,
      ];
    case "receiver":
      return [
        `data waiting with no room in the peer's window for ${held(facts, "rwnd")}`,
        ...(facts.window_probes > 0
          ? [`${counted(facts, plural(facts.window_probes, "window probe"))}: the window was closed altogether`]
          : []),
        ...losses,
      ];
    case "blackout":
      return timeouts;
    case "loss":
    case "congestion window or loss":
      return [
        ...losses,
        ...(loss_events && cwnd_mean && ["random", "not told"].includes(lossesOf(facts))
          ? [
              `window ${cwnd_mean.toFixed(1)} packets on average; so many losses leave about ${mathisWindow(loss_events, Math.max(segmentsOf(facts), 1)).toFixed(1)} (Mathis and others, 1997)`,
            ]
          : []),
        facts.recovery_s === null
          ? "how long it was in recovery is not known"
          : `${held(facts, "recovery")} in recovery`,
        ...timeouts,
      ];
    case "congestion window":
    case "congestion window or pacing":
    case "pacing":
      return [
        `window ${bounded(facts, "cwnd_mean", cwnd_mean?.toFixed(1) ?? "?")} packets on average${facts.slow_start_end === null ? "; slow start never ended" : ""}`,
        ...(cause === "pacing" && facts.cong === "bbr"
          ? ["the rate is BBR's own, from its estimate of the path's bandwidth"]
          : []),
        ...queue,
        ...losses,
        ...timeouts,
      ];
    case "none":
      return facts.sampled && facts.basis === "kernel"
        ? [
            `by the kernel's own times it waited ${seconds(facts.rwnd_s ?? 0)} for the receiver and ${seconds(facts.sndbuf_s ?? 0)} for room in the send buffer, and had nothing to send for ${seconds(facts.idle_s ?? 0)}`,
          ]
        : [];
    default:
      return [];
  }
}

function timeoutsText({ polled, crosses_gap }: FlowFacts, timeouts: number): string {
  const text = timeouts === 1 ? "1 timeout" : `${plural(timeouts, "timeout")} in a row`;
  return polled || crosses_gap ? `at least ${text}` : text;
}

/** What is known of losses and of other signals that lower the window. */
function lossLines(facts: FlowFacts): string[] {
  const { loss_events, undone_recoveries, congestion_signals, retransmits, rtt_at_loss_us, polled } = facts;
  const again =
    retransmits === null
      ? ""
      : `${bounded(facts, "retransmits", plural(retransmits, facts.basis === "tracepoints" ? "buffer" : "segment"))} sent again`;
  const lines: string[] = [];
  const isPartial = facts.crosses_gap || facts.sampled;
  const noLoss = isPartial ? "no loss in what was recorded" : "no loss";
  if (loss_events === null) {
    if (retransmits) lines.push(`${again}; this source tells no loss episodes`);
  } else if (loss_events > 0) {
    const episodes = polled
      ? `losses at ${count(loss_events)} times or more, as polls show`
      : counted(facts, plural(loss_events, "loss episode"));
    const rtt = rtt_at_loss_us ? `; smoothed RTT as they began ${microseconds(rtt_at_loss_us)}` : "";
    lines.push(`${episodes}${again && `, ${again}`}${rtt}`);
    if (facts.losses_lower_window === false) lines.push("they left the window as it was: ssthresh did not change");
    else if (facts.loss_rtt_rank !== null && loss_events >= 3)
      lines.push(
        `that was longer than ${percent(facts.loss_rtt_rank, 1)} of all: ${lossesOf(facts) === "own" ? "the queue that it had filled was full" : "losses at random meet any, 50 % on average"}`,
      );
  } else if (polled) lines.push(retransmits === 0 ? noLoss : again);
  else if (!undone_recoveries) lines.push(again && isPartial && retransmits ? `${noLoss}; ${again}` : noLoss);
  if (undone_recoveries)
    lines.push(
      `${loss_events === 0 ? `${noLoss}: ` : ""}${counted(facts, plural(undone_recoveries, "recovery was", "recoveries were"))} undone, what was sent again had only come late${loss_events === 0 && again ? ` (${again})` : ""}`,
    );
  if (congestion_signals)
    lines.push(
      `${counted(facts, plural(congestion_signals, "congestion signal"))} without a loss (state CWR: ECN, or a queue of this host)`,
    );
  return lines;
}

/** A send buffer that is full stands at one length. */
const sendQueue = (facts: FlowFacts): string[] => [...sendMemory(facts), ...standingQueue(facts)];

/** Two thirds: facts.ts has why. */
const sendMemory = ({ full_sndbuf_share }: FlowFacts): string[] =>
  full_sndbuf_share === null
    ? []
    : [`two thirds or more of the send buffer was taken in ${percent(full_sndbuf_share, 1)} of those polls (skmem)`];

const standingQueue = ({ send_queue_bytes, send_queue_share }: FlowFacts): string[] =>
  send_queue_bytes !== null && send_queue_share !== null && send_queue_share >= 0.5
    ? [
        `Send-Q was ${bytes(send_queue_bytes)} in ${percent(send_queue_share, 1)} of the polls that show any: so stands a full send buffer`,
      ]
    : [];

function shares(facts: FlowFacts): string {
  const parts: [string, number | null][] = [
    ["congestion window", facts.cwnd_s],
    ["recovery", facts.recovery_s],
    ["receiver", facts.rwnd_s],
    ["send buffer", facts.sndbuf_s],
    ["pacing", facts.pacing_s],
    ["application", facts.application_s],
    ["idle", facts.idle_s],
  ];
  const isGroup = facts.basis === "tracepoints" && facts.recovery_s === null;
  const exact = ["receiver", "send buffer", "idle"].filter(
    (_, index) => !(facts.about ?? "").includes(["rwnd_share", "sndbuf_share", "idle_share"][index]!),
  );
  return parts
    .map(([name, time]): [string, number | null] => [isGroup && name !== "idle" ? `${name} or recovery` : name, time])
    .filter((part): part is [string, number] => part[1] !== null && part[1] >= 0.005 * facts.life_s)
    .sort(([, a], [, b]) => b - a)
    .map(([name, time]) => `${name} ${exact.includes(name) ? "" : "≈ "}${percent(time, facts.life_s)}`)
    .join(", ");
}

function basis({ basis, source, sampled, recovery_s }: FlowFacts): string {
  if (sampled)
    return basis === "kernel"
      ? "the kernel's own times of waiting for the receiver, the send buffer and the application; the rest is not known, as records were left out"
      : "nothing: records were left out";
  if (basis === "kernel")
    return "the kernel's own times of waiting for the receiver, the send buffer and the application; the rest by the records' states";
  if (basis === "records")
    return `the state at each record (${count(30)} fields; --extended records have the kernel's own times)`;
  const untold = recovery_s === null ? ", and neither is recovery, so it counts as what else held it" : "";
  return `the state at each received segment (${source}: what waits to be sent is not seen, so pacing and a full send buffer count as application${untold})`;
}
