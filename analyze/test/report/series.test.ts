/** Series: what is drawn at any zoom is what the records say. */
import { inflateRawSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { fixture } from "../../../test/support/analyze.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { inWindows, ratesOf } from "../../report/client/rates.ts";
import { decodeSeries, encodeSeries } from "../../report/encode.ts";
import { binOf, microsecondOf, type SeriesBins, widthFor } from "../../report/model.ts";
import { panelsOf } from "../../report/panels.ts";
import { coarsened, Pyramid, part } from "../../report/pyramid.ts";
import { reportHtml } from "../../report/report.ts";
import { type QuantitySource, readAll, readSeries } from "../../report/series.ts";
import { openTrace, type Trace } from "../../trace/trace.ts";

const sources = ["kmod-loss-extended", "kmod-overflow-extended", "shaped-loss", "cubic-bbr", "ss-loss", "kmod-bbr"];

/** A point of the full data, as SQL has it. NaN ends a line. */
interface Point {
  readonly at_us: number;
  readonly low: number;
  readonly high: number;
}

/** All points of a quantity by flow, asked for without any of the code that is tested. */
async function pointsOf(trace: Trace, { rows, quantity, views }: QuantitySource): Promise<Map<number, Point[]>> {
  await trace.need(...views);
  const isBand = quantity.draw === "band";
  const columns = isBand ? "low::DOUBLE AS low, high::DOUBLE AS high" : "value::DOUBLE AS low, value::DOUBLE AS high";
  const { values } = await trace.database.columns(
    `SELECT flow, t, ${columns} FROM (${rows}) ORDER BY flow, ${isBand ? "t" : "ord"}`,
  );
  const [flow = [], t = [], low = [], high = []] = values;
  const all = new Map<number, Point[]>();
  for (const [index, one] of flow.entries()) {
    const number = (value: unknown) => (value === null ? Number.NaN : Number(value));
    const point = { at_us: microsecondOf(Number(t[index])), low: number(low[index]), high: number(high[index]) };
    const those = all.get(Number(one));
    if (those) those.push(point);
    else all.set(Number(one), [point]);
  }
  return all;
}

/** Lowest and highest of the points of each bin. */
function envelopeOf(
  points: readonly Point[],
  width_us: number,
): Map<number, { low: number; high: number; count: number }> {
  const bins = new Map<number, { low: number; high: number; count: number }>();
  for (const { at_us, low, high } of points) {
    const bin = width_us === 0 ? at_us : binOf(at_us, width_us);
    const of = bins.get(bin) ?? { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, count: 0 };
    // Not Math.min, which makes all of it NaN.
    if (low < of.low) of.low = low;
    if (high > of.high) of.high = high;
    of.count++;
    bins.set(bin, of);
  }
  return bins;
}

/** What is drawn has, in each bin, the lowest and the highest of all points, and no point is missing. */
function holdsEnvelope(
  t: ExecutionContext,
  drawn: SeriesBins,
  points: readonly Point[],
  tolerance: number,
  what: string,
) {
  const entries = Array.from(drawn.at_us, (at_us, at) => ({ at_us, low: drawn.min[at]!, high: drawn.max[at]! }));
  const [expected, found] = [envelopeOf(points, drawn.width_us), envelopeOf(entries, drawn.width_us)];
  if (found.size !== expected.size || ![...found.keys()].every((bin) => expected.has(bin)))
    return t.fail(`${what}: ${found.size} bins, not the ${expected.size} that there are`);
  const near = (a: number, b: number) => a === b || Math.abs(a - b) <= tolerance;
  for (const [bin, { low, high }] of expected) {
    const of = found.get(bin)!;
    if (!near(of.low, low) || !near(of.high, high))
      t.fail(`${what}: bin ${bin} is ${of.low} to ${of.high}, not ${low} to ${high}`);
  }
  t.is(
    drawn.count.reduce((sum, count) => sum + count, 0),
    points.length,
    `${what}: points`,
  );
}

for (const name of sources)
  test(`${name}: at any width, from SQL and from the pyramid, each bin has the lowest and highest of its points`, async (t) => {
    await using trace = await openTrace([fixture(name)]);
    await trace.setWindow(0.05);
    const { sources } = await panelsOf(trace);
    t.true(sources.length > 3);
    const flows = (await trace.rows<{ flow: number }>("SELECT flow FROM flows ORDER BY flow")).map(({ flow }) => flow);
    const known = new Map<QuantitySource, Map<number, Point[]>>();
    for (const source of sources) known.set(source, await pointsOf(trace, source));
    const chance = seededChance(7);
    for (const width of [0, 512, 262_144]) {
      // Flows have different widths, and some of them single records.
      const widths = new Map(flows.map((flow) => [flow, chance() < 0.3 ? width / 2 : width] as const));
      const all = await readAll(trace, sources, { widths });
      for (const source of sources) {
        const points = known.get(source)!;
        const found = all.get(source.quantity.id)!;
        t.deepEqual([...found.keys()].sort(), [...points.keys()].sort(), source.quantity.id);
        for (const [flow, bins] of found) {
          const what = `${source.quantity.id} of flow ${flow} at ${width}`;
          holdsEnvelope(t, bins, points.get(flow)!, 1e-9, what);
          if (bins.width_us > 0) continue;
          for (const wider of [4, 1024]) holdsEnvelope(t, coarsened(bins, wider), points.get(flow)!, 1e-9, what);
        }
      }
    }
  });

for (const [name, bytes] of [
  ["shaped-loss", 10e6],
  ["shaped-loss", 160_000],
  ["cubic-bbr", 180_000],
] as const)
  test(`${name} in ${bytes} bytes: at any zoom of the page, what is drawn is the envelope of the full data`, async (t) => {
    await using trace = await openTrace([fixture(name)]);
    const html = await reportHtml(trace, bytes);
    t.true(html.length <= 1.02 * bytes, `${html.length}`);
    const model = JSON.parse(unpacked(html, "model").toString());
    const series = seriesIn(
      html,
      model.flows.map(({ flow }: { flow: number }) => flow),
    );
    await trace.setWindow(model.window_s);
    const chance = seededChance(3);
    for (const source of (await panelsOf(trace)).sources) {
      const scales = source.quantity.id.startsWith("goodput") ? 1 : 1e-3;
      for (const [flow, points] of await pointsOf(trace, source)) {
        const finest = series.get(`${flow} ${source.quantity.id}`)!;
        const pyramid = new Pyramid(finest);
        for (let turn = 0; turn < 6; turn++) {
          const length = (model.to_s - model.from_s) * chance() ** 3;
          const from = model.from_s + (model.to_s - model.from_s - length) * chance();
          const width = widthFor(from, from + length, 900);
          const drawn = pyramid.at(microsecondOf(from), microsecondOf(from + length), width);
          t.true(drawn.width_us <= Math.max(width, finest.width_us), "no bin is wider than a pixel, unless all are");
          t.true(drawn.at_us.length <= 4 * 900 + 600, `${drawn.at_us.length} entries for 900 pixels`);
          const [first, last] = [drawn.at_us[0]!, drawn.at_us.at(-1)!];
          const key = (at: number) => (drawn.width_us === 0 ? at : binOf(at, drawn.width_us));
          const own = points.filter(({ at_us }) => key(at_us) >= key(first) && key(at_us) <= key(last));
          if (drawn.at_us.length > 0)
            holdsEnvelope(t, edged(drawn), edgedPoints(own, drawn), scales, `${source.quantity.id} of flow ${flow}`);
        }
      }
    }
  });

/** Several records of one moment can lie on both sides of a range's edge, which keeps one entry beside it. */
const edged = (drawn: SeriesBins): SeriesBins => part(inner(drawn), Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

function inner(drawn: SeriesBins): SeriesBins {
  const { at_us } = drawn;
  const [first, last] = [at_us[0]!, at_us.at(-1)!];
  const keep = Array.from(at_us, (at) => at !== first && at !== last);
  const column = (values: Float64Array) => values.filter((_, index) => keep[index]);
  return {
    width_us: drawn.width_us,
    at_us: column(at_us),
    min: column(drawn.min),
    max: column(drawn.max),
    last: column(drawn.last),
    count: column(drawn.count),
  };
}

function edgedPoints(points: readonly Point[], { at_us, width_us }: SeriesBins): Point[] {
  const key = (at: number) => (width_us === 0 ? at : binOf(at, width_us));
  const [first, last] = [key(at_us[0]!), key(at_us.at(-1)!)];
  return points.filter(({ at_us }) => key(at_us) !== first && key(at_us) !== last);
}

const unpacked = (html: string, id: string): Buffer => {
  const [, base64 = ""] = new RegExp(`<script type="text/plain" id="${id}">([^<]*)</script>`).exec(html) ?? [];
  return inflateRawSync(Buffer.from(base64, "base64"));
};

function seriesIn(html: string, flows: readonly number[]): Map<string, SeriesBins> {
  const all = new Map<string, SeriesBins>();
  for (const flow of flows) {
    const bytes = unpacked(html, `flow-${flow}`);
    const end = bytes.indexOf(10);
    const ids = JSON.parse(bytes.subarray(0, end).toString()) as string[];
    for (const [index, series] of decodeSeries(bytes.subarray(end + 1)).entries())
      all.set(`${flow} ${ids[index]}`, series);
  }
  return all;
}

test("series survive being written: values, times, gaps, counts; any whole number up to 2^50", (t) => {
  const chance = seededChance(11);
  const pick = (most: number) => Math.floor(chance() * most);
  for (let turn = 0; turn < 300; turn++) {
    const length = pick(40);
    const width_us = turn % 3 === 0 ? 0 : 2 ** pick(20);
    const scale = [1, 8, 1000][turn % 3]!;
    let [bin, records] = [pick(2 ** 30), 0];
    const rows = Array.from({ length }, () => {
      bin += 1 + pick(5);
      records = 1 + pick(1000);
      const low = (pick(2 ** (10 + pick(30))) - 500) / scale;
      const high = width_us === 0 ? low : low + pick(1e6) / scale;
      const gone = chance() < 0.1;
      return { bin, low, high, last: chance() < 0.1 || gone ? Number.NaN : high, gone, records };
    });
    const isSingle = width_us === 0;
    const column = (of: (row: (typeof rows)[number]) => number) => Float64Array.from(rows, of);
    const min = column(({ low, gone, last }) => (gone || (isSingle && Number.isNaN(last)) ? Number.NaN : low));
    const max = column(({ high, gone, last }) => (gone || (isSingle && Number.isNaN(last)) ? Number.NaN : high));
    const series: SeriesBins = {
      width_us,
      at_us: column(({ bin }) => (isSingle ? bin : (bin + 1) * width_us - 1)),
      min,
      max,
      last: column(({ last }) => last),
      count: column(({ records }) => (isSingle ? 1 : records)),
    };
    const [back, again] = decodeSeries(encodeSeries([series, series]));
    t.deepEqual(back, again);
    t.deepEqual(back, series);
  }
});

test("a series of one quantity is the same, read alone or with others", async (t) => {
  await using trace = await openTrace([fixture("kmod-loss-extended")]);
  await trace.setWindow(0.02);
  const { sources } = await panelsOf(trace);
  for (const width of [0, 1024]) {
    const widths = new Map([
      [1, width],
      [2, width],
    ]);
    const all = await readAll(trace, sources, { widths });
    for (const source of sources) {
      const alone = await readSeries(trace, source, { widths });
      for (const [flow, { at_us, min, max, last, count }] of alone) {
        const beside = all.get(source.quantity.id)!.get(flow)!;
        t.deepEqual({ min, max, count }, { min: beside.min, max: beside.max, count: beside.count }, source.quantity.id);
        if (source.quantity.draw !== "band") t.deepEqual(last, beside.last, source.quantity.id);
        if (width === 0) t.deepEqual(at_us, beside.at_us);
      }
    }
  }
});

test("a part of a series has one entry on either side, which lines come from and go to", (t) => {
  const column = (...values: number[]) => Float64Array.from(values);
  const values = column(5, 6, 7, 8, 9);
  const series = {
    width_us: 0,
    at_us: column(10, 20, 30, 40, 50),
    min: values,
    max: values,
    last: values,
    count: values,
  };
  const times = (from: number, to: number) => [...part(series, from, to).at_us];
  t.deepEqual(times(20, 30), [10, 20, 30, 40]);
  t.deepEqual(times(21, 22), [20, 30]);
  t.deepEqual(times(0, 100), [10, 20, 30, 40, 50]);
  t.deepEqual(times(60, 70), [50]);
  t.deepEqual(times(0, 5), [10]);
});

test("rates that refine with the zoom are those of goodput in windows of that length, from records and from bins", async (t) => {
  for (const name of ["kmod-loss-extended", "kmod-overflow-extended", "cubic-bbr"]) {
    await using trace = await openTrace([fixture(name)], { cache: false });
    const { sources, panels } = await panelsOf(trace);
    const rate = panels.flatMap(({ quantities }) => quantities).find(({ rate_of }) => rate_of);
    const source = sources.find(({ quantity }) => quantity.id === rate!.rate_of)!;
    const window_us = 8192;
    // A SYN counts as one, which the record before it does not tell of.
    const aByte = 8e6 / window_us + 1;
    const told = await trace.withWindow(window_us / 1e6, (windowed) =>
      windowed.rows<{ flow: number; start_us: number; bps: number | null }>(
        `SELECT flow, round(window_start_s * 1e6) AS start_us, goodput_bps AS bps FROM goodput
         WHERE flow IN (SELECT flow FROM flows WHERE acked_bytes > 1e6) AND goodput_bps IS NOT NULL AND NOT crosses_gap ORDER BY flow, start_us`,
      ),
    );
    const lost = await trace.rows<{ from_s: number; to_s: number }>(
      "SELECT from_s, to_s FROM losses WHERE from_s IS NOT NULL",
    );
    const holes = lost.map(({ from_s, to_s }) => ({
      from_us: from_s * 1e6,
      to_us: (to_s ?? Number.POSITIVE_INFINITY) * 1e6,
    }));
    for (const [flow, rows] of Map.groupBy(told, (row) => row.flow))
      for (const width of [0, 1024]) {
        const bytes = (await readSeries(trace, source, { widths: new Map([[flow, width]]) })).get(flow)!;
        const whole = { from_us: bytes.at_us[0]!, to_us: bytes.at_us.at(-1)! };
        const made = inWindows(bytes, whole, window_us, holes);
        const byStart = new Map([...made.at_us].map((at, index) => [at, made.last[index]!]));
        const within = rows.filter(({ start_us }) => !Number.isNaN(byStart.get(start_us) ?? Number.NaN));
        t.true(within.length > rows.length * 0.9, `${name}: ${within.length} of ${rows.length}`);
        // Tracepoints tell no acknowledgement itself: goodput counts it with the next record that shows it, one later.
        const steps = bytes.min.subarray(1).map((una, index) => una - bytes.min[index]!);
        const step = name === "cubic-bbr" ? (8e6 / window_us) * Math.max(...steps) : 0;
        const wrong = within.filter(({ start_us, bps }) => Math.abs(byStart.get(start_us)! - bps!) > aByte + step);
        t.deepEqual(
          wrong.slice(0, 3),
          [],
          `${name}, flow ${flow}, bins of ${width}: ${wrong.length} of ${within.length}`,
        );
        const all = ratesOf(bytes, whole, 1e5, holes);
        t.true(all === null || all.window_us <= 50_000);
      }
  }
});
