/** The plot `cdf`: how round-trip times, or a number of each flow, are distributed. */
import { literal, numeral, wholeNumeral } from "../../database/literals.ts";
import { NothingToDrawError, UsageError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import type { DrawContext } from "../context.ts";
import { type OtherPlot, pickScale } from "../definition.ts";
import { type Distribution, distributions, type Extent, extentOf } from "../distribution.ts";
import { flowNumber, numbersOfFlows, shownNumber } from "../flow-numbers.ts";
import { memberSql, sizesOf } from "../groups.ts";
import { inKeyOrder, keySql } from "../keys.ts";
import { lossNote } from "../losses.ts";
import type { Picture, Shape } from "../model.ts";
import { rounded } from "../runs.ts";
import { lineStyles, solid } from "../style.ts";
import { captionOf, lineName, titled } from "../words.ts";

interface Subject {
  readonly title: string;
  readonly xTitle: string;
  /** A SELECT of flow, name, value. */
  readonly rows: string;
  /** A column name whose suffix gives the unit. */
  readonly column: string;
  readonly note: string | null;
}

const flowList = ({ flows }: DrawContext): string => flows.map(({ flow }) => wholeNumeral(flow)).join(", ");

/** The kernel's RTT samples of each flow. If the source does not supply any, the smoothed RTT at each record. */
async function roundTrips(context: DrawContext): Promise<Subject> {
  const { trace, flows, from, to, runs } = context;
  await trace.need("rtt_samples");
  const within = `flow IN (${flowList(context)}) AND t - shift BETWEEN ${numeral(from)} AND ${numeral(to)}`;
  // Two captures may have been given one label. Their distributions stay two.
  const differ = new Set(flows.map((one) => lineName(one, context))).size === flows.length;
  const named = flows.map((one) => {
    const { flow, label, capture, shift_s } = one;
    const group = runs.groups.find(({ captures }) => captures.includes(capture));
    const name = differ ? lineName(one, context) : `${flow}: ${label}`;
    return `(${wholeNumeral(flow)}, ${literal(group?.name ?? name)}, ${numeral(shift_s)}::DOUBLE)`;
  });
  const names = `(VALUES ${named.join(", ")}) AS named(named_flow, name, shift)`;
  const rows = (select: string) =>
    `SELECT flow, name, value FROM (${select}) JOIN ${names} ON named_flow = flow WHERE ${within}`;
  const samples = rows("SELECT flow, t, rtt_us AS value FROM rtt_samples");
  const told = await trace.rows<{ flow: number }>(`SELECT DISTINCT flow FROM (${samples}) ORDER BY flow`);
  const isSampled = told.length > 0;
  const without = flows.filter(({ flow }) => !told.some((one) => one.flow === flow)).map(({ flow }) => flow);
  const missing =
    without.length > 0 ? `no samples are told of flow${without.length === 1 ? "" : "s"} ${without.join(", ")}` : null;
  return {
    title: titled("Round-trip times", context),
    xTitle: isSampled ? "round-trip time" : "smoothed round-trip time",
    rows: isSampled ? samples : rows("SELECT flow, t, srtt_us AS value FROM trace WHERE srtt_us > 0"),
    column: "rtt_us",
    note: isSampled ? missing : "the source tells no samples: smoothed RTT at each record",
  };
}

/** A number of which each flow has one. */
async function ofFlows(context: DrawContext, of: string): Promise<Subject> {
  const { trace } = context;
  await trace.need("flows", "_data_flows");
  const numbers = await numbersOfFlows(trace);
  const isFct = of === "fct";
  const column = isFct ? "duration_s" : of;
  if (!numbers.includes(column))
    throw new UsageError(
      `--of ${of}: no such number.${didYouMean(of, ["rtt", "fct", ...numbers])} There are rtt, fct and the numeric columns of flows: ${numbers.join(", ")}`,
    );
  const chosen =
    context.asked || context.runs.groups.length > 0
      ? `flow IN (${flowList(context)})`
      : isFct
        ? "seen = 'whole' AND acked_bytes > 0"
        : "flow IN (SELECT flow FROM _data_flows WHERE carries_data)";
  const key = keySql(context);
  const { count, known } = (
    await trace.rows<{ count: number; known: number }>(
      `SELECT count(*)::DOUBLE AS count, count(${column})::DOUBLE AS known FROM flows WHERE ${chosen}`,
    )
  )[0]!;
  return {
    title: isFct ? "Flow completion times" : `Distribution of ${shownNumber(column)}`,
    xTitle: isFct ? "flow completion time" : shownNumber(column),
    rows: `SELECT flow, ${key} AS name, ${column} AS value FROM flows WHERE ${chosen}`,
    column,
    note: `${known} ${known === 1 ? "flow" : "flows"}${isFct ? " seen whole" : ""}${count > known ? `; of ${count - known} more it is not known` : ""}`,
  };
}

/** The axis is logarithmic if the ratio of the 99th to the 1st percentile is larger than this. */
const widestLinear = 30;

/** Most lines. */
const mostLines = lineStyles.length;

async function draw(context: DrawContext): Promise<Picture> {
  const { trace, columns, runs, plot } = context;
  const of = context.of ?? "rtt";
  const subject = of === "rtt" ? await roundTrips(context) : await ofFlows(context, of);
  const extent = await extentOf(trace, subject.rows);
  if (extent === null) throw new NothingToDrawError(plot, `with ${of}`);
  const isLog = extent.low > 0 && extent.p99 / extent.p1 > widestLinear;
  const scale = pickScale(flowNumber(subject.column), extent.p99);
  const divided = (value: number) => rounded(value / scale.divisor);
  const banded = runs.groups.length > 0 && of === "rtt";
  const shapes = banded
    ? await bands(context, subject.rows, extent, isLog, divided)
    : linesOf(
        inOrder(context, await distributions(trace, subject.rows, extent, isLog, columns)),
        divided,
        of !== "rtt",
      );
  const room = (extent.high - extent.low) / 50 || extent.high / 50 || 1;
  const from = isLog ? extent.low / 1.1 : extent.low > 0 && extent.low < extent.high / 4 ? 0 : extent.low - room;
  const to = isLog ? extent.high * 1.1 : extent.high + room;
  return {
    title: context.title ?? subject.title,
    countsEveryFlow: of !== "rtt",
    caption: captionOf(of === "rtt" ? context : { ...context, leftOut: 0 }, [
      subject.note,
      banded ? `median and, as a band, quartiles over ${sizesOf(context)}` : null,
      await lossNote(context),
    ]),
    x: {
      title: `${subject.xTitle}${scale.unit ? ` (${scale.unit})` : ""}${isLog ? ", logarithmic" : ""}`,
      scale: isLog ? "log" : "linear",
      from: from / scale.divisor,
      to: to / scale.divisor,
      isTime: false,
    },
    panels: [{ title: null, y: { title: "share at or below", scale: "linear", from: 0, to: 1.02 }, shapes }],
  };
}

/** In the order of the flows, where each is of one flow. */
function inOrder(context: DrawContext, all: readonly Distribution[]): Distribution[] {
  const place = ({ name }: Distribution) => context.flows.findIndex(({ flow }) => name.startsWith(`${flow}: `));
  return inKeyOrder(all, context).sort((a, b) => place(a) - place(b));
}

/** The lines of distributions. Each begins at 0 at its smallest value. */
function linesOf(all: readonly Distribution[], divided: (value: number) => number, counts: boolean): Shape[] {
  return all.slice(0, mostLines).map(({ name, count, points }, index) => ({
    kind: "line",
    name: counts ? `${name} (${count})` : name,
    style: lineStyles[index] ?? { color: "pale", dash: solid },
    interpolate: "step-after",
    runs: [[{ x: divided(points[0]!.x), y: 0 }, ...points.map(({ x, y }) => ({ x: divided(x), y: rounded(y) }))]],
  }));
}

interface BandRow {
  readonly name: string;
  readonly x: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** For each group: at each x, the median and quartiles of its flows' shares at or below x. */
async function bands(
  context: DrawContext,
  rows: string,
  extent: Extent,
  isLog: boolean,
  divided: (value: number) => number,
): Promise<Shape[]> {
  const steps = 300;
  const { low, high } = extent;
  const at = isLog
    ? `${numeral(low)}::DOUBLE * pow(${numeral(high / low)}::DOUBLE, i / ${wholeNumeral(steps)})`
    : `${numeral(low)}::DOUBLE + i * ${numeral((high - low) / steps)}::DOUBLE`;
  const found = await context.trace.rows<BandRow>(`
    WITH members AS (FROM ${memberSql(context)}),
    ranked AS (
      SELECT flow, value, max(share) AS share FROM (
        SELECT flow, value, cume_dist() OVER (PARTITION BY flow ORDER BY value) AS share FROM (${rows}) WHERE value IS NOT NULL
      ) GROUP BY flow, value
    ),
    grid AS (
      SELECT members.flow, name, ${at} AS x
      FROM members CROSS JOIN range(${wholeNumeral(steps + 1)}) AS steps(i) WHERE members.flow IN (SELECT flow FROM ranked)
    ),
    told AS (SELECT name, x, coalesce(share, 0) AS share FROM grid ASOF LEFT JOIN ranked ON ranked.flow = grid.flow AND grid.x >= ranked.value)
    SELECT name, x, quantile_cont(share, 0.25) AS low, median(share) AS middle, quantile_cont(share, 0.75) AS high FROM told GROUP BY name, x ORDER BY name, x`);
  const made = context.runs.groups.map(({ name }, index) => ({
    name,
    style: lineStyles[index] ?? { color: "pale" as const, dash: solid },
    own: found.filter((row) => row.name === name),
  }));
  return [
    ...made.map(
      ({ style, own }): Shape => ({
        kind: "area",
        name: "",
        style,
        interpolate: "linear",
        opacity: 0.22,
        runs: [own.map(({ x, low, high }) => ({ x: divided(x), low: rounded(low), high: rounded(high) }))],
      }),
    ),
    ...made.map(
      ({ name, style, own }): Shape => ({
        kind: "line",
        name,
        style,
        interpolate: "linear",
        runs: [own.map(({ x, middle }) => ({ x: divided(x), y: rounded(middle) }))],
      }),
    ),
  ];
}

export const cdf: OtherPlot = {
  shows: "distribution of round-trip times, or with --of of fct, goodput_bps or any number of flows",
  title: "Distribution",
  needs: [["srtt_us"]],
  views: [],
  takes: ["of", "group"],
  draw,
};
