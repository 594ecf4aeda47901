import { join } from "node:path";
import test from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  opened,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { goldenCase } from "../../../test/support/golden.ts";
import type { VegaLiteSpec } from "../../index.ts";

const cause = (name: string): string => fixture(`causes/${name}`);
const golden = (name: string): string => goldenCase(name).read("trace.txt");

interface Report {
  readonly facts: {
    readonly rto_count: number;
    readonly spurious_count: number;
    readonly window_probes: number;
    readonly outages: readonly { readonly timeouts: number }[];
  };
  readonly periods: readonly { readonly from_s: number; readonly to_s: number }[];
}

async function diagnosed(path: string, flow: number): Promise<Report> {
  const { code, out, err } = await analyze("diagnose", path, "--flow", `${flow}`, "--json", "--no-cache");
  if (code !== 0) throw new Error(err);
  return JSON.parse(out)[0];
}

for (const name of ["tracefs-validation-receiver", "tracefs-cause-loss"]) {
  test(`periods come longest first: ${name}`, async (t) => {
    const out = (await analyze("diagnose", cause(name), "--json", "--no-cache")).out;
    const [{ periods }] = JSON.parse(out) as [Report];
    const lengths = periods.map(({ from_s, to_s }) => Number((to_s - from_s).toFixed(9)));
    t.true(new Set(lengths).size >= 2);
    t.deepEqual(
      lengths,
      lengths.toSorted((a, b) => b - a),
    );
  });
}

test("timeouts that were spurious, and window probes, are no silences of the path", async (t) => {
  const path = join(temporaryDirectory(t), "spurious.tpp");
  await writeCapture(path, golden("spurious-timeouts-from-tracepoints"), headerOf("trace_pipe"));
  const spurious = (await diagnosed(path, 1)).facts;
  t.deepEqual([spurious.rto_count, spurious.spurious_count, spurious.outages], [2, 2, []]);
  const closed = (await diagnosed(fixture("kmod-zero-window-extended"), 1)).facts;
  t.true(closed.window_probes > 0);
  t.deepEqual([closed.rto_count, closed.outages], [0, []]);
  const chain = (await diagnosed(fixture("kmod-rto-chain-extended"), 1)).facts;
  t.deepEqual(
    chain.outages.map(({ timeouts }) => timeouts),
    [3],
  );
});

test("a diagnosis of a capture that has lost records warns of it; one of a whole capture does not", async (t) => {
  const lost = await analyze("diagnose", fixture("kmod-overflow-extended"), "--no-cache");
  t.regex(lost.out, /^ {4}beware {4}records were lost in \d+ % of its time; these numbers are bounds$/m);
  const whole = await analyze("diagnose", fixture("kmod-loss"), "--no-cache");
  t.notRegex(whole.out, /beware/);
});

/** Two connections of different size and length in one capture: lines of two recordings, by time. */
async function twoConnections(path: string): Promise<string[]> {
  const lines = [...(await linesOf(fixture("kmod-loss"))), ...(await linesOf(fixture("kmod-ipv6")))];
  const time = (line: string): number => Number(line.split(" ")[1]);
  const merged = lines.toSorted((a, b) => time(a) - time(b));
  await writeCapture(path, merged.join(""), headerOf("probe"));
  return merged;
}

test("compare: what flows have together is their bytes' share and their time's mean, not the mean of the flows", async (t) => {
  const path = join(temporaryDirectory(t), "two.tpp");
  const lines = await twoConnections(path);
  const { code, out, err } = await analyze("compare", path, fixture("kmod-loss"), "--json", "--no-cache");
  t.is(code, 0, err);
  const rows = (JSON.parse(out) as Record<string, number>[]).filter(({ capture }) => capture === 1);
  const [all, ...flows] = rows as [Record<string, number>, ...Record<string, number>[]];
  t.is(flows.length, 2);
  t.is(all.flows, 2);

  const sends = lines.map((line) => line.split(" ")).filter(([type, , , port]) => type === "1" && port !== "5001");
  const bytes = (fields: readonly string[][]): number => fields.reduce((sum, field) => sum + Number(field[6]), 0);
  const again = sends.filter((field) => Number(field[8]) < Number(field[11]));
  t.true(Math.abs(all.retransmit_share! - bytes(again) / bytes(sends)) < 1e-12);
  t.true(flows.every((flow) => Math.abs(flow.retransmit_share! - all.retransmit_share!) > 1e-4));

  const weigh = (name: string): number =>
    flows.reduce((sum, flow) => sum + flow[name]! * flow.duration_s!, 0) /
    flows.reduce((sum, flow) => sum + flow.duration_s!, 0);
  for (const name of ["srtt_mean_us", "cwnd_mean", "cwnd_share", "recovery_share"])
    t.true(Math.abs(all[name]! - weigh(name)) < 1e-9 * all[name]!, name);
  t.is(
    all.retransmits,
    flows.reduce((sum, flow) => sum + flow.retransmits!, 0),
  );
});

test("flows that carry data are those with a hundredth of the bytes of the largest, and more", async (t) => {
  // Two records of each of three connections; only ports and snd_una differ from a recorded one (synthetic).
  const [, , , record] = (await linesOf(fixture("kmod-loss"))).filter((line) =>
    line.includes("10.0.1.1 59700 10.0.2.1"),
  );
  const of = (port: number, time: number, una: number): string => {
    const fields = record!.split(" ");
    Object.assign(fields, {
      1: `${time}.000000000`,
      3: `${port}`,
      11: "200000",
      12: `${una}`,
      13: "200000",
      14: `${200000 - una}`,
    });
    return fields.join(" ");
  };
  const acked: readonly [port: number, bytes: number][] = [
    [40001, 144800],
    [40002, 1448],
    [40003, 1447],
  ];
  const text = [1, 2].flatMap((time) => acked.map(([port, bytes]) => of(port, time, time === 1 ? 1 : 1 + bytes)));
  const path = await writeCapture(join(temporaryDirectory(t), "three.tpp"), text.join(""), headerOf("probe"));
  const { out } = await analyze("check", path, "--assert", "acked_bytes > 0", "--json", "--no-cache");
  t.deepEqual(
    (JSON.parse(out) as { subject: string; values: object }[]).map(({ subject, values }) => [subject, values]),
    [
      ["flow 1", { acked_bytes: 144800 }],
      ["flow 2", { acked_bytes: 1448 }],
    ],
  );
});

type Value = Readonly<Record<string, string | number | undefined>>;

/** All data that a picture draws. */
function valuesOf(spec: VegaLiteSpec): Value[] {
  const own = (spec.data as { values?: readonly Value[] } | undefined)?.values ?? [];
  const inner = (["vconcat", "hconcat", "concat", "layer"] as const).flatMap(
    (key) => (spec[key] as VegaLiteSpec[] | undefined) ?? [],
  );
  return [...own, ...inner.flatMap(valuesOf)];
}

test("marks of every kind are drawn, also two kinds in one pixel column: of each the first", async (t) => {
  const trace = await opened(t, fixture("kmod-rto-chain"));
  const [range] = await trace.rows<{ start: number; end: number }>(
    'SELECT min(t) AS start, max(t) AS "end" FROM trace WHERE flow = 1',
  );
  const width = 200;
  const { spec } = await trace.plot("cwnd", { flows: [1], from: range!.start, to: range!.end, width });
  const drawn = new Set(
    valuesOf(spec)
      .filter((row) => row.value === undefined && row.series !== undefined)
      // The ribbon of states is no mark.
      .filter((row) => !/^state /.test(String(row.series)))
      .map((row) => `${row.series} ${row.t}`),
  );
  const marks = await trace.rows<{ t: number; mark: string }>("SELECT t, mark FROM marks WHERE flow = 1 ORDER BY t");
  const column = (time: number): number => Math.floor((time - range!.start) * (width / (range!.end - range!.start)));
  const firsts = new Map<string, number>();
  for (const { t: time, mark } of marks) {
    const key = `${mark} ${column(time)}`;
    if (!firsts.has(key)) firsts.set(key, time);
  }
  const columns = [...firsts.keys()].map((key) => key.split(" ").at(-1));
  t.true(new Set(columns).size < columns.length, "two kinds share a column");
  t.deepEqual(
    [...drawn].sort(),
    [...firsts].map(([key, time]) => `${key.slice(0, key.lastIndexOf(" "))} ${Number(time.toPrecision(9))}`).sort(),
  );
});

test("a point at either end of the range is drawn", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const times = (
    await trace.rows<{ t: number }>("SELECT t FROM trace WHERE flow = 1 AND snd_cwnd IS NOT NULL ORDER BY ord")
  ).map((row) => row.t);
  const [from, to] = [times[100]!, times[500]!];
  const { spec } = await trace.plot("cwnd", { flows: [1], from, to, width: 300 });
  const drawn = valuesOf(spec)
    .filter((row) => row.value !== undefined)
    .map((row) => Number(row.t));
  t.is(Math.min(...drawn), Number(from.toPrecision(9)));
  t.is(Math.max(...drawn), Number(to.toPrecision(9)));
});
