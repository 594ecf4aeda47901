/** Writes golden/PLOT.yaml: node analyze/test/plots/write-golden.ts PLOT…; golden.test.ts compares them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { fixture } from "../../../test/support/captures.ts";
import { openTrace, type PlotName } from "../../index.ts";
import { drawPlot } from "../../plots/draw.ts";

/** Recordings that show what a plot is for. */
const recordings: Partial<Record<PlotName, string>> = {
  bbr: "kmod-bbr-extended",
  fairness: "cubic-bbr",
  states: "cubic-bbr",
  cwnd: "kmod-overflow-extended",
};

type Value = Record<string, unknown>;

/** Data by its number of rows, first and last row, and the extremes of what is drawn. */
function short(values: readonly Value[]): unknown {
  const numbers = values.flatMap(({ value }) => (typeof value === "number" ? [value] : []));
  const runs = new Set(values.map(({ run }) => run)).size;
  return {
    rows: values.length,
    ...(runs > 1 ? { runs } : {}),
    first: values[0],
    last: values.at(-1),
    ...(numbers.length > 0 ? { lowest: Math.min(...numbers), highest: Math.max(...numbers) } : {}),
  };
}

/** A unit without what all have in common. */
function shape({ data, mark, encoding }: Value): unknown {
  const { x, y } = encoding as Record<string, { scale?: { domain?: unknown }; axis?: { title?: unknown } }>;
  return {
    mark,
    ...(x?.scale ? { x: x.scale.domain } : {}),
    ...(y?.scale ? { y: [y.axis?.title, y.scale.domain] } : {}),
    data: short((data as { values: readonly Value[] }).values),
  };
}

export async function goldenText(plot: PlotName): Promise<string> {
  await using trace = await openTrace([fixture(recordings[plot] ?? "kmod-rto-chain")], { cache: false });
  const { spec, notes } = await drawPlot(trace, plot, { width: 300 });
  const { text, subtitle } = spec.title as Value;
  const panels = (spec.vconcat as Value[]).map(({ width, height, title, layer }) => ({
    width,
    height,
    ...(title ? { title: (title as Value).text } : {}),
    // Of the legend its texts.
    shapes: (layer as Value[]).flatMap((unit) => {
      const mark = unit.mark as Value;
      return mark.type === "text"
        ? [mark.text]
        : (unit.encoding as Value).tooltip || mark.type === "line"
          ? [shape(unit)]
          : [];
    }),
  }));
  return stringify({ title: text, subtitle, notes, panels }, { lineWidth: 0, flowCollectionPadding: false });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL("golden/", import.meta.url), { recursive: true });
  for (const plot of process.argv.slice(2))
    writeFileSync(new URL(`golden/${plot}.yaml`, import.meta.url), await goldenText(plot as PlotName));
}
