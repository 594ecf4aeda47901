/** The plot `fairness`: each flow's share of the acknowledged bytes, and Jain's index. */
import { wholeNumeral } from "../../database/literals.ts";
import { NothingToDrawError, UsageError } from "../../errors.ts";
import type { Trace } from "../../trace/trace.ts";
import type { DrawContext } from "../context.ts";
import { type OtherPlot, staircase } from "../definition.ts";
import { lossesOf, shadeOf } from "../losses.ts";
import type { Picture, Shape } from "../model.ts";
import { type PlotRange, type Point, reducedPoints } from "../reduce.ts";
import { runsOfPoints, stackRuns } from "../runs.ts";
import { lineStyles, solid } from "../style.ts";
import { windowOf } from "../windows.ts";
import { captionOf, titled, windowText } from "../words.ts";

/**
 * Shares of each window, in percent. A flow without a row in a window did not exist then, and has a share of 0. If the
 * goodput of one flow is not known, no share of that window is. Flow 0 stands for all flows that are not drawn.
 */
const shares = (list: string): string => `
  (WITH windows AS (
    SELECT window_start_s, any_value(window_s) AS window_s,
      CASE WHEN count(*) = count(goodput_bps) AND sum(goodput_bps) > 0 THEN sum(goodput_bps) END AS total
    FROM goodput GROUP BY window_start_s
  ), drawn AS (
    SELECT DISTINCT flow FROM goodput WHERE flow IN (${list})
  ), each AS (
    SELECT drawn.flow, windows.*, CASE WHEN total IS NOT NULL THEN 100 * coalesce(goodput_bps, 0) / total END AS share
    FROM drawn CROSS JOIN windows
    LEFT JOIN goodput ON goodput.flow = drawn.flow AND goodput.window_start_s = windows.window_start_s
  )
  SELECT flow, window_start_s, window_s, share FROM each
  UNION ALL
  SELECT 0, window_start_s, any_value(window_s), CASE WHEN count(*) = count(share) THEN greatest(100 - sum(share), 0) END
  FROM each GROUP BY window_start_s)`;

const others = "others";

async function draw(context: DrawContext): Promise<Picture> {
  const { trace, flows, from, to, columns, plot } = context;
  if (trace.captures.length > 1)
    throw new UsageError("fairness is of flows that share a path, in one capture. Give one file");
  const window = await windowOf(context, false);
  const list = flows.map(({ flow }) => wholeNumeral(flow)).join(", ");
  const range: PlotRange = { from, to, flows: [...flows.map(({ flow }) => flow), 0] };
  const [parts, index] = await trace.withWindow(window, async (windowed) => [
    await series(windowed, staircase(shares(list), "share"), range, columns),
    await series(windowed, staircase("(SELECT 0 AS flow, * FROM fairness)", "jain"), { ...range, flows: [0] }, columns),
  ]);
  if (parts!.length === 0) throw new NothingToDrawError(plot, `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
  const losses = await lossesOf(context);
  const below = new Map<string, number>();
  const areas = [
    ...flows.map((flow) => ({ flow: flow.flow, name: `${flow.flow}: ${flow.label}` })),
    { flow: 0, name: others },
  ].map(
    ({ flow, name }, place): Shape => ({
      kind: "area",
      name,
      style: { color: name === others ? "mist" : (lineStyles[place]?.color ?? "pale"), dash: solid },
      interpolate: "step-after",
      opacity: 1,
      runs: stackRuns(
        runsOfPoints(
          parts!.filter((point) => point.flow === flow),
          1,
          [],
        ),
        below,
      ),
    }),
  );
  const shown = areas.filter(
    (area) => area.kind === "area" && area.runs.some((run) => run.some(({ low, high }) => high - low > 0.05)),
  );
  return {
    title: titled("Fairness", context),
    caption: captionOf(context, [windowText(window), losses.note]),
    x: { title: context.timeTitle, scale: "linear", from, to, isTime: true },
    panels: [
      {
        title: null,
        y: { title: "share of goodput (%)", scale: "linear", from: 0, to: 100 },
        shapes: shown,
        height: 1.1,
      },
      {
        title: null,
        y: { title: "Jain's index", scale: "linear", from: 0, to: 1.05 },
        height: 0.7,
        shapes: [
          ...shadeOf(losses, context),
          {
            kind: "line",
            name: "",
            style: { color: "black", dash: solid },
            interpolate: "step-after",
            runs: runsOfPoints(index!, 1, []),
          },
        ],
      },
    ],
  };
}

const series = (trace: Trace, points: string, range: PlotRange, columns: number): Promise<Point[]> =>
  reducedPoints(trace, { name: "", color: "black", points }, range, columns);

export const fairness: OtherPlot = {
  shows: "each flow's share of the goodput, and Jain's index",
  title: "Fairness",
  windowed: true,
  needs: [["snd_una", "bytes_acked"]],
  views: ["goodput", "fairness"],
  draw,
};
