/** The plot `scatter`: throughput against round-trip time, with a point for each flow. */
import { wholeNumeral } from "../../database/literals.ts";
import { NothingToDrawError } from "../../errors.ts";
import type { DrawContext } from "../context.ts";
import { type OtherPlot, pickScale, rateScales, timeScales } from "../definition.ts";
import { inKeyOrder, keySql } from "../keys.ts";
import { lossNote } from "../losses.ts";
import type { DotsShape, Picture, Shape, XY } from "../model.ts";
import { rounded } from "../runs.ts";
import { lineStyles } from "../style.ts";
import { captionOf } from "../words.ts";

interface Row {
  readonly name: string;
  readonly rtt_us: number;
  /** Whether the samples are not told, so that it is the mean of the smoothed RTT. */
  readonly smoothed: boolean;
  readonly bps: number;
}

/** Fewer points do not define an ellipse. */
const fewestForEllipse = 3;

const symbols: readonly DotsShape["symbol"][] = ["circle", "square", "triangle-up", "diamond", "cross"];

/**
 * The ellipse of one standard deviation of a two-dimensional normal distribution with the points' mean and covariance.
 */
export function ellipse(points: readonly XY[], corners = 72): XY[] {
  const n = points.length;
  const mean = (of: (point: XY) => number) => points.reduce((sum, point) => sum + of(point), 0) / n;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const [xx, yy, xy] = [
    mean(({ x }) => (x - mx) ** 2),
    mean(({ y }) => (y - my) ** 2),
    mean(({ x, y }) => (x - mx) * (y - my)),
  ];
  // The Cholesky factor of the covariance maps the unit circle to the ellipse.
  const a = Math.sqrt(xx);
  const b = a > 0 ? xy / a : 0;
  const c = Math.sqrt(Math.max(yy - b * b, 0));
  return Array.from({ length: corners + 1 }, (_, index) => {
    const turn = (2 * Math.PI * index) / corners;
    return { x: mx + a * Math.cos(turn), y: my + b * Math.cos(turn) + c * Math.sin(turn) };
  });
}

/**
 * Never below 0, where an ellipse may reach. From 0 where the values reach far down, else around them: what matters is
 * how far the groups are apart.
 */
function extent(values: readonly number[]): { from: number; to: number } {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const room = (high - low) * 0.15 || high * 0.1 || 1;
  return { from: low < high / 2 ? 0 : Math.max(low - room, 0), to: high + room };
}

/** Which round-trip time the points have. */
function ofWhat(rows: readonly Row[]): string {
  const smoothed = rows.filter((row) => row.smoothed).length;
  if (smoothed === 0) return "median RTT";
  return smoothed === rows.length
    ? "mean smoothed RTT"
    : `median RTT, of ${smoothed} of ${rows.length} mean smoothed RTT`;
}

async function draw(context: DrawContext): Promise<Picture> {
  const { trace, flows, plot } = context;
  const found = await trace.rows<Row>(`
    SELECT ${keySql(context)} AS name, coalesce(rtt_median_us, srtt_mean_us)::DOUBLE AS rtt_us, rtt_median_us IS NULL AS smoothed, goodput_bps::DOUBLE AS bps
    FROM flows WHERE flow IN (${flows.map(({ flow }) => wholeNumeral(flow)).join(", ")})
      AND coalesce(rtt_median_us, srtt_mean_us) IS NOT NULL AND goodput_bps IS NOT NULL
    ORDER BY name, flow`);
  if (found.length === 0) throw new NothingToDrawError(plot, "with a round-trip time and a goodput");
  const highest = (of: (row: Row) => number) => found.reduce((top, row) => Math.max(top, of(row)), 0);
  const time = pickScale(
    timeScales,
    highest(({ rtt_us }) => rtt_us),
  );
  const rate = pickScale(
    rateScales,
    highest(({ bps }) => bps),
  );
  const byKey = [...Map.groupBy(found, ({ name }) => name)].map(([name, rows]) => ({ name, rows }));
  const groups = inKeyOrder(byKey, context).map(({ name, rows }, index) => ({
    name,
    style: lineStyles[index] ?? lineStyles[0]!,
    symbol: symbols[index % symbols.length]!,
    filled: Math.floor(index / symbols.length) % 2 === 0,
    points: rows.map(({ rtt_us, bps }) => ({ x: rounded(rtt_us / time.divisor), y: rounded(bps / rate.divisor) })),
  }));
  const outlines = groups.flatMap(({ points, style }): Shape[] =>
    points.length >= fewestForEllipse
      ? [
          {
            kind: "outline",
            name: "",
            style,
            points: ellipse(points).map(({ x, y }) => ({ x: rounded(x), y: rounded(y) })),
          },
        ]
      : [],
  );
  const isMany = (points: readonly XY[]) => points.length > 100;
  const dots = groups.map(
    ({ name, points, style, symbol, filled }): Shape => ({
      kind: "dots",
      name: `${name} (${points.length})`,
      style,
      symbol,
      points,
      size: isMany(points) ? 16 : 55,
      filled,
      opacity: isMany(points) ? 0.5 : 0.85,
    }),
  );
  const all = [
    ...groups.flatMap(({ points }) => points),
    ...outlines.flatMap((shape) => (shape.kind === "outline" ? shape.points : [])),
  ];
  const without = flows.length - found.length;
  return {
    title: context.title ?? "Goodput against round-trip time",
    caption: captionOf(context, [
      `a point a flow: ${ofWhat(found)}`,
      outlines.length > 0 ? "ellipses of one standard deviation" : null,
      without > 0 ? `${without} flows without one of the two` : null,
      await lossNote(context),
    ]),
    x: { title: `round-trip time (${time.unit})`, scale: "linear", ...extent(all.map(({ x }) => x)), isTime: false },
    panels: [
      {
        title: null,
        y: { title: `goodput (${rate.unit})`, scale: "linear", ...extent(all.map(({ y }) => y)) },
        shapes: [...outlines, ...dots],
      },
    ],
  };
}

export const scatter: OtherPlot = {
  shows: "goodput against round-trip time, a point a flow, an ellipse a group",
  title: "Goodput against round-trip time",
  needs: [["snd_una", "bytes_acked"], ["srtt_us"]],
  views: ["flows"],
  takes: ["group"],
  mostFlows: Number.POSITIVE_INFINITY,
  draw,
};
