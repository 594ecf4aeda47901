import { basename } from "node:path";
import type { PlotCommandOptions } from "../cli.ts";
import { UnknownFormatError, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { refuseExisting, writeText, writeWhole } from "../output/file.ts";
import { drawPlot } from "../plots/draw.ts";
import { type PlotName, plotNames } from "../plots/names.ts";
import type { VegaLiteSpec } from "../plots/spec.ts";
import { withTrace } from "./open.ts";

const formats: Readonly<Record<string, (spec: VegaLiteSpec) => Promise<string | Uint8Array>>> = {
  ".svg": async (spec) => (await import("../plots/render.ts")).toSvg(spec),
  ".png": async (spec) => (await import("../plots/render.ts")).toPng(spec),
  ".html": async (spec) => (await import("../plots/page.ts")).toPage(spec),
  ".json": async (spec) => `${JSON.stringify(spec, null, 1)}\n`,
};

/** Draws one plot into a file whose name's ending picks the format. */
export async function plot(paths: readonly string[], name: string, options: PlotCommandOptions, io: Io): Promise<void> {
  if (!isPlotName(name)) throw new UsageError(`${name}: no such plot; there are ${plotNames.join(", ")}`);
  const {
    output = `${basename(paths[0]!).replace(/\.(tpp|parquet)$/, "")}.${name}.svg`,
    force = false,
    flow,
    ...rest
  } = options;
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (!suffix) throw new UnknownFormatError(output, Object.keys(formats));
  await refuseExisting(output, force);
  // Loading the drawing libraries and reading the capture keep different threads busy.
  if (suffix !== ".json") import("../plots/render.ts").catch(() => {});
  await withTrace(paths, io, async (trace) => {
    const { spec, notes } = await drawPlot(trace, name, { ...rest, flows: flow });
    for (const note of notes) io.stderr.write(`analyze: ${note}\n`);
    const content = await formats[suffix]!(spec);
    await writeWhole(output, force, (path) => writeText(path, content));
    io.stdout.write(`${output}\n`);
  });
}

const isPlotName = (name: string): name is PlotName => (plotNames as readonly string[]).includes(name);
