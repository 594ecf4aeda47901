/** Queries over HTTP: what they may do, how much of an answer comes, and how they end. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { ask, askJson } from "../../../test/support/http.ts";
import { served } from "../../../test/support/served.ts";
import type { SqlAnswer } from "../../report/model.ts";

const kmod = fixture("kmod-loss");

/** Runs for hours. */
const endless = "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range % 7 = b.range % 5";

test("statements that do more than read the views are refused, in one line, and do nothing", async (t) => {
  const { url } = await served(t, [kmod]);
  const directory = temporaryDirectory(t);
  const made = join(directory, "made");
  const refused: readonly (readonly [string, RegExp])[] = [
    [`COPY trace TO '${made}'`, /^this is another statement/],
    [`COPY (SELECT 1) TO '${made}' (FORMAT csv)`, /^this is another statement/],
    [`ATTACH '${made}' AS x`, /^this is another statement/],
    [`EXPORT DATABASE '${made}'`, /^this is another statement/],
    ["CREATE TABLE x AS SELECT 1", /^this is another statement/],
    ["DROP VIEW trace", /^this is another statement/],
    ["DELETE FROM _losses", /^this is another statement/],
    ["INSERT INTO _losses VALUES (1)", /^this is another statement/],
    ["SET memory_limit = '100GB'", /^this is another statement/],
    ["RESET allowed_directories", /^this is another statement/],
    ["PRAGMA database_list", /^this is another statement/],
    ["INSTALL httpfs", /^this is another statement/],
    ["LOAD httpfs", /^this is another statement/],
    ["CALL pragma_version()", /^this is another statement/],
    ["EXPLAIN SELECT 1", /^this is another statement: a plan names files of the server\. `analyze sql` explains/],
    ["PIVOT events ON event USING count(*)", /^this is another statement: a PIVOT has to list its values, as in PIVOT/],
    ["SET VARIABLE window_s = 1", /^this is another statement/],
    ["SELECT * FROM read_text('/etc/passwd')", /^read_text\(\) is not allowed/],
    ["SELECT * FROM read_blob('/etc/passwd')", /^read_blob\(\) is not allowed/],
    ["SELECT (SELECT count(*) FROM read_csv('/etc/passwd'))", /^read_csv\(\) is not allowed/],
    ["SELECT * FROM glob('/etc/*')", /^glob\(\) is not allowed/],
    ["WITH a AS (SELECT * FROM read_parquet('x.parquet')) FROM a", /^read_parquet\(\) is not allowed/],
    ["FROM query('SELECT 1')", /^query\(\) is not allowed/],
    ["FROM query_table('trace')", /^query_table\(\) is not allowed/],
    ["FROM duckdb_settings()", /^duckdb_settings\(\) is not allowed/],
    ["FROM duckdb_secrets()", /^duckdb_secrets\(\) is not allowed/],
    ["FROM parquet_kv_metadata('x.parquet')", /^parquet_kv_metadata\(\) is not allowed/],
    ["SELECT current_setting('temp_directory')", /^current_setting\(\) is not allowed/],
    ["SELECT max(getenv('HOME')) FROM trace", /^getenv\(\) is not allowed/],
    ["FROM '/etc/passwd'", /^\/etc\/passwd: no such view\./],
    ["FROM 'x.parquet'", /^x\.parquet: no such view\./],
    [`WITH a AS (WITH "x.parquet" AS (SELECT 1) SELECT 1) FROM 'x.parquet'`, /^names in WITH may hold/],
    ["FROM information_schema.tables", /^tables is no view/],
    ["FROM live.records_1", /^records_1 is no view/],
    ["FROM _sockets", /^_sockets: no such view\./],
    ["FROM duckdb_tables", /^duckdb_tables: no such view\./],
    ["SHOW TABLES", /^SHOW is not allowed/],
    ["SELECT 1; SELECT 2", /^these are 2 statements/],
    ["SELECT 1; COPY trace TO 'x'", /^this is another statement/],
    ["SELEC 1", /syntax error/],
    [";", /^these are 0 statements/],
    ["SELECT $1", /parameter/],
    ["FROM flow", /^flow: no such view\. Did you mean flows\?/],
    ["SELECT nothing FROM flows", /^the query failed: Binder Error: Referenced column "nothing" not found/],
  ];
  for (const [query, expected] of refused) {
    const { status, text } = await askJson(`${url}sql`, { query });
    t.is(status, 400, `${query}: ${text}`);
    t.regex(text, expected, query);
    t.is(text.trimEnd().split("\n").length, 1, text);
  }
  t.false(existsSync(made));
  t.deepEqual(readdirSync(directory), []);
});

test("queries that read answer what `analyze sql` prints", async (t) => {
  const { url } = await served(t, [kmod]);
  for (const query of [
    "SELECT flow, goodput_bps, cong, crosses_gap FROM flows ORDER BY flow",
    "FROM episodes SELECT flow, ca_state, start_s, duration_s ORDER BY ALL",
    "WITH big AS (SELECT * FROM flows WHERE acked_bytes > 1000) SELECT flow, acked_bytes FROM big ORDER BY flow",
    "VALUES (1, 'a', NULL), (2, '', 0.5)",
    "DESCRIBE flows",
    "SELECT count(*) AS n, max(t) AS last FROM trace",
    "SELECT type, count(*) AS n FROM trace GROUP BY type ORDER BY n, type",
    "SELECT flow, rank() OVER (ORDER BY acked_bytes, flow) AS place FROM flows ORDER BY flow",
    "SELECT window_s FROM settings",
    "PIVOT events ON event IN ('recovery', 'RTO') USING count(*) GROUP BY flow ORDER BY flow",
    "UNPIVOT (SELECT flow, rtos, records FROM flows) ON rtos, records ORDER BY ALL",
    "SELECT column_name, max FROM (SUMMARIZE SELECT flow, rtos FROM flows)",
  ]) {
    const { status, text } = await askJson(`${url}sql`, { query });
    t.is(status, 200, text);
    const { columns, rows, cut } = JSON.parse(text) as SqlAnswer;
    t.false(cut);
    const quoted = (value: string | null) =>
      value === null ? "" : value === "" || /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
    const csv = [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(quoted).join()}\n`).join("");
    t.is(csv, (await analyze("sql", kmod, query, "--csv")).out, query);
  }
});

test("a long answer is cut off, and says so", async (t) => {
  const { url } = await served(t, [kmod]);
  const answerOf = async (query: string) => JSON.parse((await askJson(`${url}sql`, { query })).text) as SqlAnswer;
  const whole = await answerOf("FROM range(10000)");
  t.is(whole.rows.length, 10_000);
  t.false(whole.cut);
  const rows = await answerOf("FROM range(10001)");
  t.is(rows.rows.length, 10_000);
  t.true(rows.cut);
  const wide = await answerOf("SELECT repeat('x', 500) AS a, repeat('y', 501) AS b, repeat('z', 50000000) AS c");
  t.deepEqual(wide.rows[0], ["x".repeat(500), `${"y".repeat(500)}…`, `${"z".repeat(500)}…`]);
  const bytes = await answerOf(
    `SELECT ${Array.from({ length: 100 }, (_, n) => `repeat('x', 500) AS c${n}`).join()} FROM range(9000)`,
  );
  t.true(bytes.cut);
  t.true(bytes.rows.length < 1000);
  const columns = Array.from({ length: 201 }, (_, n) => `1 AS c${n}`).join();
  const { status, text } = await askJson(`${url}sql`, { query: `SELECT ${columns}` });
  t.is(status, 400);
  t.is(text, "the answer has 201 columns, and 200 are the most here.\n");
});

test("a query that takes too long is ended, and others go on", async (t) => {
  const { url } = await served(t, [kmod], { queryMs: 1000 });
  const answers = await Promise.all(Array.from({ length: 3 }, () => askJson(`${url}sql`, { query: endless })));
  for (const { status, text } of answers) {
    t.is(status, 504);
    t.is(text, "the answer takes longer than 1 s. Ask for less: a range of time, some flows, an aggregate\n");
  }
  t.is((await askJson(`${url}sql`, { query: "SELECT 1" })).status, 200);
});

test("a query that needs too much memory fails alone", async (t) => {
  const { url } = await served(t, [kmod], { queryMs: 60_000 });
  const { status, text } = await askJson(`${url}sql`, {
    query: "SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(3000)",
  });
  t.is(status, 400);
  t.regex(text, /^the query failed: Out of Memory Error/);
  t.is((await askJson(`${url}sql`, { query: "SELECT count(*) FROM flows" })).status, 200);
});

test("clients that go away while they wait leave nothing running", async (t) => {
  const { url } = await served(t, [kmod], { queryMs: 600_000 });
  for (let round = 0; round < 3; round++) {
    const gone = new AbortController();
    const asked = Array.from({ length: 20 }, () =>
      askJson(`${url}sql`, { query: endless }, { signal: gone.signal }).then(
        () => "answered",
        () => "gone",
      ),
    );
    await sleep(300);
    gone.abort();
    t.deepEqual(new Set(await Promise.all(asked)), new Set(["gone"]));
    // Two of the endless queries had their turn. If they still ran, this one would wait for them.
    const signal = AbortSignal.timeout(60_000);
    t.is((await askJson(`${url}sql`, { query: "SELECT 1" }, { signal })).status, 200);
  }
});

test("a body that is too long, no JSON, or says nothing is refused", async (t) => {
  const { url } = await served(t, [kmod]);
  const bodies: readonly (readonly [string, string, number])[] = [
    [JSON.stringify({ query: "x".repeat(70_000) }), "application/json", 413],
    ["{", "application/json", 400],
    ["null", "application/json", 400],
    ["{}", "application/json", 400],
    ['{"query": 5}', "application/json", 400],
    ['{"query": " "}', "application/json", 400],
    ['{"query": "SELECT 1"}', "text/plain", 415],
    ["query=SELECT+1", "application/x-www-form-urlencoded", 415],
  ];
  for (const [body, type, status] of bodies)
    t.is(
      (await ask(`${url}sql`, { method: "POST", body, headers: { "Content-Type": type } })).status,
      status,
      body.slice(0, 40),
    );
});
