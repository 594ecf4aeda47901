/** events, metrics, compare, schema, and what sql can write: as a user runs them, on real recordings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, opened, temporaryDirectory } from "../../../test/support/analyze.ts";
import { openTrace } from "../../index.ts";
import { readSchemas } from "../../trace/schema.ts";
import { viewNames } from "../../trace/views.ts";

const kmod = fixture("kmod-loss");
const chain = fixture("kmod-rto-chain-extended");
const shaped = fixture("shaped-loss");

for (const name of ["kmod-loss", "kmod-rto-chain-extended", "shaped-loss"]) {
  test(`every view has the columns that its file documents: ${name}`, async (t) => {
    const trace = await opened(t, fixture(name));
    await trace.need(...viewNames);
    for (const { view, about, columns } of await readSchemas()) {
      t.true(about.length > 10, view);
      const real = await trace.database.describe(`SELECT * FROM ${view}`);
      t.deepEqual(
        columns.map((column) => column.name),
        real.map((column) => column.name),
        view,
      );
      for (const [index, { name, type, meaning }] of columns.entries()) {
        const kind = /^ENUM/.test(real[index]!.type)
          ? /^(VARCHAR|record_type|ca_state|held_by)$/
          : new RegExp(`^${real[index]!.type.replace(/[()]/g, ".")}$`);
        t.regex(type, kind, `${view}.${name}`);
        t.true(meaning.length > 3, `${view}.${name}`);
      }
    }
  });

  test(`shares of a flow's life add up to one, and windows to its life: ${name}`, async (t) => {
    const trace = await opened(t, fixture(name));
    const rows = await trace.rows<{ total: number; life_s: number; told_s: number }>(`
      SELECT life_s, coalesce(cwnd_share, 0) + coalesce(rwnd_share, 0) + coalesce(sndbuf_share, 0) + coalesce(application_share, 0)
        + coalesce(pacing_share, 0) + coalesce(recovery_share, 0) + coalesce(idle_share, 0) AS total,
        (SELECT sum(told_s) FROM limits_by_window WHERE limits_by_window.flow = limits.flow) AS told_s
      FROM limits`);
    t.true(rows.length > 0);
    for (const { total, life_s, told_s } of rows) {
      t.true(Math.abs(total - 1) < 0.01, `${total}`);
      t.true(Math.abs(told_s - life_s) < 1e-6 * life_s, `${told_s} ${life_s}`);
    }
  });
}

test("the records' own proxy for the receiver's limit is within 5 % of the kernel's time", async (t) => {
  const trace = await opened(t, fixture("kmod-zero-window-extended"));
  const [row] = await trace.rows<{ kernel: number; records: number }>(`
    SELECT rwnd_share AS kernel, (SELECT sum(t - since_s) FILTER (held_by = 'rwnd') / limits.life_s FROM intervals WHERE flow = 1) AS records
    FROM limits WHERE flow = 1 AND basis = 'kernel'`);
  t.true(Math.abs(row!.kernel - row!.records) < 0.05, JSON.stringify(row));
});

test("RTO events agree with the module's own count and the sender's nstat", async (t) => {
  const trace = await opened(t, chain);
  const [{ events, rtos }] = (await trace.rows(
    "SELECT (SELECT count(*) FROM rto_events WHERE flow = 1) AS events, rtos FROM flows WHERE flow = 1",
  )) as [{ events: number; rtos: number }];
  const about = readFileSync(
    fixture("kmod-rto-chain-extended").replace("kmod-rto", "kmod-raw/rto").replace(".tpp", ".json"),
    "utf8",
  );
  t.is(events, rtos);
  t.is(events, JSON.parse(about).nstatOfSender.TcpExtTCPTimeouts);
});

test("events are in order of time, and name what happened", async (t) => {
  const { code, out } = await analyze("events", chain);
  t.is(code, 0);
  const times = [...out.matchAll(/^ *(\d+\.\d+) s/gm)].map((match) => Number(match[1]));
  t.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  t.regex(out, /RTO +number 3 of its chain, after 2016 ms, 97 packets outstanding/);
  t.regex(out, /slow start ended +by the algorithm, cwnd 88, ssthresh 88/);
  const rows = JSON.parse((await analyze("events", chain, "--json", "--flow", "1")).out);
  t.is(rows.filter((row: { event: string }) => row.event === "RTO").length, 3);
});

test("metrics prints a metric, in windows as asked, and writes it", async (t) => {
  const rows = JSON.parse(
    (await analyze("metrics", kmod, "goodput", "--window", "500ms", "--flow", "1", "--json")).out,
  );
  t.true(rows.length >= 6);
  t.true(rows.every((row: { window_s: number; flow: number }) => row.window_s === 0.5 && row.flow === 1));
  const output = join(temporaryDirectory(t), "rtt.parquet");
  t.is((await analyze("metrics", kmod, "rtt", "-o", output)).out, `${output}\n`);
  const trace = await openTrace([kmod], { allowFiles: true });
  t.teardown(() => trace[Symbol.asyncDispose]());
  const [{ count }] = (await trace.rows(`SELECT count(*) AS count FROM '${output}'`)) as [{ count: number }];
  t.true(count > 10);
  t.is((await analyze("metrics", kmod, "rtt", "-o", output)).code, 73);
  const unknown = await analyze("metrics", kmod, "gooodput");
  t.is(unknown.code, 64);
  t.regex(unknown.err, /no such metric\. Did you mean goodput\? There are flows, inflight/);
});

test("a query may begin with a comment, and be written to a file", async (t) => {
  const { code, out } = await analyze("sql", kmod, "-- the answer\nSELECT 42 AS n", "--csv");
  t.is(code, 0);
  t.is(out, "n\n42\n");
  const directory = temporaryDirectory(t);
  for (const ending of ["parquet", "csv", "json", "arrow"]) {
    const path = join(directory, `x.${ending}`);
    t.is((await analyze("sql", kmod, "SELECT flow, rtos FROM flows", "-o", path)).code, 0);
    t.true(readFileSync(path).length > 10);
  }
});

test("sql --parquet writes Parquet to standard output, but not to a terminal", async (t) => {
  const refused = await analyze("sql", kmod, "SELECT 1 AS n", "--parquet");
  t.is(refused.code, 64);
  t.regex(refused.err, /Parquet is not for a terminal/);
});

test("compare shows runs side by side with what changed", async (t) => {
  const { code, out } = await analyze("compare", kmod, shaped);
  t.is(code, 0);
  t.regex(out, /^all flows +\S+kmod-loss\.tpp +\S+shaped-loss\.tpp +change$/m);
  t.regex(out, /^acked +2\.00 MB +≥ 16\.8 MB +≥ \+7\d\d\.\d %$/m);
  t.regex(out, /^flow 1 of each/m);
  t.is((await analyze("compare", kmod)).code, 64);
});

test("schema prints the columns that the SQL files document", async (t) => {
  t.regex((await analyze("schema")).out, /^rto_events +Expiries of the retransmission timer, one row each\.$/m);
  t.regex((await analyze("schema", "rto_events")).out, /^rto_ms +UINTEGER +the timer's value, ms/m);
  t.is(JSON.parse((await analyze("schema", "--json")).out).length, viewNames.length);
  t.is((await analyze("schema", "nothing")).code, 64);
});
