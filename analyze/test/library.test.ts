/** The library as a notebook uses it: views by name, plain values, pictures that show themselves. */
import { MissingColumnError, NoSuchFlowError, openTrace, plotNames } from "@tcpprobe-plus/analyze";
import test from "ava";
import { fixture, opened } from "./helpers.ts";

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
  for (const name of plotNames) {
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

test("await using closes a trace", async (t) => {
  let kept: Awaited<ReturnType<typeof openTrace>>;
  {
    await using trace = await openTrace([fixture("kmod-ipv6")]);
    kept = trace;
    t.is((await trace.flows()).length, 2);
  }
  await t.throwsAsync(kept.rows("SELECT 1"));
});
