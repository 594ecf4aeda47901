/** Gathers what the page shows from the views. */
import { compareRuns } from "../compare/runs.ts";
import { linesOf, reportsOf } from "../describe/capture.ts";
import { warningsOf } from "../describe/warnings.ts";
import { account } from "../diagnose/account.ts";
import { findingsOf } from "../diagnose/diagnoses.ts";
import { gatherFacts, type HeldWindows, holders } from "../diagnose/facts.ts";
import { windowOf } from "../plots/windows.ts";
import { dataFlows, endsSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import { version } from "../version.ts";
import type { PageCapture, PageComparison, PageDiagnosis, PageEvents, PageFlow, PageHeld, PageModel } from "./model.ts";
import { limitsPanel, panelsOf } from "./panels.ts";
import type { QuantitySource } from "./series.ts";

/** How many events and diagnoses a page has. More would be neither read nor quick. */
const [mostEvents, mostDiagnoses] = [20_000, 1000];

export interface Collected {
  readonly model: PageModel;
  /** Where the points of each quantity come from. `setWindow(model.window_s)` is to be in force. */
  readonly sources: readonly QuantitySource[];
}

/** Everything except the series. Sets the length of the trace's windows. */
export async function collectModel(trace: Trace): Promise<Collected> {
  const { sources, finish } = await beginModel(trace);
  return { model: await finish(), sources };
}

/** What is needed to read series, and what makes the rest of the model. Both can be done at the same time. */
export interface Begun {
  readonly flows: readonly PageFlow[];
  readonly sources: readonly QuantitySource[];
  /** Length of the windows of rates, seconds. It is in force in the trace. */
  readonly window_s: number;
  readonly finish: () => Promise<PageModel>;
}

export async function beginModel(trace: Trace): Promise<Begun> {
  await trace.need("flows", "events", "goodput");
  const flows = await flowsOf(trace);
  const from_s = flows.reduce((least, { start_s }) => Math.min(least, start_s), flows.length > 0 ? Infinity : 0);
  const to_s = flows.reduce((most, { start_s, duration_s }) => Math.max(most, start_s + duration_s), from_s);
  const polled = (await trace.rows("SELECT 1 FROM captures WHERE polled LIMIT 1")).length > 0;
  const to = Math.max(to_s, from_s + 1e-3);
  const window_s = await windowOf({ trace, window: undefined, from: from_s, to }, polled);
  await trace.setWindow(window_s);
  const { sources, ...panels } = await panelsOf(trace);
  const finish = async (): Promise<PageModel> => {
    const captures = await capturesOf(trace);
    const events = await eventsOf(trace);
    const diagnosed = await diagnosesOf(trace, flows);
    const isHeld = diagnosed.diagnoses.some(({ held }) => held !== null);
    return {
      ...{ version, captures, from_s, to_s, flows, without_series: [], ...panels },
      limits: isHeld ? limitsPanel : null,
      ...{ events, ...diagnosed },
      comparison: await comparisonOf(trace),
      ...{ window_s, growing: false },
    };
  };
  return { flows, sources, window_s, finish };
}

const flowsOf = (trace: Trace): Promise<PageFlow[]> =>
  trace.rows<PageFlow & object>(`
    SELECT flow, capture, ${endsSql} AS ends, cong, start_s, duration_s, records::DOUBLE AS records,
      acked_bytes::DOUBLE AS acked_bytes, goodput_bps, retransmits::DOUBLE AS retransmits,
      kernel_retransmits::DOUBLE AS kernel_retransmits, rtos::DOUBLE AS rtos, loss_episodes::DOUBLE AS loss_episodes,
      srtt_mean_us, rtt_min_us, cwnd_mean, cwnd_max::DOUBLE AS cwnd_max, seen, crosses_gap, at_least, about
    FROM flows ORDER BY flow`);

async function capturesOf(trace: Trace): Promise<PageCapture[]> {
  const warnings = await warningsOf(trace);
  return (await reportsOf(trace)).map((report, index) => {
    const { capture, losses } = report;
    const { header, path, origin } = capture;
    return {
      capture: index + 1,
      path: origin ?? path,
      source: header.source,
      kernel: header.kernel.release,
      lines: linesOf(report, false),
      whole: capture.damage.length === 0 && capture.incomplete.length === 0 && losses.length === 0,
      warnings: warnings.filter((one) => one.capture === index + 1).map(({ text }) => text),
      losses: merged(losses),
    };
  });
}

/** Most places of losses that are shaded. */
const mostPlaces = 2000;

/** Places of losses. Where there are very many, those near each other are one. */
function merged(losses: readonly { from_s: number | null; to_s: number | null }[]): PageCapture["losses"] {
  const placed = losses.filter(({ from_s, to_s }) => from_s !== null || to_s !== null);
  if (placed.length <= mostPlaces) return placed.map(({ from_s, to_s }) => ({ from_s, to_s }));
  const each = Math.ceil(placed.length / mostPlaces);
  return Array.from({ length: Math.ceil(placed.length / each) }, (_, index) => {
    const some = placed.slice(index * each, (index + 1) * each);
    const ends = some.map(({ to_s }) => to_s);
    return {
      from_s: some[0]!.from_s,
      to_s: ends.includes(null) ? null : Math.max(...(ends as number[])),
    };
  });
}

async function eventsOf(trace: Trace): Promise<PageEvents> {
  const { values, rowCount } = await trace.columns(
    `SELECT flow, t, event, duration_s, detail, at_least, about FROM events ORDER BY t, flow, event, duration_s, detail LIMIT ${mostEvents}`,
  );
  const [flow = [], t = [], event = [], duration_s = [], detail = [], at_least = [], about = []] = values;
  const all =
    rowCount < mostEvents ? rowCount : Number(await trace.database.value("SELECT count(*)::DOUBLE FROM events"));
  return {
    flow: flow as number[],
    t: t as number[],
    event: event as string[],
    duration_s: duration_s as (number | null)[],
    detail: detail as (string | null)[],
    at_least: at_least as string[],
    about: about as string[],
    left_out: all - rowCount,
  };
}

async function diagnosesOf(
  trace: Trace,
  flows: readonly PageFlow[],
): Promise<{ diagnoses: PageDiagnosis[]; undiagnosed: number }> {
  const carrying = await trace.rows<{ flow: number }>(await dataFlows(trace, undefined));
  const wanted = new Set(carrying.map(({ flow }) => flow));
  const chosen = flows
    .filter(({ flow }) => wanted.has(flow))
    .sort((a, b) => (b.acked_bytes ?? 0) - (a.acked_bytes ?? 0) || a.flow - b.flow)
    .slice(0, mostDiagnoses)
    .map(({ flow }) => flow)
    .sort((a, b) => a - b);
  if (chosen.length === 0) return { diagnoses: [], undiagnosed: 0 };
  const diagnoses: PageDiagnosis[] = [];
  const captureOf = new Map(flows.map(({ flow, capture }) => [flow, capture]));
  const told = await trace.rows<{ capture: number }>(
    "SELECT capture FROM captures WHERE tells_holder(sampled, counts_packets, sees_ca_state)",
  );
  const telling = new Set(told.map(({ capture }) => capture));
  for await (const { facts, verdict, periods, held } of findingsOf(trace, await gatherFacts(trace, chosen))) {
    const [, , headline = "", ...lines] = account(facts, verdict, periods, "");
    diagnoses.push({
      flow: facts.flow,
      headline: headline.trim(),
      lines: lines.flatMap(pairOf),
      held: held !== null && telling.has(captureOf.get(facts.flow)!) ? pageHeld(held) : null,
    });
  }
  return { diagnoses, undiagnosed: wanted.size - diagnoses.length };
}

/** Shares in whole percent. Their edges are rounded, so that they are 100 together. */
function pageHeld({ window_s, start_s, held_ns }: HeldWindows): PageHeld {
  const percent = holders.map((): number[] => []);
  for (const at of start_s.keys()) {
    const all = held_ns.reduce((sum, times) => sum + times[at]!, 0);
    let [below, edge] = [0, 0];
    for (const [index, times] of held_ns.entries()) {
      below += times[at]!;
      const next = Math.round((100 * below) / all);
      percent[index]!.push(next - edge);
      edge = next;
    }
  }
  const some = holders.flatMap((by, index) => (percent[index]!.some((one) => one > 0) ? [[by, percent[index]!]] : []));
  return { window_s, start_s, percent: Object.fromEntries(some) as PageHeld["percent"] };
}

/** A line of an account: a name of up to eight characters, and a text. The page is itself the picture to see. */
function pairOf(line: string): [string, string][] {
  const [, name = "", text = ""] = /^ {4}(.{8}) {2}([\s\S]*)$/.exec(line) ?? [];
  return name.trim() === "see" ? [] : [[name.trim(), text]];
}

async function comparisonOf(trace: Trace): Promise<PageComparison | null> {
  if (trace.captures.length < 2) return null;
  const { tables, leftOut } = await compareRuns(trace);
  return {
    tables: tables.map(({ ends, columns }) => ({
      title: ends.join("; "),
      header: columns.map(({ header }) => header),
      rows: (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => cells[row] ?? "")),
    })),
    left_out: leftOut,
  };
}
