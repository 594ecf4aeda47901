/** The plot `fairness`: each flow's share of the acknowledged bytes, and Jain's index. */
import { basename } from "node:path";
import { wholeNumeral } from "../../database/literals.ts";
import { NothingToDrawError } from "../../errors.ts";
import type { Trace } from "../../trace/trace.ts";
import type { DrawnFlow } from "../choose.ts";
import type { DrawContext } from "../context.ts";
import { closesUnseen, type OtherPlot, type PanelDefinition, plain, staircase } from "../definition.ts";
import { groupShapes } from "../groups.ts";
import { lossesOf, shadeOf } from "../losses.ts";
import type { Panel, Picture, Shape } from "../model.ts";
import { type PlotRange, type Point, reducedPoints } from "../reduce.ts";
import { runsOfPoints, stackRuns } from "../runs.ts";
import { areaColors, lineStyles, solid } from "../style.ts";
import { windowOf } from "../windows.ts";
import { captionOf, titled, windowText } from "../words.ts";

/**
 * Shares of each window, in percent. A flow without a row in a window did not exist then, and has a share of 0. If the
 * goodput of one flow is not known, no share of that window is. Flow 0 stands for all flows that are not drawn.
 */
const shares = (capture: number, list: string): string => `
  (WITH own AS (
    FROM goodput WHERE capture = ${wholeNumeral(capture)}
  ), windows AS (
    SELECT window_start_s, any_value(window_s) AS window_s,
      CASE WHEN count(*) = count(goodput_bps) AND sum(goodput_bps) > 0 THEN sum(goodput_bps) END AS total
    FROM own GROUP BY window_start_s
  ), drawn AS (
    SELECT DISTINCT flow FROM own WHERE flow IN (${list})
  ), each AS (
    SELECT drawn.flow, windows.*, CASE WHEN total IS NOT NULL THEN 100 * coalesce(goodput_bps, 0) / total END AS share
    FROM drawn CROSS JOIN windows
    LEFT JOIN own ON own.flow = drawn.flow AND own.window_start_s = windows.window_start_s
  )
  SELECT flow, window_start_s, window_s, share FROM each
  UNION ALL
  SELECT 0, window_start_s, any_value(window_s), CASE WHEN count(*) = count(share) THEN greatest(100 - sum(share), 0) END
  FROM each GROUP BY window_start_s)`;

/** The index of each capture, as points of a flow of the capture's number. */
const indexPoints = staircase("(SELECT capture::UINTEGER AS flow, * FROM fairness)", "jain");

const others = "others";

/** Flows share a path within their capture. More captures than these have their indices alone. */
const mostShares = 4;

interface Member {
  readonly capture: number;
  readonly name: string;
  readonly flows: readonly DrawnFlow[];
}

/** The captures of the flows that are drawn, under their labels. */
function membersOf({ trace, flows, runs }: DrawContext): Member[] {
  const byCapture = Map.groupBy(flows, ({ capture }) => capture);
  return [...byCapture].map(([capture, own]) => ({
    capture,
    name: runs.labels.get(capture) ?? basename(trace.captures[capture - 1]!.path),
    flows: own,
  }));
}

async function draw(context: DrawContext): Promise<Picture> {
  const { trace, from, to, columns, plot, runs } = context;
  const window = await windowOf(context, false);
  const losses = await lossesOf(context);
  const members = membersOf(context);
  const grouped = runs.groups.length > 0;
  const panels: Panel[] = [];
  const notes: string[] = [];
  await trace.withWindow(window, async (windowed) => {
    if (!grouped && members.length <= mostShares)
      for (const member of members) {
        const range: PlotRange = { from, to, flows: [...member.flows.map(({ flow }) => flow), 0] };
        const list = member.flows.map(({ flow }) => wholeNumeral(flow)).join(", ");
        const parts = await series(windowed, staircase(shares(member.capture, list), "share"), range, columns);
        const places = losses.places.filter(({ capture }) => capture === member.capture);
        if (parts.length > 0)
          panels.push({
            title: members.length > 1 ? member.name : null,
            y: { title: "share of goodput (%)", scale: "linear", from: 0, to: 100 },
            shapes: [...shadeOf({ ...losses, places }, context), ...areasOf(member, parts)],
            height: 1.1,
          });
      }
    const index: Shape[] = [];
    if (grouped) {
      const made = await indexOfGroups(windowed, context, members);
      index.push(...made.shapes);
      notes.push(made.note);
    } else {
      const range = { from, to, flows: members.map(({ capture }) => capture) };
      const points = await series(windowed, indexPoints, range, columns);
      for (const [place, { capture, name }] of members.entries())
        index.push({
          kind: "line",
          name: members.length > 1 ? name : "",
          style: members.length > 1 ? (lineStyles[place] ?? pale) : { color: "black", dash: solid },
          interpolate: "step-after",
          runs: runsOfPoints(
            points.filter(({ flow }) => flow === capture),
            1,
            [],
          ),
        });
    }
    if (panels.length === 0 && index.every((shape) => shape.kind !== "line" || shape.runs.length === 0))
      throw new NothingToDrawError(plot, `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
    panels.push({
      title: panels.length > 1 ? "all captures" : null,
      y: { title: "Jain's index", scale: "linear", from: 0, to: 1.05 },
      height: panels.length > 0 ? 0.7 : 1,
      shapes: [...shadeOf(losses, context), ...index],
    });
  });
  const drawn = context.flows.map(({ flow }) => wholeNumeral(flow)).join(", ");
  notes.push(...(await trace.rows<{ note: string }>(closesUnseen(drawn))).map(({ note }) => note));
  if (trace.captures.length > 1) notes.unshift("of each capture by itself");
  return {
    title: titled("Fairness", context),
    countsEveryFlow: true,
    caption: captionOf({ ...context, leftOut: 0 }, [windowText(window), ...notes, losses.note]),
    x: { title: context.timeTitle, scale: "linear", from, to, isTime: true },
    panels,
  };
}

const pale = { color: "pale", dash: solid } as const;

/** The shares of a capture's flows, stacked. */
function areasOf({ flows }: Member, parts: readonly Point[]): Shape[] {
  const below = new Map<string, number>();
  return [...flows.map(({ flow, label }) => ({ flow, name: `${flow}: ${label}` })), { flow: 0, name: others }]
    .map(
      ({ flow, name }, place) =>
        ({
          kind: "area",
          name,
          style: { color: flow === 0 ? "mist" : (areaColors[place] ?? "pale"), dash: solid },
          interpolate: "step-after",
          opacity: 1,
          runs: stackRuns(
            runsOfPoints(
              parts.filter((point) => point.flow === flow),
              1,
              [],
            ),
            below,
          ),
        }) as const,
    )
    .filter((area) => area.runs.some((run) => run.some(({ low, high }) => high - low > 0.05)));
}

/** Median and quartiles of the index over the runs of each group. */
async function indexOfGroups(
  windowed: Trace,
  context: DrawContext,
  members: readonly Member[],
): Promise<{ shapes: Shape[]; note: string }> {
  const panel: PanelDefinition = {
    yTitle: "Jain's index",
    views: ["fairness"],
    interpolate: "step-after",
    scales: plain,
    series: [{ name: "Jain's index", points: indexPoints, color: "black" }],
  };
  // A run stands where a flow does in other plots.
  const flows = members.map((member) => ({
    ...member.flows[0]!,
    flow: member.capture,
    start_s: Math.min(...member.flows.map(({ start_s }) => start_s)),
    end_s: Math.max(...member.flows.map(({ end_s }) => end_s)),
  }));
  const made = await groupShapes(windowed, panel, { ...context, flows });
  const sizes = context.runs.groups.map(({ name, captures }) => `${name}: ${captures.length}`).join(", ");
  return { shapes: made.shapes(1), note: `median and, as a band, quartiles over runs (${sizes})` };
}

const series = (trace: Trace, points: string, range: PlotRange, columns: number): Promise<Point[]> =>
  reducedPoints(trace, { name: "", color: "black", points }, range, columns);

export const fairness: OtherPlot = {
  shows: "each flow's share of the goodput, and Jain's index",
  title: "Fairness",
  windowed: true,
  needs: [["snd_una", "bytes_acked"]],
  views: ["goodput", "fairness"],
  takes: ["group"],
  align: "capture",
  draw,
};
