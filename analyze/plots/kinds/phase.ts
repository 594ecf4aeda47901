/** The plot `phase`: the congestion window against the round-trip time. */
import { numeral, wholeNumeral } from "../../database/literals.ts";
import { NothingToDrawError } from "../../errors.ts";
import type { DrawContext } from "../context.ts";
import { type OtherPlot, pickScale, timeScales } from "../definition.ts";
import { lossNote } from "../losses.ts";
import type { Picture, Shape } from "../model.ts";
import { rounded } from "../runs.ts";
import { lineStyles, solid } from "../style.ts";
import { captionOf, lineName, titled } from "../words.ts";

interface Cell {
  readonly flow: number;
  readonly x: number;
  readonly y: number;
}

/** Width and height of a cell in pixels. All points in a cell become one dot. */
const cellSize = 4;

/** Most corners of a path. */
const mostCorners = 400;

async function draw(context: DrawContext): Promise<Picture> {
  const { trace, flows, from, to, columns, plot } = context;
  const cells = Math.min(columns / cellSize, 250);
  const list = flows.map(({ flow }) => wholeNumeral(flow)).join(", ");
  const within = `flow IN (${list}) AND t BETWEEN ${numeral(from)} AND ${numeral(to)}`;
  const records = `SELECT flow, srtt_us AS x, snd_cwnd AS y FROM trace WHERE srtt_us > 0 AND snd_cwnd IS NOT NULL AND ${within}`;
  const [extent] = await trace.rows<{ x: number | null; y: number }>(
    `SELECT max(x)::DOUBLE AS x, max(y)::DOUBLE AS y FROM (${records})`,
  );
  if (!extent || extent.x === null)
    throw new NothingToDrawError(plot, "with a congestion window and a round-trip time");
  const dots = await trace.rows<Cell>(`
    SELECT flow, min(x)::DOUBLE AS x, min(y)::DOUBLE AS y FROM (${records})
    GROUP BY flow, floor(x::DOUBLE * ${numeral(cells / extent.x)}), floor(y::DOUBLE * ${numeral(cells / extent.y)}) ORDER BY flow, x, y`);
  const paths = await trace.rows<Cell>(`
    SELECT flow, srtt_us::DOUBLE AS x, snd_cwnd::DOUBLE AS y FROM (
      SELECT *, row_number() OVER (PARTITION BY flow ORDER BY round) AS place, count(*) OVER (PARTITION BY flow) AS n
      FROM (SELECT *, start_s AS t FROM rounds WHERE srtt_us IS NOT NULL AND snd_cwnd IS NOT NULL) WHERE ${within}
    ) WHERE (place - 1) % greatest(1, n // ${wholeNumeral(mostCorners)}) = 0 ORDER BY flow, round`);
  const scale = pickScale(timeScales, extent.x);
  const place = ({ x, y }: Cell) => ({ x: rounded(x / scale.divisor), y });
  const shapes = flows.flatMap((flow, index): Shape[] => {
    const style = lineStyles[index] ?? { color: "pale" as const, dash: solid };
    const name = flows.length > 1 ? lineName(flow, context) : "";
    const path = paths.filter((cell) => cell.flow === flow.flow).map(place);
    return [
      {
        kind: "dots",
        name: flows.length > 1 ? "" : "each record",
        style,
        symbol: "circle",
        points: dots.filter((cell) => cell.flow === flow.flow).map(place),
        size: 6,
        filled: true,
        opacity: 0.35,
      },
      ...(path.length > 1
        ? [
            {
              kind: "outline" as const,
              name: name || "round trip by round trip",
              style: flows.length > 1 ? style : { color: "vermilion" as const, dash: solid },
              points: path,
            },
          ]
        : []),
      ...(path.length > 0
        ? [
            {
              kind: "dots" as const,
              name: "beginning",
              style: { color: "black" as const, dash: solid },
              symbol: "diamond" as const,
              points: path.slice(0, 1),
              size: 60,
              filled: true,
              opacity: 1,
            },
          ]
        : []),
    ];
  });
  return {
    title: titled("Congestion window against round-trip time", context),
    caption: captionOf(context, [await lossNote(context)]),
    x: {
      title: `smoothed round-trip time (${scale.unit})`,
      scale: "linear",
      from: 0,
      to: (extent.x * 1.04) / scale.divisor,
      isTime: false,
    },
    panels: [{ title: null, y: { title: "cwnd (packets)", scale: "linear", from: 0, to: extent.y * 1.06 }, shapes }],
  };
}

export const phase: OtherPlot = {
  shows: "congestion window against round-trip time, and the way from round trip to round trip",
  title: "Congestion window against round-trip time",
  needs: [["snd_cwnd"], ["srtt_us"]],
  views: ["rounds"],
  mostFlows: 4,
  draw,
};
