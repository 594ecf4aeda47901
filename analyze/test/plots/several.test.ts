/** Many flows, several captures, groups of runs. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, opened, temporaryDirectory } from "../../../test/support/analyze.ts";
import { type PlotName, plotNames } from "../../index.ts";
import { drawPlot } from "../../plots/draw.ts";
import { ellipse } from "../../plots/kinds/scatter.ts";
import { sizeOf, toSvg } from "../../plots/render.ts";
import { areaColors, lightness, themes } from "../../plots/style.ts";
import { syntheticFlows } from "./synthetic-flows.ts";
import { dataLines, lineOf, type Row, unitsOf } from "./units.ts";

const notSynthetic: readonly PlotName[] = ["bbr"];

for (const flows of [1, 2, 4, 16, 1000])
  test(`synthetic: every plot of ${flows} flows is drawn, of a size that depends on the picture alone`, async (t) => {
    t.timeout(240_000);
    const path = await syntheticFlows(join(temporaryDirectory(t), "synthetic.tpp"), flows);
    const trace = await opened(t, path);
    for (const plot of plotNames.filter((name) => !notSynthetic.includes(name))) {
      const { spec } = await drawPlot(trace, plot, { width: 400 });
      const svg = await toSvg(spec);
      t.notRegex(svg, /NaN|undefined|Infinity/, plot);
      t.true(
        unitsOf(spec).some(({ values, fields }) => values.length > 0 && fields.length > 0),
        plot,
      );
      const values = unitsOf(spec).reduce((sum, unit) => sum + unit.values.length, 0);
      t.true(values < 60_000, `${plot}: ${values} values`);
      const { width, height } = await sizeOf(spec);
      t.true(width < 800 && height < 1500, `${plot}: ${width} x ${height}`);
    }
  });

test("synthetic: sixteen flows that are named are sixteen lines, no two alike; of forty, what has no style is one", async (t) => {
  const trace = await opened(t, await syntheticFlows(join(temporaryDirectory(t), "synthetic.tpp"), 40));
  const styles = async (flows: number) => {
    const { spec } = await drawPlot(trace, "goodput", {
      flows: Array.from({ length: flows }, (_, index) => index + 1),
    });
    const lines = dataLines(spec).filter(({ values }) => values[0]!.series !== "all flows together");
    t.is(lines.length, flows);
    return new Set(lines.map(({ mark }) => `${mark.color} ${mark.strokeDash}`)).size;
  };
  t.is(await styles(16), 16);
  const many = await styles(40);
  t.true(many > 16 && many <= 40);
});

test("flows of several captures in one panel begin where they began, under their labels", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"), fixture("kmod-bbr"));
  const { spec } = await drawPlot(trace, "cwnd", { overlay: true, labels: ["CUBIC", "BBR"], flows: [1, 5] });
  t.deepEqual(
    dataLines(spec).map(({ values }) => values[0]!.series),
    ["CUBIC", "BBR"],
  );
  t.true(dataLines(spec).every(({ values }) => (values[0]!.t as number) >= 0 && (values[0]!.t as number) < 0.2));
  for (const plot of ["rounds", "cdf"] as const) {
    const drawn = await drawPlot(trace, plot, { overlay: true, labels: ["CUBIC", "BBR"], flows: [1, 5] });
    const names = new Set(dataLines(drawn.spec).map(({ values }) => values[0]!.series));
    t.deepEqual([...names], ["CUBIC", "BBR"], plot);
  }
  const one = await drawPlot(trace, "cdf", { overlay: true, labels: ["same", "same"], flows: [1, 5] });
  t.is(new Set(dataLines(one.spec).map(({ values }) => values[0]!.series)).size, 2, "two distributions, not their sum");
  const apart = await drawPlot(trace, "cwnd", { overlay: true, flows: [1, 5], align: "capture" });
  t.true(dataLines(apart.spec).every(({ values }) => (values[0]!.t as number) > 0.9));
});

test("--align clock puts captures where they were by the wall clock", async (t) => {
  const directory = temporaryDirectory(t);
  const { headerOf, linesOf, writeCapture } = await import("../../../test/support/analyze.ts");
  const text = (await linesOf(fixture("kmod-loss"))).join("");
  const at = async (name: string, realtime: string) =>
    writeCapture(
      join(directory, name),
      text,
      headerOf("probe", { clock: { realtime_ns: realtime, monotonic_ns: "0", zero_monotonic_ns: "0" } }),
    );
  const paths = [await at("a.tpp", "1700000000000000000"), await at("b.tpp", "1700000002500000000")];
  const { spec } = await drawPlot(await opened(t, ...paths), "cwnd", { overlay: true, align: "clock", flows: [1, 3] });
  const [first, second] = dataLines(spec).map(({ values }) => values[0]!.t as number);
  t.true(Math.abs(second! - first! - 2.5) < 1e-6, `${first} and ${second}`);
});

test("runs that are alike have themselves as median, and a band of no height", async (t) => {
  const directory = temporaryDirectory(t);
  const paths = [1, 2, 3].map((number) => {
    const path = join(directory, `cubic-${number}.tpp`);
    copyFileSync(fixture("kmod-loss"), path);
    return path;
  });
  const trace = await opened(t, ...paths);
  const { spec } = await drawPlot(trace, "cwnd", { groups: ["cubic-*"] });
  const line = lineOf(spec, "cubic") as unknown as readonly Row[];
  t.true(line.length > 300);
  // Held until the record that shows it, by the flow's own time.
  const rows = await trace.rows<{ t: number; value: number }>(
    "SELECT t - min(t) OVER () AS t, snd_cwnd AS value FROM trace WHERE flow = 1 AND snd_cwnd IS NOT NULL ORDER BY ord",
  );
  const held = (at: number) => rows.find((row) => row.t >= at)?.value;
  const wrong = line.filter((point) => held(point.t as number) !== point.value);
  // The picture rounds its times to nine digits, a record can stand at the very moment.
  t.true(wrong.length <= line.length / 100, JSON.stringify(wrong.slice(0, 5)));
  const bands = unitsOf(spec).filter(({ mark }) => mark.type === "area");
  t.is(bands.length, 1);
  t.true(bands[0]!.values.every(({ value, low }) => value === low));
});

test("of three runs the median is the middle one, the band the quartiles; where fewer than half tell, there is a gap", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"), fixture("kmod-rto-chain"), fixture("kmod-ipv6"));
  const { spec } = await drawPlot(trace, "rtt", { groups: ["*"], labels: ["all"] });
  const line = lineOf(spec, "all") as unknown as readonly Row[];
  const at = line[Math.floor(line.length / 4)]!;
  const flows = await trace.rows<{ flow: number }>(
    "SELECT max_by(flow, acked) AS flow FROM (SELECT capture, flow, max(snd_una) - min(snd_una) AS acked FROM trace GROUP BY ALL) GROUP BY capture ORDER BY 1",
  );
  const told: number[] = [];
  for (const { flow } of flows) {
    const [row] = await trace.rows<{ value: number }>(
      `SELECT srtt_us / 1000 AS value FROM (SELECT *, t - min(t) OVER () AS own, max(t) OVER () - min(t) OVER () AS life FROM trace WHERE flow = ${flow})
       WHERE srtt_us > 0 AND own >= ${at.t} AND ${at.t} <= life ORDER BY own LIMIT 1`,
    );
    if (row) told.push(row.value);
  }
  told.sort((a, b) => a - b);
  const middle =
    told.length % 2 ? told[(told.length - 1) / 2]! : (told[told.length / 2 - 1]! + told[told.length / 2]!) / 2;
  t.true(told.length >= 2);
  t.true(Math.abs((at.value as number) - middle) < 1e-3, `${at.value} of ${told}`);
});

test("groups: what fits none, or two, is refused; labels are for the groups", async (t) => {
  const files = [fixture("kmod-loss"), fixture("kmod-bbr")];
  const out = join(temporaryDirectory(t), "x.svg");
  const twice = await analyze("plot", ...files, "cwnd", "-o", out, "--group", "kmod-*", "--group", "*-bbr");
  t.is(twice.code, 64);
  t.regex(twice.err, /is in two groups/);
  const named = await analyze(
    "plot",
    ...files,
    "cwnd",
    "-o",
    out,
    "--group",
    "*-loss",
    "--group",
    "*-bbr",
    "--label",
    "A",
  );
  t.is(named.code, 64);
  t.regex(named.err, /1 labels for 2 groups/);
});

test("the ellipse has the points' mean and one standard deviation along each axis", (t) => {
  const points = [
    { x: -1, y: -2 },
    { x: 1, y: -2 },
    { x: -1, y: 2 },
    { x: 1, y: 2 },
  ];
  const outline = ellipse(points.map(({ x, y }) => ({ x: x + 10, y: y + 20 })));
  t.true(Math.abs(Math.max(...outline.map(({ x }) => x)) - 11) < 1e-9);
  t.true(Math.abs(Math.min(...outline.map(({ y }) => y)) - 18) < 1e-9);
  t.deepEqual(outline[0], { x: 11, y: 20 });
  t.true(ellipse([points[0]!, points[0]!, points[0]!]).every(({ x, y }) => x === -1 && y === -2));
});

test("a distribution is the share of the samples at or below each value", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const { spec } = await drawPlot(trace, "cdf", { flows: [1], width: 300 });
  const [unit] = dataLines(spec);
  const samples = (await trace.columns("SELECT rtt_us / 1000 AS value FROM rtt_samples WHERE flow = 1 ORDER BY 1"))
    .values[0] as number[];
  const points = unit!.values.slice(1) as unknown as { x: number; value: number }[];
  t.true(points.length > 50 && points.length <= 301);
  for (const { x, value } of points) {
    const below = samples.filter((sample) => sample <= x * (1 + 1e-8)).length / samples.length;
    t.true(Math.abs(below - value) < 1e-6, `${x}: ${below} and ${value}`);
  }
  t.is(points.at(-1)!.value, 1);
});

test("shares of the goodput are the whole in every window", async (t) => {
  const trace = await opened(t, fixture("cubic-bbr"));
  const { spec } = await drawPlot(trace, "fairness", { window: 0.5 });
  const areas = unitsOf(spec).filter(({ mark }) => mark.type === "area");
  t.true(areas.length >= 4);
  const tops = new Map<number, number>();
  for (const { values } of areas)
    for (const { t: at, value } of values)
      tops.set(at as number, Math.max(tops.get(at as number) ?? 0, value as number));
  t.true(tops.size > 20);
  t.true(
    [...tops.values()].every((top) => Math.abs(top - 100) < 1.1),
    JSON.stringify([...tops.values()]),
  );
});

test("fairness of several captures is of each by itself: shares in panels of their own, an index a capture", async (t) => {
  const trace = await opened(t, fixture("cubic-bbr"), fixture("shaped-loss"));
  const { spec } = await drawPlot(trace, "fairness", { window: 1, labels: ["shared", "alone"] });
  const titles = (spec.vconcat as { title?: { text: string } }[]).flatMap(({ title }) => title?.text ?? []);
  t.deepEqual(titles, ["shared", "alone", "all captures"]);
  t.deepEqual(
    dataLines(spec).map(({ values }) => values[0]!.series),
    ["shared", "alone"],
  );
  const alone = await opened(t, fixture("cubic-bbr"));
  const index = async (of: typeof trace) => dataLines((await drawPlot(of, "fairness", { window: 1 })).spec)[0]!;
  const values = ({ values: rows }: Awaited<ReturnType<typeof index>>) => rows.map(({ t: at, value }) => [at, value]);
  t.deepEqual(values(await index(trace)), values(await index(alone)), "another capture changes nothing");
});

test("fairness of groups is the median and the quartiles of the index over their runs", async (t) => {
  const paths = ["cubic-1", "cubic-2", "cubic-3"].map((name) => fixture(`two-controls/${name}`));
  const trace = await opened(t, ...paths);
  const { spec } = await drawPlot(trace, "fairness", { window: 1, groups: ["cubic-*"], labels: ["CUBIC"] });
  const [line] = dataLines(spec);
  t.is(line!.values[0]!.series, "CUBIC");
  const asked = await trace.withWindow(1, async (windowed) => {
    await windowed.need("fairness");
    return windowed.rows<{ jain: number }>(
      "SELECT median(jain) AS jain FROM fairness WHERE window_start_s = 2 GROUP BY window_start_s HAVING count(*) = 3",
    );
  });
  const shown = line!.values.find(({ t: at }) => (at as number) > 2.4 && (at as number) < 2.6)!.value as number;
  t.true(Math.abs(shown - asked[0]!.jain) < 1e-6, `${shown} and ${asked[0]!.jain}`);
});

test("bbr draws a connection that runs BBR, not the largest, and says where there is none", async (t) => {
  const largest = await opened(t, fixture("two-controls/cubic-1"), fixture("two-controls/bbr-1"));
  const { spec } = await drawPlot(largest, "bbr", {});
  t.regex(String((spec.title as { text: unknown }).text), /bbr-1\.tpp: bbr/);
  const none = await opened(t, fixture("kmod-loss-extended"));
  await t.throwsAsync(drawPlot(none, "bbr", {}), {
    message: /nothing to draw: no records for bbr of a connection with bbr/,
  });
});

test("neighbours among stacked areas differ in lightness, so that they print", (t) => {
  for (const { colors, name } of [themes.light, themes.print])
    for (const [index, color] of areaColors.entries()) {
      const next = areaColors[index + 1];
      if (next)
        t.true(Math.abs(lightness(colors[color]) - lightness(colors[next])) >= 15, `${name}: ${color}, ${next}`);
    }
});
