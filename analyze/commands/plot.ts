/** `analyze plot`: one picture, in the format of the output's name. */
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { UnknownFormatError, UsageError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import type { Align, LegendPlace, ThemeName } from "../plots/choices.ts";
import { isTimePlot, type PlotDefinition } from "../plots/definition.ts";
import { drawPlot } from "../plots/draw.ts";
import type { VegaLiteSpec } from "../plots/model.ts";
import { isPlotName, type PlotName, plotDefinition, plotNames } from "../plots/names.ts";
import { inlineText, knownProtocol, type Protocol } from "../terminal/inline-picture.ts";
import { renderTable } from "../terminal/table.ts";
import type { Trace } from "../trace/trace.ts";
import { notice } from "./notices.ts";
import { type CommandIo, openOutput, withTrace } from "./open.ts";

export interface PlotCommandOptions {
  readonly output?: string;
  readonly inline?: Protocol;
  readonly force?: boolean;
  readonly with?: string[];
  readonly flow?: number[];
  readonly from?: number;
  readonly to?: number;
  readonly window?: number;
  readonly unit?: "packets" | "bytes";
  readonly width?: number;
  readonly title?: string | false;
  readonly overlay?: boolean;
  readonly align?: Align;
  readonly label?: string[];
  readonly group?: string[];
  readonly freeScales?: boolean;
  readonly of?: string;
  readonly theme?: ThemeName;
  /** Pixels. */
  readonly size?: number;
  readonly height?: number;
  readonly font?: string;
  readonly fontSize?: number;
  readonly legend?: LegendPlace;
}

/** Pixels of a PNG to one of the picture: twice for screens, 300 dpi where a size on paper is told. */
const [forScreens, forPaper] = [2, 300 / 96];

type Format = (spec: VegaLiteSpec, isSized: boolean) => Promise<string | Uint8Array>;

const formats: Readonly<Record<string, Format>> = {
  ".svg": async (spec) => (await import("../plots/render.ts")).toSvg(spec),
  ".png": async (spec, isSized) => (await import("../plots/render.ts")).toPng(spec, isSized ? forPaper : forScreens),
  ".pdf": async (spec) => (await import("../plots/render.ts")).toPdf(spec),
  ".html": async (spec) => (await import("../plots/page.ts")).toPage(spec),
  ".json": async (spec) => `${JSON.stringify(spec, null, 1)}\n`,
};

/** Draws one plot: into a file whose name's ending picks the format, or in a terminal that shows pictures. */
export async function plot(
  paths: readonly string[],
  name: string,
  options: PlotCommandOptions,
  io: CommandIo,
): Promise<void> {
  if (!isPlotName(name))
    throw new UsageError(
      `${name}: no such plot.${didYouMean(name, plotNames)} There are ${plotNames.join(", ")}; --list says what each shows`,
    );
  await refuseWithoutEffect(name, options);
  const protocol = options.output === undefined ? await protocolOf(options, io) : null;
  if (protocol === null) await drawFile(paths, name, options, io);
  else await drawInline(paths, name, options, io, protocol);
}

async function drawFile(
  paths: readonly string[],
  name: PlotName,
  options: PlotCommandOptions,
  io: CommandIo,
): Promise<void> {
  const { output = defaultOutput(paths[0]!, name), force = false } = options;
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (!suffix) throw new UnknownFormatError(output, Object.keys(formats));
  await using file = await openOutput(output, force, paths);
  // Loading the drawing libraries and reading the capture keep different threads busy.
  if (suffix !== ".json") import("../plots/render.ts").catch(() => {});
  await withTrace(
    paths,
    io,
    async (trace) => {
      const content = await formats[suffix]!(await drawn(trace, name, options, io), sizeGiven(options) !== undefined);
      await file.write((path) => writeFile(path, content));
      await io.stdout.write(`${foreignText(output)}\n`);
    },
    [file],
  );
}

/** The protocol for a picture in the terminal, or null where a file is to be written. */
async function protocolOf({ inline }: PlotCommandOptions, { screen }: CommandIo): Promise<Protocol | null> {
  return inline ?? (screen === undefined ? null : knownProtocol());
}

async function drawInline(
  paths: readonly string[],
  name: PlotName,
  options: PlotCommandOptions,
  io: CommandIo,
  protocol: Protocol,
): Promise<void> {
  await withTrace(paths, io, async (trace) => {
    const spec = await drawn(trace, name, options, io);
    const { toPixels, toPng } = await import("../plots/render.ts");
    const picture = { png: () => toPng(spec), pixels: () => toPixels(spec) };
    await io.stdout.write(await inlineText(picture, protocol, io.screen?.columns ?? 80));
  });
}

/** The picture, after its notes have been printed. */
async function drawn(trace: Trace, name: PlotName, options: PlotCommandOptions, io: CommandIo): Promise<VegaLiteSpec> {
  const { flow: flows, label: labels, group: groups } = options;
  const { spec, notes } = await drawPlot(trace, name, { ...options, size: sizeGiven(options), flows, labels, groups });
  for (const note of notes) notice(io, note);
  return spec;
}

function sizeGiven({ size: width, height }: PlotCommandOptions): { width?: number; height?: number } | undefined {
  if (width === undefined && height === undefined) return undefined;
  return { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
}

/** Prints what each plot shows, and the columns without which it cannot be drawn. */
export async function listPlots(io: CommandIo): Promise<void> {
  const definitions = await Promise.all(plotNames.map(plotDefinition));
  const table = renderTable([
    { header: "plot", cells: plotNames },
    { header: "shows", cells: definitions.map(({ shows }) => shows) },
    { header: "needs", cells: definitions.map(neededColumns) },
  ]);
  await io.stdout.write(
    `${table}\n\`analyze plot FILE PLOT -o x.svg\` draws one; docs/fields.md says which source has which column\n`,
  );
}

function neededColumns(plot: PlotDefinition): string {
  if (!isTimePlot(plot)) return plot.needs.map((columns) => columns.join(" or ")).join(", ");
  if (plot.units) return [plot.units.packets, plot.units.bytes].map(neededColumns).join(" or ");
  return plot.series
    .flatMap(({ needs }) => (needs ? [[needs.column, ...(needs.proxy ? [needs.proxy.column] : [])].join(" or ")] : []))
    .join(", ");
}

/** Options that are for some plots only, and whether a plot is one of them. */
const onlyFor: Readonly<Record<string, (plot: PlotDefinition) => boolean>> = {
  unit: (plot) => isTimePlot(plot) && plot.units !== undefined,
  window: (plot) => plot.windowed === true,
  of: (plot) => !isTimePlot(plot) && plot.takes?.includes("of") === true,
  overlay: (plot) => isTimePlot(plot) && plot.stacked !== true,
  group: (plot) => (isTimePlot(plot) ? plot.stacked !== true : plot.takes?.includes("group") === true),
  align: (plot) => isTimePlot(plot) || plot.takes?.includes("align") === true,
};

async function refuseWithoutEffect(name: PlotName, options: PlotCommandOptions): Promise<void> {
  const definition = await plotDefinition(name);
  for (const [option, isFor] of Object.entries(onlyFor)) {
    if (options[option as keyof PlotCommandOptions] === undefined || isFor(definition)) continue;
    const all = await Promise.all(plotNames.map(async (one) => (isFor(await plotDefinition(one)) ? [one] : [])));
    const names = all.flat();
    const listed = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
    throw new UsageError(`--${option} is for ${listed}, and has no effect on plot ${name}: leave it out`);
  }
}

/** The longest name in bytes, with room for the ending and for a temporary suffix. */
const longestName = 200;

/** `run1.cwnd.svg`: named after the capture, never hidden, and of characters that no shell takes for something else. */
function defaultOutput(capture: string, plot: string): string {
  const name = basename(resolve(capture))
    .replace(/\.(tpp|parquet)$/, "")
    .replaceAll(/[^\p{L}\p{M}\p{N}._+=@,-]+/gu, "-")
    .replace(/^[.-]+/, "");
  const bytes = Buffer.from(name)
    .subarray(0, longestName)
    .toString()
    .replace(/\ufffd$/, "");
  return `${bytes || "capture"}.${plot}.svg`;
}
