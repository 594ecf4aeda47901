/** Draws one plot of a trace as a Vega-Lite specification. */
import { NothingToDrawError } from "../errors.ts";
import type { Trace } from "../trace/trace.ts";
import type { Align, LegendPlace, ThemeName } from "./choices.ts";
import { chooseFlows, runsOf } from "./choose.ts";
import type { DrawContext } from "./context.ts";
import { isTimePlot, type OtherPlot, type TimePlot } from "./definition.ts";
import type { Picture, VegaLiteSpec } from "./model.ts";
import { type PlotName, plotDefinition } from "./names.ts";
import { needOne } from "./needs.ts";
import { type Look, pictureSpec, standardLook } from "./spec.ts";
import { timePicture } from "./time-plot.ts";

export interface PlotOptions {
  /** Flows to draw. By default, those with the most data. */
  readonly flows?: readonly number[] | undefined;
  /** Range of time on the picture's axis, seconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Length of the windows of goodput and limits, seconds. By default, the picture has about 150 windows. */
  readonly window?: number | undefined;
  /** Width of the plotting area, pixels. */
  readonly width?: number | undefined;
  /** Size of the whole picture, pixels. Either may be left out. It takes precedence over `width`. */
  readonly size?: { readonly width?: number; readonly height?: number } | undefined;
  /** The title. `false` for neither title nor caption. */
  readonly title?: string | false | undefined;
  /** Count packets or bytes in flight. By default packets, if the source counts them. */
  readonly unit?: "packets" | "bytes" | undefined;
  /** Whether to show flows of several captures in one panel. */
  readonly overlay?: boolean | undefined;
  /** Where time begins: at the start of each capture, of each flow, or (by the clock) of the earliest capture. */
  readonly align?: Align | undefined;
  /** Names of the captures, or of the groups, in order. */
  readonly labels?: readonly string[] | undefined;
  /** Patterns for files. The captures that match a pattern are runs of one experiment. */
  readonly groups?: readonly string[] | undefined;
  /**
   * Whether the axis of each flow's panel fits its own values. Otherwise panels of the same quantity have the same
   * axis.
   */
  readonly freeScales?: boolean | undefined;
  /** For `cdf`: `rtt`, or a numeric column of `flows`. */
  readonly of?: string | undefined;
  readonly theme?: ThemeName | undefined;
  /** Family of an installed font. */
  readonly font?: string | undefined;
  /** Size of labels, pixels. */
  readonly fontSize?: number | undefined;
  readonly legend?: LegendPlace | undefined;
}

export interface Drawing {
  readonly spec: VegaLiteSpec;
  /** What the picture leaves out, one line each. */
  readonly notes: readonly string[];
}

/**
 * Builds the Vega-Lite specification of a plot. Throws if the source does not supply the needed columns, or if there is
 * nothing in range.
 */
export async function drawPlot(trace: Trace, name: PlotName, options: PlotOptions = {}): Promise<Drawing> {
  const definition = await definitionOf(trace, name, options);
  const overlay = options.overlay ?? false;
  const time = isTimePlot(definition);
  const align = options.align ?? (time ? undefined : definition.align);
  const runs = runsOf(trace, { ...options, align }, overlay);
  const { drawn, leftOut } = await chooseFlows(
    trace,
    options.flows,
    name,
    runs,
    overlay,
    definition.mostFlows,
    time ? definition.ofControl : undefined,
  );
  const first = Math.min(...drawn.map((flow) => flow.start_s));
  const last = Math.max(...drawn.map((flow) => flow.end_s));
  const from = options.from ?? first - (last - first) / 100;
  const to = options.to ?? last + (last - first) / 100;
  if (!(to > from)) throw new NothingToDrawError(name, `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
  const width = options.width ?? 800;
  const context: DrawContext = {
    trace,
    plot: name,
    flows: drawn,
    leftOut,
    runs,
    from,
    to,
    timeTitle: timeTitles[runs.align],
    columns: options.size ? Math.max(width, 1000) : width,
    of: options.of,
    window: options.window,
    asked: options.flows !== undefined,
    freeScales: options.freeScales ?? false,
    overlay,
    title: options.title === false ? undefined : options.title,
  };
  const { picture, notes } = isTimePlot(definition)
    ? await timePicture(definition, context)
    : await otherPicture(definition, context);
  const left =
    leftOut > 0 && runs.groups.length === 0 && !picture.countsEveryFlow
      ? [`${leftOut} of ${leftOut + drawn.length} flows, those with less data, are not drawn; --flow picks any`]
      : [];
  return { spec: await specOf(picture, options, width), notes: [...notes, ...left] };
}

async function otherPicture(plot: OtherPlot, context: DrawContext): Promise<{ picture: Picture; notes: string[] }> {
  for (const columns of plot.needs) await needOne(context.trace, context.plot, columns);
  await context.trace.need(...plot.views);
  return { picture: await plot.draw(context), notes: [] };
}

const timeTitles: Readonly<Record<Align, string>> = {
  capture: "time since the capture began (s)",
  start: "time since the connection's first record (s)",
  clock: "time since the earliest capture began (s)",
};

async function definitionOf(trace: Trace, name: PlotName, options: PlotOptions): Promise<TimePlot | OtherPlot> {
  const definition = await plotDefinition(name);
  if (!isTimePlot(definition) || !definition.units) return definition;
  return definition.units[options.unit ?? ((await countsPackets(trace)) ? "packets" : "bytes")];
}

const countsPackets = async (trace: Trace): Promise<boolean> =>
  (await trace.rows("SELECT 1 AS found FROM trace WHERE packets_out IS NOT NULL LIMIT 1")).length > 0;

/** Height of a panel, pixels, by how many there are. */
const heightOf = (panels: number): number => (panels === 1 ? 300 : panels <= 4 ? 170 : 110);

/** Labels of a picture for print are about 7 points. */
const printFontSize = 9.5;

async function specOf(picture: Picture, options: PlotOptions, width: number): Promise<VegaLiteSpec> {
  const { size } = options;
  const font = options.font === undefined ? standardLook.font : (await import("./fonts.ts")).fontFamily(options.font);
  const look: Look = {
    theme: options.theme ?? standardLook.theme,
    width,
    panelHeight: heightOf(picture.panels.length),
    font,
    fontSize:
      options.fontSize ?? (size?.width !== undefined && size.width < 500 ? printFontSize : standardLook.fontSize),
    title: options.title !== false,
    legend: options.legend ?? standardLook.legend,
  };
  if (!size) return pictureSpec(picture, look);
  const { fitted } = await import("./fit.ts");
  return fitted(picture, look, size);
}
