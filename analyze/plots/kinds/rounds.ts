/** The plot `rounds`: a connection over round trips instead of time. */
import { wholeNumeral } from "../../database/literals.ts";
import { NothingToDrawError } from "../../errors.ts";
import type { DrawContext } from "../context.ts";
import { byteScales, type OtherPlot, pickScale, plain, type Scales, timeScales } from "../definition.ts";
import { lossNote } from "../losses.ts";
import type { Panel, Picture, Shape } from "../model.ts";
import { type PlotRange, reducedPoints } from "../reduce.ts";
import { highestOf, runsOfPoints } from "../runs.ts";
import { lineStyles, solid } from "../style.ts";
import { captionOf, lineName, titled } from "../words.ts";

const panels: readonly { yTitle: string; value: string; scales: Scales }[] = [
  { yTitle: "cwnd (packets)", value: "snd_cwnd", scales: plain },
  { yTitle: "acknowledged", value: "acked_bytes", scales: byteScales },
  { yTitle: "RTT", value: "coalesce(rtt_us, srtt_us)", scales: timeScales },
];

async function draw(context: DrawContext): Promise<Picture> {
  const { trace, flows, columns, plot, from, to } = context;
  const list = flows.map(({ flow }) => wholeNumeral(flow)).join(", ");
  const [bounds] = await trace.rows<{ last: number | null; first: number }>(
    `SELECT max(round)::DOUBLE AS last, min(round)::DOUBLE AS first FROM rounds WHERE flow IN (${list}) AND start_s BETWEEN ${from} AND ${to}`,
  );
  if (!bounds || bounds.last === null) throw new NothingToDrawError(plot, "with round trips");
  const range: PlotRange = { from: bounds.first - 0.5, to: bounds.last + 0.5, flows: flows.map(({ flow }) => flow) };
  const made: Panel[] = [];
  for (const { yTitle, value, scales } of panels) {
    const points = await reducedPoints(
      trace,
      {
        name: "",
        color: "blue",
        points: `SELECT flow, round AS ord, round::DOUBLE AS t, ${value} AS value FROM rounds WHERE ${value} IS NOT NULL`,
      },
      range,
      columns,
    );
    const top = highestOf(points);
    const scale = pickScale(scales, top);
    const shapes = flows.map(
      (flow, index): Shape => ({
        kind: "line",
        name: flows.length > 1 ? lineName(flow, context) : "",
        style: lineStyles[index] ?? { color: "pale", dash: solid },
        interpolate: "linear",
        runs: runsOfPoints(
          points.filter((point) => point.flow === flow.flow),
          scale.divisor,
          [],
        ),
      }),
    );
    const again = made.length === 0 ? await retransmitted(context, list) : [];
    made.push({
      title: null,
      y: {
        title: scale.unit ? `${yTitle} (${scale.unit})` : yTitle,
        scale: "linear",
        from: 0,
        to: (top * 1.08) / scale.divisor || 1,
      },
      shapes: [
        ...shapes,
        ...(again.length > 0
          ? [
              {
                kind: "ticks" as const,
                name: "round trip with retransmissions",
                style: { color: "vermilion" as const, dash: solid },
                at: again,
                through: false,
              },
            ]
          : []),
      ],
    });
  }
  return {
    title: titled("Round trips", context),
    caption: captionOf(context, [await lossNote(context)]),
    x: { title: "round trip", scale: "linear", from: range.from, to: range.to, isTime: false },
    panels: made,
  };
}

async function retransmitted({ trace }: DrawContext, list: string): Promise<number[]> {
  const rows = await trace.rows<{ round: number }>(
    `SELECT DISTINCT round::DOUBLE AS round FROM rounds WHERE flow IN (${list}) AND retransmits > 0 ORDER BY round`,
  );
  return rows.map(({ round }) => round);
}

export const rounds: OtherPlot = {
  shows: "window, acknowledged bytes and RTT by round trip instead of by time",
  title: "Round trips",
  needs: [["snd_nxt"]],
  views: ["rounds"],
  mostFlows: 4,
  draw,
};
