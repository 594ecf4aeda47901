/** The library as a notebook uses it: views by name, plain values, pictures that show themselves. */
import {
  MissingColumnError,
  NoSuchFlowError,
  openTrace,
  plotNames,
  SqlError,
  TraceClosedError,
  UsageError,
} from "@tcpprobe-plus/analyze";
import test from "ava";
import { analyze, fixture, opened } from "../../test/support/analyze.ts";

test("a query finds the views that it names, also when several are asked at the same time", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const [flows, marks, inflight, goodput, again] = await Promise.all(
    ["flows", "marks", "inflight", "goodput", "flows"].map((view) =>
      trace.rows<{ n: number }>(`SELECT count(*) AS n FROM ${view}`),
    ),
  );
  t.deepEqual([flows, again], [[{ n: 2 }], [{ n: 2 }]]);
  t.true(marks![0]!.n >= 10 && inflight![0]!.n > 4000 && goodput![0]!.n > 50);
});

test("counts are numbers, and integers that no double holds are text", async (t) => {
  const trace = await opened(t, fixture("kmod-ipv6"));
  const rows = await trace.rows("SELECT count(*) AS n, 9007199254740993::BIGINT AS big, min(time) AS first FROM trace");
  t.is(rows[0]?.n, trace.captures[0]!.records);
  t.is(rows[0]?.big, "9007199254740993");
  t.regex(String(rows[0]?.first), /^2026-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$/);
});

test("where only the number of lost records is known, every flow is said to be touched", async (t) => {
  const trace = await opened(t, fixture("kmod-overflow-extended"));
  t.deepEqual(await trace.rows("SELECT lost, cause FROM losses"), [{ lost: 303, cause: "ring" }]);
  t.deepEqual(
    (await trace.flows()).map((flow) => flow.crosses_gap),
    [true, true],
  );
});

test("records lost on the way do not make acknowledged bytes wrong", async (t) => {
  const trace = await opened(t, fixture("kmod-overflow-extended"));
  const [sender] = await trace.flows();
  t.is(sender?.acked_bytes, 1_000_000);
});

test("a picture offers itself as Vega-Lite, SVG and text", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  await t.throwsAsync(trace.plot("bbr"), { instanceOf: MissingColumnError });
  for (const name of plotNames.filter((one) => one !== "bbr")) {
    const picture = await trace.plot(name, { flows: [1], width: 300 });
    const bundle = (picture as unknown as Record<symbol, () => Record<string, unknown>>)[
      Symbol.for("Jupyter.display")
    ]!();
    t.deepEqual(Object.keys(bundle), ["application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"]);
    t.is(bundle["application/vnd.vegalite.v5+json"], picture.spec);
    t.regex(String(bundle["image/svg+xml"]), /^<svg /);
    t.regex(String(bundle["text/plain"]), new RegExp(`^${name} of .*kmod-loss\\.tpp$`));
  }
});

test("errors of the library are classes that a program can tell apart", async (t) => {
  const trace = await opened(t, fixture("shaped-loss"));
  await t.throwsAsync(trace.plot("inflight", { unit: "packets" }), { instanceOf: MissingColumnError });
  await t.throwsAsync(trace.plot("cwnd", { flows: [77] }), { instanceOf: NoSuchFlowError });
});

test("a diagnosis is what the command tells, as an object and as its text", async (t) => {
  const path = fixture("kmod-rto-chain-extended");
  const trace = await opened(t, path);
  const [diagnosis, ...others] = await trace.diagnose();
  t.deepEqual(others, []);
  t.is(diagnosis!.cause, "blackout");
  const [{ out: text }, { out: json }] = [await analyze("diagnose", path), await analyze("diagnose", path, "--json")];
  t.is(`${diagnosis!.text}\n`, text);
  const { text: _, ...object } = diagnosis!;
  t.deepEqual([JSON.parse(JSON.stringify(object))], JSON.parse(json));
  t.deepEqual(
    (await trace.diagnose({ flows: [2] })).map(({ flow, cause }) => [flow, cause]),
    [[2, "application"]],
  );
  await t.throwsAsync(trace.diagnose({ flows: [3] }), { instanceOf: NoSuchFlowError });
  for (const flows of [[], [0], [1.5], "1"])
    await t.throwsAsync(trace.diagnose({ flows: flows as number[] }), {
      instanceOf: UsageError,
      message: "diagnose: flows must be a list of flows' numbers, from 1.",
    });
});

test("await using closes a trace", async (t) => {
  let kept: Awaited<ReturnType<typeof openTrace>>;
  {
    await using trace = await openTrace([fixture("kmod-ipv6")]);
    kept = trace;
    t.is((await trace.flows()).length, 2);
  }
  await t.throwsAsync(kept.rows("SELECT 1"));
});

/** Points of a picture's first series. */
const pointsOf = (picture: { readonly spec: unknown }): number => {
  const [panel] = (
    picture.spec as { vconcat: { data?: { values: unknown[] }; layer: { data: { values: unknown[] } }[] }[] }
  ).vconcat;
  return (panel!.data?.values ?? panel!.layer[0]!.data.values).length;
};

test("queries asked at the same time return all of their rows", async (t) => {
  const trace = await opened(t, fixture("shaped-loss"));
  const all = (await trace.arrow("SELECT * FROM trace")).numRows;
  t.is(all, 18337);
  for (let round = 0; round < 10; round++) {
    const [one, two, rows, flows, three, picture] = await Promise.all([
      trace.arrow("SELECT * FROM trace"),
      trace.arrow("SELECT ord, t FROM trace WHERE ord > 7"),
      trace.rows<{ n: number }>("SELECT count(*) AS n FROM trace"),
      trace.flows(),
      trace.arrow("SELECT * FROM trace"),
      trace.plot("cwnd", { width: 200 }),
    ]);
    t.deepEqual([one!.numRows, two!.numRows, rows![0]!.n, flows!.length, three!.numRows], [all, all - 7, all, 4, all]);
    t.true(picture!.svg.length > 1000);
  }
});

/** The caption, however many lines it takes. */
const captionOf = (spec: unknown): string =>
  [(spec as { title: { subtitle: string | string[] } }).title.subtitle].flat().join(" ");

test("pictures drawn at the same time have each their own window, and leave the trace's as it was", async (t) => {
  const trace = await opened(t, fixture("shaped-loss"));
  const windows = [0.1, 1, 5];
  const alone = [];
  for (const window of windows) alone.push(pointsOf(await trace.plot("goodput", { window })));
  t.is(new Set(alone).size, 3);
  for (let round = 0; round < 3; round++) {
    const together = await Promise.all(windows.map((window) => trace.plot("goodput", { window })));
    t.deepEqual(together.map(pointsOf), alone);
    t.deepEqual(
      together.map(({ spec }) => captionOf(spec).split("; ")[1]),
      ["windows of 100 ms", "windows of 1 s", "windows of 5 s"],
    );
  }
  const windowOf = async () => (await trace.rows("SELECT DISTINCT window_s FROM goodput"))[0]!.window_s;
  t.is(await windowOf(), 0.1);
  await trace.setWindow(2);
  await trace.plot("goodput", { window: 5 });
  t.is(await windowOf(), 2);
});

test("what no program should ask is a UsageError, a failing query a SqlError", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const usage: (() => Promise<unknown>)[] = [
    () => openTrace([]),
    () => openTrace("run1.tpp" as unknown as string[]),
    () => openTrace([7] as unknown as string[]),
    () => trace.rows(""),
    () => trace.arrow(""),
    () => trace.rows(7 as unknown as string),
    ...["1; DROP TABLE flows", Number.NaN, 0, -1, Number.POSITIVE_INFINITY, 1e-9].flatMap((window) => [
      () => trace.plot("goodput", { window: window as number }),
      () => trace.setWindow(window as number),
    ]),
    () => trace.plot("goodput", { flows: ["1) OR (1=1"] as unknown as number[] }),
    () => trace.plot("goodput", { flows: [] }),
    () => trace.plot("cwnd", { flows: [1.5] }),
    () => trace.plot("cwnd", { from: Number.NEGATIVE_INFINITY }),
    () => trace.plot("cwnd", { to: "5" as unknown as number }),
    () => trace.plot("cwnd", { width: 0 }),
    () => trace.plot("cwnd", { width: 1e7 }),
    () => trace.plot("cwnd", { unit: "x" as "bytes" }),
    () => trace.plot("nothing" as "cwnd"),
  ];
  for (const [index, ask] of usage.entries())
    await t.throwsAsync(ask(), { instanceOf: UsageError }, `${index}: ${ask}`);
  for (const query of ["SELEC", "SELECT nothing FROM trace", "SELECT 'x'::INTEGER", "SELECT error('no')"]) {
    await t.throwsAsync(trace.rows(query), { instanceOf: SqlError }, query);
    await t.throwsAsync(trace.arrow(query), { instanceOf: SqlError }, query);
  }
});

test("a trace that is closed while it is read ends what is asked of it with a TraceClosedError", async (t) => {
  const trace = await openTrace([fixture("shaped-loss")]);
  const reading = trace.arrow("SELECT * FROM trace, range(50)");
  reading.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  await trace[Symbol.asyncDispose]();
  await t.throwsAsync(reading, { instanceOf: TraceClosedError });
  await t.throwsAsync(trace.rows("SELECT 1"), { instanceOf: TraceClosedError });
  await trace[Symbol.asyncDispose]();
});
