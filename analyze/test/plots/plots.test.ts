/** Pictures: their fields are in their data, and the reduction keeps what a picture of all points would show. */
import test from "ava";
import { fixture, opened } from "../../../test/support/analyze.ts";
import { type PlotName, plotNames } from "../../index.ts";
import { drawPlot, type PlotOptions } from "../../plots/draw.ts";
import { toSvg, toVega } from "../../plots/render.ts";
import { lineOf, type Point, unitsOf } from "./units.ts";

/** Plots whose axis is not time. */
const isAcross = new Set<PlotName>(["cdf", "scatter", "phase", "rounds"]);

/** Plots that cannot be drawn of a recording, and the column that it lacks. */
const lacking: Readonly<Record<string, readonly PlotName[]>> = {
  "shaped-loss": ["rto", "bbr"],
  "cubic-bbr": ["rto", "bbr"],
  loopback: ["rto", "bbr"],
  "kmod-loss": ["bbr"],
  "kmod-rto-chain": ["bbr"],
  "kmod-zero-window-extended": ["bbr"],
};

const recordings = ["shaped-loss", "cubic-bbr", "loopback", "kmod-loss", "kmod-rto-chain", "kmod-zero-window-extended"];

for (const name of recordings) {
  test(`plots of ${name}: every field they name is in their data, and they are drawn without a warning`, async (t) => {
    const trace = await opened(t, fixture(name));
    for (const plot of plotNames) {
      if (lacking[name]!.includes(plot)) {
        await t.throwsAsync(drawPlot(trace, plot), { message: /^(plot \w+ needs |nothing to draw: )/ });
        continue;
      }
      const { spec } = await drawPlot(trace, plot);
      t.is(spec.$schema, "https://vega.github.io/schema/vega-lite/v5.json");
      const units = unitsOf(spec);
      t.true(units.some(({ values }) => values.length > 0));
      for (const { values, fields } of units) {
        if (fields.length === 0) continue; // a sample of the legend, which has no data
        const across = isAcross.has(plot) ? "x" : "t";
        t.true(fields.includes(across));
        const missing = fields.filter((field) => values.some((row) => row[field] === undefined || row[field] === null));
        t.deepEqual(missing, [], plot);
        t.true(values.every((row) => Number.isFinite(row[across])));
      }
      toVega(spec); // throws what Vega-Lite warns of
      const svg = await toSvg(spec);
      t.regex(svg, /class="mark-(line|area|symbol|rect)/);
      t.notRegex(svg, /NaN|undefined|Infinity/);
    }
  });
}

test("the axis of sequence numbers is of what is shown; panels of several flows begin at the same", async (t) => {
  const trace = await opened(t, fixture("kmod-loss-extended"));
  const domains = async (options: PlotOptions) => {
    const { spec } = await drawPlot(trace, "sequence", options);
    return [...JSON.stringify(spec).matchAll(/"y":\{[^{}]*"scale":\{"domain":\[([^\]]*)\]/g)].map(([, domain]) =>
      domain!.split(",").map(Number),
    );
  };
  const [within] = await domains({ flows: [1], from: 2.245, to: 2.31 });
  const [shown] = await trace.rows<{ low: number; high: number }>(
    "SELECT min(snd_una)::DOUBLE AS low, max(snd_nxt)::DOUBLE AS high FROM trace WHERE flow = 1 AND t BETWEEN 2.245 AND 2.31",
  );
  t.is(within![0], shown!.low / 1000);
  t.true(within![1]! > shown!.high / 1000 && within![1]! - within![0]! < ((shown!.high - shown!.low) / 1000) * 1.2);
  const both = await domains({ flows: [1, 2], from: 2.245, to: 2.31 });
  t.deepEqual([...new Set(both.map(([bottom]) => bottom))], [0], "the other end sends nothing, and is at 0");
});

for (const [name, idle] of [
  ["numbers/bursts.tracefs", "SELECT idle_share * life_s AS idle_s FROM limits WHERE flow = 1"],
  // With the kernel's times `limits` tells of what came before the first segment, too.
  [
    "one-path/both",
    "SELECT sum(idle_s) + sum(duration_s) FILTER (held_by = 'idle') AS idle_s FROM intervals WHERE flow = 1",
  ],
] as const)
  test(`${name}: what is in flight is drawn as 0 while the connection rests, where no sends are shown`, async (t) => {
    const trace = await opened(t, fixture(name));
    const [limits] = await trace.rows<{ idle_s: number }>(idle);
    const { spec } = await drawPlot(trace, "inflight", { flows: [1] });
    const points = lineOf(spec, "in flight");
    const drawn = points.reduce(
      (sum, { t: time, value }, at) => sum + (value === 0 && at > 0 ? time - points[at - 1]!.t : 0),
      0,
    );
    t.true(limits!.idle_s > 3);
    t.true(Math.abs(drawn - limits!.idle_s) < 0.05, `${drawn} s of ${limits!.idle_s} s`);
  });

// What each plot says of what its source does not show.
const captions: readonly (readonly [string, string, RegExp])[] = [
  ["numbers/blackout.ss", "cwnd", /from ss; polls, nothing between two is seen/],
  ["numbers/sampled-time.kmod", "phase", /records left out by the module \(full=0 or probetime\)/],
  // What looks like late acknowledgements is records that are not there.
  ["numbers/sampled-time.kmod", "goodput", /windows of 20 ms; 1 of 2 flows/],
  ["numbers/sampled-time.kmod", "scatter", /a point a flow: mean smoothed RTT/],
  ["kmod-overflow-extended", "rounds", /; 303 records lost/],
  ["kmod-overflow-extended", "cdf", /; 303 records lost/],
  [
    "one-path/both",
    "inflight",
    /no sends are shown: what is in flight is that of the next segment received, and 0 in rests/,
  ],
  ["one-path/both", "limits", /; a full send buffer counts as application/],
  ["numbers/clean-close.tracefs", "sequence", /no sends are shown: snd_nxt is that of the next segment received/],
  [
    "numbers/clean-close.tracefs",
    "limits",
    /by an estimated segment size: pacing and a full send buffer count as application/,
  ],
  ["numbers/clean-close.tracefs", "overview", /what was acknowledged behind a close is not seen/],
  ["numbers/clean-close.tracefs", "fairness", /what was acknowledged behind a close is not seen/],
];

test("captions say what is a proxy, and what the source does not show", async (t) => {
  for (const [name, plot, says] of captions) {
    const { spec } = await drawPlot(await opened(t, fixture(name)), plot as PlotName);
    const { subtitle } = spec.title as { subtitle: string | readonly string[] };
    t.regex([subtitle].flat().join(" "), says, `${name} ${plot}`);
  }
});

test("an SVG's coordinates are to a hundredth of a pixel; its text is as it was; its dots describe nothing", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const title = 'M1.23456 d="M1.23456,7.89012" transform="translate(1.23456)"';
  const { spec } = await drawPlot(trace, "rtt", { flows: [1], from: 1, to: 1.5, title });
  const svg = await toSvg(spec);
  const text = /<text[^>]*>(M1\.23456 d=[^<]*)<\/text>/.exec(svg)?.[1]?.replaceAll("&quot;", '"');
  t.true(title.startsWith(text ?? "?") && text!.includes("7.89012"));
  const coordinates = [...svg.replaceAll(/>[^<]*</g, "><").matchAll(/ (?:d|transform)="([^"]*)"/g)].map(
    ([, one]) => one!,
  );
  t.true(coordinates.length > 50);
  t.deepEqual(
    coordinates.filter((one) => /\d\.\d{3}/.test(one)),
    [],
  );
  t.notRegex(svg, /aria-roledescription="point"/);
  const ids = (text: string) => [...text.matchAll(/<clipPath id="([^"]*)"/g)].map(([, id]) => id!);
  const uses = [...svg.matchAll(/ clip-path="url\(#([^)]*)\)"/g)].map(([, id]) => id!);
  t.true(uses.length > 0 && uses.every((id) => ids(svg).includes(id)));
  const other = await toSvg((await drawPlot(trace, "rtt", { flows: [1], from: 1, to: 1.4 })).spec);
  t.deepEqual(
    ids(other).filter((id) => ids(svg).includes(id)),
    [],
    "in one page, none clips the other's lines",
  );
  t.is(await toSvg(spec), svg, "however many pictures were made before");
});

const round = (value: number): number => Number(value.toPrecision(9));

const firstOf = (points: readonly Point[]) => points[0]!;
const lastOf = (points: readonly Point[]) => points.at(-1)!;
const lowestOf = (points: readonly Point[]) => Math.min(...points.map((point) => point.value));
const highestOf = (points: readonly Point[]) => Math.max(...points.map((point) => point.value));

function byPixel(points: readonly Point[], from: number, to: number, width: number): Map<number, Point[]> {
  const pixels = new Map<number, Point[]>();
  for (const point of points) {
    const pixel = Math.floor((point.t - from) * (width / (to - from)));
    pixels.set(pixel, [...(pixels.get(pixel) ?? []), point]);
  }
  return pixels;
}

const reductions: [plot: PlotName, sql: string, divisor: number][] = [
  [
    "cwnd",
    "SELECT t, snd_cwnd AS value FROM trace WHERE flow = 3 AND (snd_cwnd IS NOT NULL OR (type = 'ca_state' AND ca_state = 'Loss')) ORDER BY ord",
    1,
  ],
  ["rtt", "SELECT t, srtt_us AS value FROM trace WHERE flow = 3 AND srtt_us > 0 ORDER BY ord", 1000],
];
for (const [plot, sql, divisor] of reductions) {
  for (const width of [200, 800]) {
    test(`plot ${plot} at ${width} pixels keeps the first, last, lowest and highest point of each pixel column`, async (t) => {
      const trace = await opened(t, fixture("shaped-loss"));
      const [from, to] = [0.5, 13.5];
      const { spec } = await drawPlot(trace, plot, { flows: [3], from, to, width });
      const drawn = lineOf(spec, plot === "rtt" ? "srtt" : plot);
      const columns = await trace.columns(sql);
      const [times, values] = columns.values as number[][];
      const all = times!
        // Where the state became Loss the record has no window: the one before it held until then.
        .map((time, row) => ({ t: time, value: values![row] ?? values![row - 1] ?? null }))
        .filter((point): point is Point => point.value !== null)
        .filter((point) => point.t >= from && point.t <= to);
      const expected = byPixel(all, from, to, width);
      t.true(all.length > 3 * drawn.length || width > 200);
      t.true(drawn.length <= 4 * width);
      const isPoint = new Set(all.map((point) => `${round(point.t)} ${round(point.value / divisor)}`));
      t.true(drawn.every((point) => isPoint.has(`${point.t} ${point.value}`)));
      t.true(drawn.every((point, index) => index === 0 || point.t >= drawn[index - 1]!.t));
      let at = 0;
      for (const [pixel, points] of expected) {
        // Points come in order of time, so those of a column stand together.
        const end = lastOf(points).t;
        const kept: Point[] = [];
        while (at < drawn.length && drawn[at]!.t <= round(end)) kept.push(drawn[at++]!);
        t.true(kept.length >= 1 && kept.length <= 4, `${kept.length} points in column ${pixel}`);
        t.deepEqual(
          [firstOf(kept).t, firstOf(kept).value, lastOf(kept).t, lastOf(kept).value, lowestOf(kept), highestOf(kept)],
          [
            round(firstOf(points).t),
            round(firstOf(points).value / divisor),
            round(lastOf(points).t),
            round(lastOf(points).value / divisor),
            round(lowestOf(points) / divisor),
            round(highestOf(points) / divisor),
          ],
        );
      }
      t.is(at, drawn.length);
    });
  }
}

test("the window holds until the timeout in a picture from tracepoints, and is the new one from there on", async (t) => {
  const trace = await opened(t, fixture("shaped-loss"));
  const { spec } = await drawPlot(trace, "cwnd", { flows: [3] });
  const drawn = lineOf(spec, "cwnd");
  const [loss] = (
    await trace.columns("SELECT min(t) FROM trace WHERE flow = 3 AND type = 'ca_state' AND ca_state = 'Loss'")
  ).values[0] as number[];
  const at = drawn.findIndex((point) => point.t === round(loss!));
  t.true(at > 0);
  t.is(drawn[at]!.value, drawn[at - 1]!.value);
  t.is(drawn[at + 1]!.value, 1);
});

test("a picture's size is bounded by its width, not by the capture's length", async (t) => {
  const trace = await opened(t, fixture("cubic-bbr"));
  for (const plot of plotNames) {
    if (lacking["cubic-bbr"]!.includes(plot)) continue;
    const { spec } = await drawPlot(trace, plot, { width: 200 });
    const flows = Number(await trace.database.value("SELECT count(DISTINCT flow) FROM trace"));
    for (const { values } of unitsOf(spec)) {
      const kinds = new Set(values.map((row) => `${row.flow} ${row.series}`)).size;
      t.true(
        values.length <= 4 * 201 * Math.min(kinds, 2 * flows),
        `${plot}: ${values.length} points of ${kinds} lines`,
      );
    }
  }
});

test("timeouts of a module capture are marked, and nothing is without any", async (t) => {
  const marksOf = async (name: string) => {
    const { spec } = await drawPlot(await opened(t, fixture(name)), "cwnd");
    return unitsOf(spec).flatMap(({ values }) =>
      values.filter((row) => row.value === undefined).map((row) => String(row.series)),
    );
  };
  const chain = await marksOf("kmod-rto-chain");
  // One layer draws a rule through the panel for each timeout, the other a tick for each mark.
  t.is(chain.filter((mark) => mark === "RTO").length, 2 * 3);
  t.deepEqual(await marksOf("loopback"), []);
});

test("goodput in the picture is the view's, step by step, and ends where the last window ends", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const { spec } = await drawPlot(trace, "goodput", { flows: [1], window: 0.1 });
  const drawn = lineOf(spec, "goodput");
  const rows = await trace.rows<{ at: number; rate: number }>(
    "SELECT window_start_s AS at, goodput_bps / 1e6 AS rate FROM goodput WHERE flow = 1 ORDER BY 1",
  );
  t.true(rows.length > 20);
  const expected = rows.map(({ at, rate }) => ({ t: round(at), value: round(rate) }));
  const last = expected.at(-1)!;
  t.deepEqual(
    drawn.map(({ t: at, value }) => ({ t: at, value })),
    [...expected, { t: round(rows.at(-1)!.at + 0.1), value: last.value }],
  );
});
