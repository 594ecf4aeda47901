/** Makes the panels of a plot over time from its definition. */
import { wholeNumeral } from "../database/literals.ts";
import { NothingToDrawError } from "../errors.ts";
import type { Trace } from "../trace/trace.ts";
import { axisOf, bottomOf, highest, type SeriesPoints } from "./axis.ts";
import type { DrawnFlow } from "./choose.ts";
import type { DrawContext } from "./context.ts";
import { type PanelDefinition, pickScale, type Series, type TimePlot } from "./definition.ts";
import { groupShapes } from "./groups.ts";
import { type Losses, lossesOf, shadeOf } from "./losses.ts";
import type { Panel, Picture, Shape } from "./model.ts";
import { proxiesOf } from "./needs.ts";
import {
  type BandPoint,
  type Mark,
  type PlotRange,
  type Point,
  reducedBand,
  reducedMarks,
  reducedPoints,
  reducedStates,
  type StateSpan,
} from "./reduce.ts";
import { bandSpans, highestOf, rounded, runsOfPoints, stackRuns } from "./runs.ts";
import { markShapes, stateShapes } from "./states.ts";
import { type LineStyle, lineStyles, solid } from "./style.ts";
import { windowOf } from "./windows.ts";
import { captionOf, lineName, titled, windowText } from "./words.ts";

/** Up to this many flows have a panel each. More flows share one panel, with a line each. */
export const mostPanels = 4;

/**
 * Whether the flows share one panel. It then has a line for each flow, only the panel's first series, and no marks.
 * Rates of several flows are there to be compared, so they always share a panel. Congestion windows and times have a
 * panel for each flow while there is room. Stacked areas always have one each.
 */
const shareOnePanel = (plot: TimePlot, flows: number, context: DrawContext): boolean =>
  !plot.stacked &&
  flows > 1 &&
  (flows > mostPanels || plot.interpolate === "step-after" || plot.shared === true || context.overlay);

interface Found extends SeriesPoints {
  readonly total: readonly Point[];
}

export async function timePicture(
  definition: TimePlot,
  context: DrawContext,
): Promise<{ picture: Picture; notes: string[] }> {
  const { trace, flows, from, to, columns } = context;
  const all = [definition, ...(definition.below ?? [])];
  const grouped = context.runs.groups.length > 0;
  const together = grouped || shareOnePanel(definition, flows.length, context);
  const panels = together ? all.filter((panel) => !panel.stacked) : all;
  await trace.need(...panels.flatMap(({ views }) => views));
  const proxies = await proxiesOf(trace, context.plot, definition);
  const window = await windowOf(context, proxies.length > 0);
  const range: PlotRange = {
    from,
    to,
    flows: flows.map(({ flow }) => flow),
    shifts: new Map(flows.map(({ flow, shift_s }) => [flow, shift_s])),
  };
  const losses = await lossesOf(context);
  const remarks: string[] = [];
  for (const panel of panels) if (panel.remarks) remarks.push(...(await remarksOf(context, panel.remarks, window)));
  const told = [...proxies, ...(losses.note === null ? [] : [losses.note]), ...remarks];
  const caption = (more: readonly string[]) =>
    captionOf(context, [windowText(panels.some((one) => one.windowed) ? window : null), ...more]);
  if (grouped) {
    const shapes: Panel[] = [];
    const said = new Set<string>();
    for (const panel of panels) {
      const made = await trace.withWindow(window, (windowed) => groupShapes(windowed, panel, context));
      said.add(made.note);
      shapes.push(scaledPanel({ ...panel, yTitle: firstTitle(panel) }, null, made.shapes, made.highest));
    }
    return { picture: pictureOf(definition, context, caption([...said, ...told]), shapes), notes: proxies };
  }
  const found = await trace.withWindow(window, async (windowed) => {
    const each: Found[] = [];
    for (const panel of panels) each.push(await findPoints(windowed, panel, range, columns, together));
    return each;
  });
  if (found.every(({ points, bands }) => [...points, ...bands].every((one) => one.length === 0)))
    throw new NothingToDrawError(context.plot, `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
  // A panel below that has nothing of any flow would be an empty frame.
  const shown = found.filter(
    (one, index) => index === 0 || [...one.points, ...one.bands].some(({ length }) => length > 0),
  );
  const marks = !together && panels.some((panel) => panel.marks) ? await reducedMarks(trace, range, columns) : [];
  const states = !together && panels.some((panel) => panel.states) ? await statesOf(trace, range, columns) : [];
  const events = { marks, states, losses };
  const left = new Set<string>();
  const drawn = together
    ? shown.flatMap((one) => sharedPanel(one, context, events, left))
    : flows.flatMap((flow) =>
        shown.flatMap((one, index) => flowPanel(one, flow, flows.length > 1 && index === 0, context, events, left)),
      );
  const leaving = left.size > 0 ? [`${[...left].join(" and ")} above the axis`] : [];
  return { picture: pictureOf(definition, context, caption([...told, ...leaving]), drawn), notes: proxies };
}

async function remarksOf(
  { trace, flows }: DrawContext,
  remarks: (list: string) => string,
  window: number,
): Promise<string[]> {
  const sql = remarks(flows.map(({ flow }) => wholeNumeral(flow)).join(", "));
  return (await trace.withWindow(window, (windowed) => windowed.rows<{ note: string }>(sql))).map(({ note }) => note);
}

const pictureOf = (definition: TimePlot, context: DrawContext, caption: string[], panels: Panel[]): Picture => ({
  title: titled(definition.title, context),
  caption,
  x: { title: context.timeTitle, scale: "linear", from: context.from, to: context.to, isTime: true },
  panels,
});

async function statesOf(trace: Trace, range: PlotRange, columns: number): Promise<StateSpan[]> {
  const sees = await trace.rows("SELECT 1 AS seen FROM captures WHERE sees_ca_state LIMIT 1");
  return sees.length > 0 ? reducedStates(trace, range, columns) : [];
}

async function findPoints(
  trace: Trace,
  panel: PanelDefinition,
  range: PlotRange,
  columns: number,
  together: boolean,
): Promise<Found> {
  const points: Point[][] = [];
  const bands: BandPoint[][] = [];
  const series = together ? panel.series.slice(0, 1) : panel.series;
  for (const one of series) {
    const isBand = one.draw === "band";
    points.push(isBand ? [] : await reducedPoints(trace, one, range, columns));
    bands.push(isBand ? await reducedBand(trace, one.points, range, columns) : []);
  }
  const sums = together && panel.total !== undefined && [...(range.shifts ?? [])].every(([, shift]) => shift === 0);
  const total = sums
    ? await reducedPoints(trace, { name: "", color: "black", points: panel.total! }, { ...range, flows: [0] }, columns)
    : [];
  return { definition: { ...panel, series }, points, bands, total };
}

interface Told {
  readonly marks: readonly Mark[];
  readonly states: readonly StateSpan[];
  readonly losses: Losses;
}

/** A panel for one flow, with all series. */
function flowPanel(
  found: Found,
  flow: DrawnFlow,
  showsTitle: boolean,
  context: DrawContext,
  told: Told,
  left: Set<string>,
): Panel[] {
  const { definition } = found;
  const breaks = told.losses.places.filter(({ capture }) => capture === flow.capture);
  const own = (points: readonly Point[]) => points.filter((point) => point.flow === flow.flow);
  const alike = context.freeScales ? [flow] : context.flows;
  const ends = alike.map((one) => axisOf(found, one.flow));
  const top = highest(ends.map((one) => one.top));
  const bottom = ends.reduce((least, one) => Math.min(least, one.bottom), top);
  const scale = pickScale(definition.scales, top);
  const shapes: Shape[] = definition.stacked
    ? stack(
        definition,
        found.points.map((points) => own(points)),
        scale.divisor,
      )
    : inOrder(definition.series).flatMap(([series, index]) => {
        const points = own(found.points[index]!);
        const band = found.bands[index]!.filter((point) => point.flow === flow.flow);
        if (points.length === 0 && band.length === 0) return [];
        if (isAbove(series, points, band, top)) {
          left.add(series.name);
          return [];
        }
        if (series.mayLeave && points.some(({ value }) => value !== null && value > top))
          left.add(`parts of ${series.name}`);
        return seriesShape(series, definition, points, band, scale.divisor, breaks, index);
      });
  // What crosses show at its value is no row of ticks, too.
  const crossed = new Set(
    shapes.flatMap((shape) => (shape.kind === "dots" && shape.symbol === "cross" ? shape.name : [])),
  );
  const marks = definition.marks
    ? markShapes(told.marks.filter((mark) => mark.flow === flow.flow)).filter(
        (shape) => !(crossed.has(shape.name) && shape.kind === "ticks" && !shape.through),
      )
    : [];
  const states = definition.states
    ? stateShapes(
        told.states.filter((span) => span.flow === flow.flow),
        "ribbon",
      )
    : [];
  const title = showsTitle ? `flow ${flow.flow}: ${flow.label}` : null;
  return [
    panelOf(
      definition,
      title,
      [...shadeOf({ ...told.losses, places: breaks }, context), ...shapes, ...states, ...marks],
      {
        ...scale,
        top: top / scale.divisor,
        bottom: bottom / scale.divisor,
      },
    ),
  ];
}

/**
 * Series in drawing order: bands, dots, the first line, the other lines, crosses. The others are thin and dashed, so
 * that where they coincide with the first both show.
 */
const inOrder = (series: readonly Series[]): [Series, number][] => {
  const layer = ({ draw }: Series, index: number): number =>
    draw === "band" ? 0 : draw === "dots" ? 1 : draw === "crosses" ? 4 : index === 0 ? 2 : 3;
  return series
    .map((one, index): [Series, number] => [one, index])
    .sort(([a, first], [b, second]) => layer(a, first) - layer(b, second) || first - second);
};

/** What the axis is called where only the first series is shown. */
const firstTitle = ({ series, yTitle, alone }: PanelDefinition): string => alone ?? series[0]?.name ?? yTitle;

/** A panel for all flows, with a line each. */
function sharedPanel(found: Found, context: DrawContext, { losses }: Told, _left: Set<string>): Panel[] {
  const { definition, points, total } = found;
  const [series] = definition.series;
  const lines = points[0] ?? [];
  const top = highestOf([...lines, ...total]);
  const scale = pickScale(definition.scales, top);
  const shapes = context.flows.flatMap((flow, index): Shape[] => {
    const own = lines.filter((point) => point.flow === flow.flow);
    if (own.length === 0 || !series) return [];
    const style = lineStyles[index];
    const breaks = losses.places.filter(({ capture }) => capture === flow.capture);
    return [
      {
        kind: "line",
        name: style ? lineName(flow, context) : "further flows",
        style: style ?? { color: "pale", dash: solid },
        interpolate: series.interpolate ?? definition.interpolate,
        runs: runsOfPoints(own, scale.divisor, definition.windowed ? [] : breaks),
      },
    ];
  });
  const sum: Shape[] =
    total.length > 0
      ? [
          {
            kind: "line",
            name: "all flows together",
            style: { color: "black", dash: [1, 2] },
            interpolate: definition.interpolate,
            runs: runsOfPoints(total, scale.divisor, []),
            thin: true,
          },
        ]
      : [];
  return [
    panelOf(
      { ...definition, yTitle: firstTitle(definition) },
      null,
      [...shadeOf(losses, context), ...sum, ...shapes],
      {
        ...scale,
        top: top / scale.divisor,
        bottom: bottomOf(definition, shapes),
      },
      1.15,
    ),
  ];
}

export function scaledPanel(
  definition: PanelDefinition,
  title: string | null,
  make: (divisor: number) => Shape[],
  top: number,
): Panel {
  const scale = pickScale(definition.scales, top);
  const shapes = make(scale.divisor);
  return panelOf(definition, title, shapes, {
    ...scale,
    top: top / scale.divisor,
    bottom: bottomOf(definition, shapes),
  });
}

function panelOf(
  definition: PanelDefinition,
  title: string | null,
  shapes: readonly Shape[],
  { unit, top, bottom }: { unit: string; top: number; bottom: number },
  factor = 1,
): Panel {
  // Ticks are in rows at the top, which lines do not reach.
  const rows = new Set(shapes.filter(({ kind }) => kind === "ticks").map(({ name }) => name)).size;
  const room = definition.stacked ? 0 : 0.06 + 0.025 * rows;
  return {
    title,
    y: {
      title: unit ? `${definition.yTitle} (${unit})` : definition.yTitle,
      scale: "linear",
      from: bottom,
      to: definition.stacked ? 100 : bottom + (top - bottom) * (1 + room) || 1,
    },
    shapes,
    height: (definition.height ?? 1) * factor,
  };
}

const isAbove = (series: Series, points: readonly Point[], band: readonly BandPoint[], top: number): boolean =>
  series.mayLeave === true &&
  points.every(({ value }) => value === null || value > top) &&
  band.every(({ low }) => low > top);

function seriesShape(
  series: Series,
  definition: PanelDefinition,
  points: readonly Point[],
  band: readonly BandPoint[],
  divisor: number,
  breaks: Losses["places"],
  index: number,
): Shape[] {
  const style: LineStyle = { color: series.color, dash: series.dash ?? solid };
  const interpolate = series.interpolate ?? definition.interpolate;
  const mayLeave = series.mayLeave ? { mayLeave: true } : {};
  if (series.draw === "band")
    return [
      {
        kind: "area",
        name: series.name,
        style,
        interpolate,
        runs: bandSpans(band, divisor, breaks),
        opacity: 0.25,
        ...mayLeave,
      },
    ];
  if (series.draw === "dots" || series.draw === "crosses")
    return [
      {
        kind: "dots",
        name: series.name,
        style,
        symbol: series.draw === "dots" ? "circle" : "cross",
        points: points.flatMap(({ t, value }) =>
          value === null ? [] : [{ x: rounded(t), y: rounded(value / divisor) }],
        ),
        size: series.draw === "dots" ? 5 : 40,
        filled: true,
        opacity: series.draw === "dots" ? 0.55 : 1,
        ...mayLeave,
      },
    ];
  return [
    {
      kind: "line",
      name: series.name,
      style,
      interpolate,
      runs: runsOfPoints(points, divisor, definition.windowed ? [] : breaks),
      thin: index > 0,
      ...mayLeave,
    },
  ];
}

/** All series of a flow, stacked in the order of the definition. */
function stack(definition: PanelDefinition, points: readonly (readonly Point[])[], divisor: number): Shape[] {
  const below = new Map<string, number>();
  return definition.series.map((series, index) => ({
    kind: "area" as const,
    name: series.name,
    style: { color: series.color, dash: solid },
    interpolate: "step-after" as const,
    opacity: 1,
    runs: stackRuns(runsOfPoints(points[index]!, divisor, []), below),
  }));
}
