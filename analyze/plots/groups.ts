/** Combines runs of an experiment: for each group, the median over its flows and a band between the quartiles. */
import { literal, numeral, wholeNumeral } from "../database/literals.ts";
import type { Trace } from "../trace/trace.ts";
import type { DrawContext } from "./context.ts";
import type { PanelDefinition } from "./definition.ts";
import type { Shape, Span, XY } from "./model.ts";
import { rowsOf } from "./reduce.ts";
import { rounded } from "./runs.ts";
import { lineStyles, solid } from "./style.ts";

interface Row {
  readonly name: string;
  readonly g: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** Most points in time at which the runs are compared. */
const mostMoments = 400;

/** SQL VALUES for the flows that are in groups: flow, name, start_s, end_s. */
export function memberSql({ flows, runs }: DrawContext): string {
  const rows = flows.flatMap((flow) => {
    const group = runs.groups.find(({ captures }) => captures.includes(flow.capture));
    if (!group) return [];
    return [
      `(${wholeNumeral(flow.flow)}, ${literal(group.name)}, ${numeral(flow.start_s)}::DOUBLE, ${numeral(flow.end_s)}::DOUBLE)`,
    ];
  });
  return `(VALUES ${rows.join(", ")}) AS members(flow, name, start_s, end_s)`;
}

/** How many flows and captures each group has, in words. */
export const sizesOf = ({ flows, runs }: DrawContext): string =>
  runs.groups
    .map(({ name, captures }) => {
      const members = flows.filter(({ capture }) => captures.includes(capture)).length;
      return `${name}: ${members} ${members === 1 ? "flow" : "flows"} of ${captures.length} ${captures.length === 1 ? "run" : "runs"}`;
    })
    .join(", ");

/**
 * The first series of a panel, by group. Between two points, a flow has the value that the panel's line would show.
 * Before the first and after the last point it has none. A time at which fewer than half of a group's flows have a
 * value is left out.
 */
export async function groupShapes(
  trace: Trace,
  panel: PanelDefinition,
  context: DrawContext,
): Promise<{ shapes: (divisor: number) => Shape[]; highest: number; note: string }> {
  const { from, to, runs, flows } = context;
  const moments = Math.min(mostMoments, context.columns);
  const step = (to - from) / moments;
  const [series] = panel.series;
  const rows = rowsOf(trace, series!, {
    from,
    to,
    flows: [],
    shifts: new Map(flows.map(({ flow, shift_s }) => [flow, shift_s])),
  });
  const holds = panel.interpolate === "step-after" ? ">=" : "<=";
  const found = await trace.rows<Row>(`
    WITH members AS (FROM ${memberSql(context)}),
    points AS (
      SELECT flow, t, CASE WHEN count(*) = count(value) THEN min_by(value, ord) END::DOUBLE AS value
      FROM (${rows}) WHERE flow IN (SELECT flow FROM members) GROUP BY flow, t
    ),
    moments AS (
      SELECT members.*, ${numeral(from)}::DOUBLE + i * ${numeral(step)}::DOUBLE AS g FROM members CROSS JOIN range(${wholeNumeral(moments + 1)}) AS moments(i)
    ),
    told AS (
      SELECT name, g, CASE WHEN g BETWEEN start_s AND end_s THEN value END AS value
      FROM moments ASOF LEFT JOIN points ON points.flow = moments.flow AND moments.g ${holds} points.t
    )
    SELECT name, g, quantile_cont(value, 0.25) AS low, median(value) AS middle, quantile_cont(value, 0.75) AS high
    FROM told GROUP BY name, g HAVING count(value) > 0 AND 2 * count(value) >= count(*) ORDER BY name, g`);
  const highest = found.reduce((top, { high }) => Math.max(top, high), 0);
  const shapes = (divisor: number): Shape[] => {
    const made = runs.groups.map(({ name }, index) => {
      const style = lineStyles[index] ?? { color: "pale" as const, dash: solid };
      const parts = partsOf(
        found.filter((row) => row.name === name),
        step,
      );
      const band: Span[][] = parts.map((part) =>
        part.map(({ g, low, high }) => ({ x: rounded(g), low: rounded(low / divisor), high: rounded(high / divisor) })),
      );
      const line: XY[][] = parts.map((part) =>
        part.map(({ g, middle }) => ({ x: rounded(g), y: rounded(middle / divisor) })),
      );
      return { name, style, band, line };
    });
    return [
      ...made.map(
        ({ style, band }): Shape => ({
          kind: "area",
          name: "",
          style,
          interpolate: "linear",
          runs: band,
          opacity: 0.22,
        }),
      ),
      ...made.map(({ name, style, line }): Shape => ({ kind: "line", name, style, interpolate: "linear", runs: line })),
    ];
  };
  return { shapes, highest, note: `median and, as a band, quartiles over ${sizesOf(context)}` };
}

/** Splits rows where times are missing because fewer than half of the flows have a value. */
function partsOf(rows: readonly Row[], step: number): Row[][] {
  const parts: Row[][] = [];
  for (const row of rows) {
    const last = parts.at(-1)?.at(-1);
    if (last && row.g - last.g < 1.5 * step) parts.at(-1)!.push(row);
    else parts.push([row]);
  }
  return parts;
}
