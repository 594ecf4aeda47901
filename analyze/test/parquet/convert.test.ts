/** What convert writes is the trace, whole and self-describing, in every format. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { traceColumns } from "@tcpprobe-plus/tpp";
import { tableFromIPC } from "apache-arrow";
import test from "ava";
import { analyze, fixture, linesOf, opened, temporaryDirectory } from "../../../test/support/analyze.ts";

const fixtures = ["kmod-loss", "kmod-ipv6", "kmod-bbr-extended", "shaped-loss"];

for (const name of fixtures) {
  test(`the columns of the trace of ${name} are those of the column table: names, order, types`, async (t) => {
    const trace = await opened(t, fixture(name));
    const described = await trace.database.describe("SELECT * FROM trace");
    const enums: Record<string, RegExp> = { record_type: /^ENUM\('recv', 'send', /, ca_state: /^ENUM\('Open', / };
    t.deepEqual(
      described.map((column) => column.name),
      traceColumns.map((column) => column.name),
    );
    for (const [index, { name, type }] of traceColumns.entries()) {
      if (enums[type]) t.regex(described[index]!.type, enums[type], name);
      else t.is(described[index]!.type, type, name);
    }
  });

  test(`${name} as Parquet has the same rows, in the same order`, async (t) => {
    const output = join(temporaryDirectory(t), "x.parquet");
    t.is((await analyze("convert", fixture(name), "-o", output)).code, 0);
    const trace = await opened(t, fixture(name), output);
    const first = "SELECT * EXCLUDE (capture, flow), flow AS n FROM trace WHERE capture = 1";
    const flows = await trace.database.value<number>("SELECT max(flow) FROM trace WHERE capture = 1");
    const second = `SELECT * EXCLUDE (capture, flow), (flow - ${flows})::UINTEGER FROM trace WHERE capture = 2`;
    const rows = async (sql: string) => Number(await trace.database.value(`SELECT count(*) FROM (${sql})`));
    t.is(await rows(first), (await linesOf(fixture(name))).length);
    t.is(await rows(second), await rows(first));
    t.is(await rows(`${first} EXCEPT ALL ${second}`), 0);
    t.is(await rows(`${second} EXCEPT ALL ${first}`), 0);
    const places = await trace.columns(`SELECT ord FROM read_parquet('${output}')`);
    t.deepEqual(
      places.values[0]?.map(Number),
      places.values[0]?.map((_, index) => index + 1),
    );
  });
}

test("a converted capture gives the same flows and the same refusals", async (t) => {
  const output = join(temporaryDirectory(t), "x.parquet");
  await analyze("convert", fixture("shaped-loss"), "-o", output);
  t.is((await analyze("flows", output)).out, (await analyze("flows", fixture("shaped-loss"))).out);
  const query = "SELECT * FROM goodput ORDER BY flow, window_start_s";
  t.is(
    (await analyze("sql", output, query, "--csv")).out,
    (await analyze("sql", fixture("shaped-loss"), query, "--csv")).out,
  );
  const plot = ["inflight", "--unit", "packets", "-o", join(temporaryDirectory(t), "x.svg")];
  t.is((await analyze("plot", output, ...plot)).code, 69);
});

test("Parquet carries unit and meaning of every column, and the captures' headers", async (t) => {
  const output = join(temporaryDirectory(t), "x.parquet");
  await analyze("convert", fixture("kmod-loss"), fixture("shaped-loss"), "-o", output);
  const trace = await opened(t, output);
  const rows = await trace.rows<{ key: string; value: string }>(
    `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${output}')`,
  );
  const metadata = new Map(rows.map(({ key, value }) => [key, value]));
  for (const { name, unit, meaning } of traceColumns) {
    const text = metadata.get(`column.${name}`);
    t.true(text?.includes(meaning) && text.includes(unit), name);
  }
  t.deepEqual(
    trace.captures.map((capture) => capture.header.source),
    ["kmod", "tracefs"],
  );
  t.like(JSON.parse(metadata.get("tcpprobe_plus.captures") ?? "[]")[1], {
    records: (await linesOf(fixture("shaped-loss"))).length,
  });
});

test("a converted file of two captures, beside a third, keeps all flows apart", async (t) => {
  const output = join(temporaryDirectory(t), "x.parquet");
  await analyze("convert", fixture("kmod-loss"), fixture("kmod-ipv6"), "-o", output);
  const rows = JSON.parse((await analyze("flows", output, fixture("kmod-bbr"), "--json")).out);
  const of = (row: { flow: number; capture: number; sport: number }) => [row.capture, row.sport];
  t.deepEqual(rows.map(of).sort(), [
    [1, 5001],
    [1, 59700],
    [2, 37954],
    [2, 5001],
    [3, 34490],
    [3, 35128],
    [3, 5001],
    [3, 5001],
  ]);
  t.deepEqual(
    rows.map((row: { flow: number }) => row.flow),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test("a converted file of several captures keeps which each flow came from, also when it is converted again", async (t) => {
  const directory = temporaryDirectory(t);
  const [first, second] = [join(directory, "x.parquet"), join(directory, "y.parquet")];
  const paths = [fixture("kmod-loss"), fixture("kmod-ipv6")];
  await analyze("convert", ...paths, "-o", first);
  t.is((await analyze("convert", first, "-o", second)).code, 0);
  for (const path of [first, second]) {
    const query = "SELECT flow, path FROM flows JOIN captures ON captures.capture = flows.capture ORDER BY flow";
    const rows = JSON.parse((await analyze("sql", path, query, "--json")).out);
    t.deepEqual(
      rows.map((row: { path: string }) => row.path),
      [paths[0], paths[0], paths[1], paths[1]],
    );
    const { out } = await analyze("flows", path, "--all");
    t.is(out.match(/kmod-loss\.tpp/g)?.length, 2);
    t.is(out.match(/kmod-ipv6\.tpp/g)?.length, 2);
  }
});

test("Parquet is much smaller than the text", async (t) => {
  const directory = temporaryDirectory(t);
  const text = (await linesOf(fixture("kmod-loss"))).join("").length;
  await analyze("convert", fixture("kmod-loss"), "-o", join(directory, "x.parquet"));
  t.true(statSync(join(directory, "x.parquet")).size < text / 3);
});

for (const name of ["kmod-loss", "shaped-loss"]) {
  test(`${name} as an Arrow file, read by apache-arrow, equals the trace`, async (t) => {
    const output = join(temporaryDirectory(t), "x.arrow");
    t.is((await analyze("convert", fixture(name), "-o", output)).code, 0);
    const table = tableFromIPC(readFileSync(output));
    const trace = await opened(t, fixture(name));
    const expected = await trace.columns(`
      SELECT * REPLACE (epoch_ns(time) AS time) FROM trace ORDER BY ord`);
    t.is(table.numRows, expected.rowCount);
    t.deepEqual(
      table.schema.fields.map((field) => field.name),
      [...expected.names],
    );
    for (const [index, column] of expected.names.entries()) {
      const vector = table.getChild(column)!;
      const values = expected.values[index]!;
      // Arrow's own getter turns nanoseconds into fractional milliseconds; the integers are beneath.
      const whole = column === "time" ? vector.data.flatMap((data) => [...data.values]) : [...vector];
      const differing = values.findIndex((value, row) => value !== whole[row]);
      t.is(differing, -1, `${column}, row ${differing}: ${values[differing]} and ${whole[differing]}`);
    }
  });
}

test("an Arrow file of more rows than a batch holds keeps them all", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const table = await trace.arrow(
    "SELECT range AS n, CASE WHEN range % 7 = 0 THEN NULL ELSE range::UINTEGER END AS holes, range % 2 = 0 AS even FROM range(300000)",
  );
  t.is(table.numRows, 300_000);
  t.is(table.batches.length, 3);
  const [n, holes, even] = ["n", "holes", "even"].map((name) => table.getChild(name)!);
  t.is(holes!.nullCount, Math.ceil(300_000 / 7));
  for (const row of [0, 1, 131_071, 131_072, 262_144, 299_999]) {
    t.is(n!.get(row), BigInt(row));
    t.is(holes!.get(row), row % 7 === 0 ? null : row);
    t.is(even!.get(row), row % 2 === 0);
  }
});

test("CSV in a file and on standard output are the same, one line a record", async (t) => {
  const output = join(temporaryDirectory(t), "x.csv");
  await analyze("convert", fixture("kmod-ipv6"), "-o", output);
  const text = readFileSync(output, "utf8");
  const { out } = await analyze("convert", fixture("kmod-ipv6"), "-o", "-");
  t.is(out, text);
  const lines = text.trimEnd().split("\n");
  t.is(lines[0], traceColumns.map((column) => column.name).join(","));
  t.is(lines.length - 1, (await linesOf(fixture("kmod-ipv6"))).length);
  t.regex(
    lines[1]!,
    /^1,1,2026-\d\d-\d\d \d\d:\d\d:\d\d\.\d+,1,send,1\.66456668,fd00:1::1,37954,fd00:2::1,5001,0,2,0,0,Open,/,
  );
});

test("neither a command that worked nor one that failed leaves anything in the temporary directory", async (t) => {
  const directory = temporaryDirectory(t);
  const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args], {
      env: { ...process.env, TMPDIR: directory, NODE_DISABLE_COMPILE_CACHE: "1" },
    });
  t.is(run("flows", fixture("kmod-ipv6")).status, 0);
  t.is(run("sql", fixture("kmod-ipv6"), "SELECT nothing").status, 65);
  t.is(run("flows", fixture("kmod-ipv6"), import.meta.filename).status, 65);
  t.deepEqual(readdirSync(directory), []);
});
