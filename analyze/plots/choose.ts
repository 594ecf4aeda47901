/** Chooses the flows of a picture and their names, and aligns several captures in time. */
import { basename } from "node:path";
import { NoSuchFlowError, NothingToDrawError } from "../errors.ts";
import { checkLabels, type Group, groupsOf } from "../trace/groups.ts";
import { endSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import type { Align } from "./choices.ts";

export interface DrawnFlow {
  readonly flow: number;
  readonly capture: number;
  readonly label: string;
  readonly path: string;
  /** Congestion control algorithm; NULL where the source does not report it. */
  readonly cong: string | null;
  /** Its start on the time axis of the picture. */
  readonly start_s: number;
  readonly end_s: number;
  /** Seconds to subtract from its times to get times on the axis. */
  readonly shift_s: number;
}

/** Names of captures. */
export interface Runs {
  /** By capture, from 1. Null for a capture without a name of its own. */
  readonly labels: ReadonlyMap<number, string>;
  readonly groups: readonly Group[];
  readonly align: Align;
}

/** Most lines of an overlay. */
const mostLines = 24;

/** Most flows in one picture, unless they are named. */
export const mostFlows = 8;

interface FlowFacts {
  readonly flow: number;
  readonly capture: number;
  readonly path: string;
  readonly ends: string;
  readonly cong: string | null;
  readonly start_s: number;
  readonly end_s: number;
  readonly weight: number;
}

export interface Choice {
  readonly drawn: readonly DrawnFlow[];
  readonly leftOut: number;
}

/**
 * The flows to draw. By default these are the flows that moved at least a hundredth of the bytes of the largest flow,
 * up to `most` flows. For groups and overlays they are the flows of each capture that moved at least half as much as
 * its largest. `leftOut` counts the others. With `control`, only flows of that congestion control are counted.
 */
export async function chooseFlows(
  trace: Trace,
  asked: readonly number[] | undefined,
  plot: string,
  runs: Runs,
  isOverlay = false,
  most = mostFlows,
  control?: string,
): Promise<Choice> {
  const every = await flowFacts(trace);
  // Where none tells its control, the plot says that it needs what tells it.
  const isTold = every.some(({ cong }) => cong !== null);
  const all = asked || control === undefined || !isTold ? every : every.filter(({ cong }) => cong === control);
  if (every.length > 0 && all.length === 0) throw new NothingToDrawError(plot, `of a connection with ${control}`);
  if (asked) {
    const missing = asked.find((flow) => !all.some((one) => one.flow === flow));
    if (missing !== undefined) throw new NoSuchFlowError(missing, all.length);
    return {
      drawn: named(
        trace,
        all.filter((one) => asked.includes(one.flow)),
        runs,
      ),
      leftOut: 0,
    };
  }
  if (all.length === 0) throw new NothingToDrawError(plot, "in the capture");
  const chosen =
    runs.groups.length > 0
      ? largestOfEach(
          all,
          runs.groups.flatMap(({ captures }) => captures),
        )
      : isOverlay
        ? largest(
            all.filter(({ flow }) => largestOfEach(all, null).has(flow)),
            mostLines,
          )
        : largest(all, most);
  return {
    drawn: named(
      trace,
      all.filter((one) => chosen.has(one.flow)),
      runs,
    ),
    leftOut: all.length - chosen.size,
  };
}

function largest(all: readonly FlowFacts[], most: number): Set<number> {
  const top = Math.max(...all.map((one) => one.weight));
  const carrying = all.filter((one) => one.weight >= top / 100).sort((a, b) => b.weight - a.weight);
  return new Set(carrying.slice(0, most).map((one) => one.flow));
}

/** For each of these captures (null: all), the flows that carry at least half as much as its largest. */
function largestOfEach(all: readonly FlowFacts[], captures: readonly number[] | null): Set<number> {
  const byCapture = Map.groupBy(
    all.filter((one) => captures === null || captures.includes(one.capture)),
    ({ capture }) => capture,
  );
  return new Set(
    [...byCapture.values()].flatMap((flows) => {
      const top = Math.max(...flows.map((one) => one.weight));
      return flows.filter((one) => one.weight >= top / 2).map((one) => one.flow);
    }),
  );
}

async function flowFacts(trace: Trace): Promise<FlowFacts[]> {
  const rows = await trace.rows<FlowFacts>(`
    SELECT flow, capture, path, ${endSql("any_value(saddr)", "any_value(sport)")} || ' \u2192 ' || ${endSql("any_value(daddr)", "any_value(dport)")} AS ends,
      max_by(cong, ord) AS cong, min(t) AS start_s, max(t) AS end_s,
      coalesce(max(snd_una) - min(snd_una), count(*))::DOUBLE AS weight
    FROM trace JOIN captures USING (capture) WHERE flow IS NOT NULL GROUP BY flow, capture, path ORDER BY flow`);
  if (rows.every(({ cong }) => cong !== null) || !(await trace.rows("SELECT 1 FROM _sockets LIMIT 1")).length)
    return rows;
  await trace.need("_socket_counts");
  const told = await trace.rows<{ flow: number; cong: string | null }>("SELECT flow, cong FROM _socket_counts");
  const byFlow = new Map(told.map(({ flow, cong }) => [flow, cong]));
  return rows.map((row) => ({ ...row, cong: row.cong ?? byFlow.get(row.flow) ?? null }));
}

/** Names a flow by its capture's label, otherwise by its ends, and by its congestion control if that is known. */
function named(trace: Trace, flows: readonly FlowFacts[], runs: Runs): DrawnFlow[] {
  const several = trace.captures.length > 1;
  const anchors = trace.captures.map(({ header }) => BigInt(header.clock.realtime_ns));
  const earliest = anchors.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))[0] ?? 0n;
  return flows.map(({ ends, start_s, end_s, ...one }) => {
    const same = flows.filter(({ capture }) => capture === one.capture);
    const label = runs.labels.get(one.capture);
    const shift_s =
      runs.align === "start"
        ? start_s
        : runs.align === "clock"
          ? -Number(anchors[one.capture - 1]! - earliest) / 1e9
          : 0;
    const who = one.cong === null ? ends : `${one.cong}, ${ends}`;
    const name =
      label !== undefined
        ? same.length > 1
          ? `${label}, flow ${one.flow}`
          : label
        : several
          ? `${basename(one.path)}: ${who}`
          : who;
    return { ...one, label: name, start_s: start_s - shift_s, end_s: end_s - shift_s, shift_s };
  });
}

/** Labels and groups of captures, from the options. Throws a UsageError. */
export function runsOf(
  trace: Trace,
  {
    labels = [],
    groups = [],
    align,
  }: { labels?: readonly string[] | undefined; groups?: readonly string[] | undefined; align?: Align | undefined },
  isOverlay: boolean,
): Runs {
  const paths = trace.captures.map(({ path }) => path);
  if (groups.length > 0) checkLabels(labels, groups.length, "groups");
  else checkLabels(labels, paths.length, "captures");
  const own = groups.length > 0 ? [] : labels.map((label, index) => [index + 1, label] as const);
  return {
    labels: new Map(own),
    groups: groupsOf(paths, groups, labels),
    align: align ?? (isOverlay || groups.length > 0 ? "start" : "capture"),
  };
}
