/** `analyze plot`: one picture, in the format of the output's name. */
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { UnknownFormatError, UsageError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import type { PlotDefinition } from "../plots/definition.ts";
import { drawPlot } from "../plots/draw.ts";
import { isPlotName, type PlotName, plotDefinition, plotNames } from "../plots/names.ts";
import type { VegaLiteSpec } from "../plots/spec.ts";
import { renderTable } from "../terminal/table.ts";
import { notice } from "./notices.ts";
import { type CommandIo, openOutput, withTrace } from "./open.ts";

export interface PlotCommandOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly with?: string[];
  readonly flow?: number[];
  readonly from?: number;
  readonly to?: number;
  readonly window?: number;
  readonly unit?: "packets" | "bytes";
  readonly width?: number;
  readonly title?: string;
}

const formats: Readonly<Record<string, (spec: VegaLiteSpec) => Promise<string | Uint8Array>>> = {
  ".svg": async (spec) => (await import("../plots/render.ts")).toSvg(spec),
  ".png": async (spec) => (await import("../plots/render.ts")).toPng(spec),
  ".html": async (spec) => (await import("../plots/page.ts")).toPage(spec),
  ".json": async (spec) => `${JSON.stringify(spec, null, 1)}\n`,
};

/** Draws one plot into a file whose name's ending picks the format. */
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
  const { output = defaultOutput(paths[0]!, name), force = false, flow, ...rest } = options;
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (!suffix) throw new UnknownFormatError(output, Object.keys(formats));
  await refuseWithoutEffect(name, options);
  await using file = await openOutput(output, force, paths);
  // Loading the drawing libraries and reading the capture keep different threads busy.
  if (suffix !== ".json") import("../plots/render.ts").catch(() => {});
  await withTrace(
    paths,
    io,
    async (trace) => {
      const { spec, notes } = await drawPlot(trace, name, { ...rest, flows: flow });
      for (const note of notes) notice(io, note);
      const content = await formats[suffix]!(spec);
      await file.write((path) => writeFile(path, content));
      await io.stdout.write(`${foreignText(output)}\n`);
    },
    [file],
  );
}

/** Prints what each plot shows, and the columns without which it cannot be drawn. */
export async function listPlots(io: CommandIo): Promise<void> {
  const definitions = await Promise.all(plotNames.map(plotDefinition));
  const needs = definitions.map(({ units, ...one }) =>
    [...(units ? [units.packets, units.bytes] : [one])].map(neededColumns).join(" or "),
  );
  const table = renderTable([
    { header: "plot", cells: plotNames },
    { header: "shows", cells: definitions.map(({ shows }) => shows) },
    { header: "needs", cells: needs },
  ]);
  await io.stdout.write(
    `${table}\n\`analyze plot FILE PLOT -o x.svg\` draws one; docs/fields.md says which source has which column\n`,
  );
}

const neededColumns = ({ series }: PlotDefinition): string =>
  series
    .flatMap(({ needs }) => (needs ? [[needs.column, ...(needs.proxy ? [needs.proxy.column] : [])].join(" or ")] : []))
    .join(", ");

async function refuseWithoutEffect(name: PlotName, { unit, window }: PlotCommandOptions): Promise<void> {
  const { units, windowed } = await plotDefinition(name);
  if (unit !== undefined && !units)
    throw new UsageError(`--unit is for ${await those("units")}. Plot ${name} has one unit: leave it out`);
  if (window !== undefined && !windowed)
    throw new UsageError(`--window is for ${await those("windowed")}. Plot ${name} has no windows: leave it out`);
}

/** Names of the plots that have something. */
async function those(property: "units" | "windowed"): Promise<string> {
  const all = await Promise.all(plotNames.map(async (name) => ((await plotDefinition(name))[property] ? [name] : [])));
  return all.flat().join(" and ");
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
