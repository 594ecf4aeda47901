/** Draws one plot of a trace as a Vega-Lite specification. */
import { traceColumns } from "@tcpprobe-plus/tpp";
import { MissingColumnError, NothingToDrawError } from "../errors.ts";
import type { Trace } from "../trace/trace.ts";
import { chooseFlows } from "./choose.ts";
import type { PlotDefinition, Series } from "./definition.ts";
import { type PlotName, plotDefinition } from "./names.ts";
import { type Mark, type PlotRange, type Point, reducedMarks, reducedPoints } from "./reduce.ts";
import { plotSpec, shareOnePanel, type VegaLiteSpec } from "./spec.ts";

export interface PlotOptions {
  /** Flows to draw. By default, those with the most data. */
  readonly flows?: readonly number[] | undefined;
  /** Range of time, seconds since the capture began. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Length of the windows of goodput and limits, seconds. By default, the picture has about 150 windows. */
  readonly window?: number | undefined;
  /** Width of the plotting area, pixels. */
  readonly width?: number | undefined;
  readonly title?: string | undefined;
  /** Count packets or bytes in flight. By default packets, if the source counts them. */
  readonly unit?: "packets" | "bytes" | undefined;
}

export interface Drawing {
  readonly spec: VegaLiteSpec;
  /** What the picture leaves out, one line each. */
  readonly notes: readonly string[];
}

/**
 * Builds the Vega-Lite specification of a plot. Throws if the source lacks a needed column, or no point is in range.
 */
export async function drawPlot(trace: Trace, name: PlotName, options: PlotOptions = {}): Promise<Drawing> {
  const definition = await definitionOf(trace, name, options);
  await trace.need(...definition.views);
  const { series: available, proxies } = await availableSeries(trace, name, definition);
  const { drawn, leftOut } = await chooseFlows(trace, options.flows, name);
  const together = shareOnePanel(definition, drawn.length);
  const series = together ? available.slice(0, 1) : available;
  const first = Math.min(...drawn.map((flow) => flow.start_s));
  const last = Math.max(...drawn.map((flow) => flow.end_s));
  const from = options.from ?? first - (last - first) / 100;
  const to = options.to ?? last + (last - first) / 100;
  if (!(to > from)) throw new NothingToDrawError(name, `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
  const pollsApart = proxies.length > 0 ? await medianGap(trace) : 0;
  const window = options.window ?? niceStep(Math.max((to - from) / 150, pollsInWindow * pollsApart));
  const width = options.width ?? 800;
  const range: PlotRange = { from, to, flows: drawn.map((flow) => flow.flow) };
  const points = await trace.withWindow(window, async (windowed) => {
    const found: Point[][] = [];
    for (const one of series) found.push(await reducedPoints(windowed, one, range, width));
    return found;
  });
  if (points.every((one) => one.length === 0))
    throw new NothingToDrawError(name, `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
  const scale = pickScale(definition, points);
  const marks = together || definition.interpolate === "step-after" ? [] : await reducedMarks(trace, range, width);
  const notes =
    leftOut > 0
      ? [...proxies, `${leftOut} of ${leftOut + drawn.length} flows with little data are not drawn; --flow picks any`]
      : proxies;
  const spec = plotSpec({
    definition,
    title: options.title ?? `${definition.title}${drawn.length === 1 ? `, ${drawn[0]!.label}` : ""}`,
    subtitle: subtitle(trace, definition.windowed ? window : null, notes),
    unit: scale.unit,
    from,
    to,
    width,
    flows: drawn.map(({ flow, label, path }) => ({
      flow,
      label: trace.captures.length > 1 ? `${path}  ${label}` : label,
      series: series.map((one, index) => ({ name: one.name, points: ofFlow(points[index]!, flow, scale.divisor) })),
      marks: marks.filter((mark: Mark) => mark.flow === flow),
    })),
  });
  return { spec, notes };
}

async function definitionOf(trace: Trace, name: PlotName, options: PlotOptions): Promise<PlotDefinition> {
  const { units, ...definition } = await plotDefinition(name);
  if (!units) return definition;
  return units[options.unit ?? ((await hasColumn(trace, "packets_out")) ? "packets" : "bytes")];
}

const hasColumn = async (trace: Trace, column: string): Promise<boolean> =>
  (await trace.rows(`SELECT 1 AS found FROM trace WHERE ${column} IS NOT NULL LIMIT 1`)).length > 0;

/** The series that can be drawn, and notes on those drawn from a less exact column. */
async function availableSeries(
  trace: Trace,
  plot: PlotName,
  definition: PlotDefinition,
): Promise<{ series: readonly Series[]; proxies: readonly string[] }> {
  const proxies: string[] = [];
  for (const { needs } of definition.series) {
    if (!needs || (await hasColumn(trace, needs.column))) continue;
    if (needs.proxy && (await hasColumn(trace, needs.proxy.column))) {
      proxies.push(needs.proxy.note);
      continue;
    }
    const sources = [...new Set(trace.captures.map((capture) => capture.header.source))].join(" and ");
    const some = trace.captures.some((capture) => capture.records > 0);
    if (!some) throw new NothingToDrawError(plot, "in the capture");
    throw new MissingColumnError(`plot ${plot}`, needs.column, sources, suppliersOf(needs.column));
  }
  return { series: definition.series, proxies };
}

/** Sources that supply a column, from the column table. */
const suppliersOf = (column: string): string[] =>
  Object.keys(traceColumns.find(({ name }) => name === column)?.sources ?? {});

/** Least number of polls in a window. A window without a poll would look as if nothing was sent. */
const pollsInWindow = 5;

/** Median time between two polls, seconds. */
const medianGap = async (trace: Trace): Promise<number> =>
  (await trace.database.value<number | null>(
    "SELECT median(gap) FROM (SELECT t - lag(t) OVER (ORDER BY t) AS gap FROM (SELECT DISTINCT t FROM trace WHERE type = 'sample'))",
  )) ?? 0;

const ofFlow = (points: readonly Point[], flow: number, divisor: number) =>
  points.filter((point) => point.flow === flow).map(({ t, value }) => ({ t: round(t), value: round(value / divisor) }));

/** Nine significant digits: far below a pixel, and half the size of the file. */
const round = (value: number): number => Number(value.toPrecision(9));

function pickScale(
  definition: PlotDefinition,
  points: readonly (readonly Point[])[],
): { divisor: number; unit: string } {
  let highest = 0;
  for (const series of points) for (const { value } of series) highest = Math.max(highest, value);
  return definition.scales.findLast((scale) => highest >= scale.from) ?? definition.scales[0]!;
}

function subtitle(trace: Trace, window: number | null, notes: readonly string[]): string {
  const [first] = trace.captures;
  const source =
    trace.captures.length === 1 && first
      ? `${first.path.split("/").at(-1)}, Linux ${first.header.kernel.release}, from ${first.header.source}`
      : `${trace.captures.length} captures`;
  return [
    source,
    ...(window === null ? [] : [`windows of ${window >= 1 ? `${window} s` : `${round(window * 1000)} ms`}`]),
    ...notes.map((note) => note.replace(/ are not drawn.*/, " not drawn")),
  ].join("; ");
}

/** The smallest of 1, 2, 5 x 10^n that is not below `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (
    [1, 2, 5, 10]
      .map((factor) => Number((factor * power).toPrecision(1 + (factor === 10 ? 1 : 0))))
      .find((nice) => nice >= step * 0.999) ?? step
  );
}
