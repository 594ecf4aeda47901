/**
 * Queries and assertions that come with somebody's repository: they read the captures that were given, and nothing
 * else.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { numeral, wholeNumeral } from "../../database/literals.ts";
import { openTrace, RefusedStatementError, SqlError, UsageError } from "../../index.ts";

const recording = fixture("kmod-loss");

test("an assertion is one expression: what goes on behind it is refused, and not run (64)", async (t) => {
  const directory = temporaryDirectory(t);
  const target = join(directory, "written");
  const assertions = [
    `1=1) AS _holds FROM (SELECT 1 AS flow) facts; COPY (SELECT 'x') TO '${target}' (FORMAT csv); SELECT 1 AS _flow, (true`,
    `true; COPY (SELECT 'x') TO '${target}' (FORMAT csv)`,
    "1=1) AS a, (true",
    "true) FROM flows WHERE (true",
    "true) LIMIT (1",
    "true) UNION ALL SELECT (true",
    "COLUMNS(*) IS NOT NULL",
    "true -- ) the rest",
    "true /* no end",
    "-- nothing",
    "",
  ];
  for (const assertion of assertions) {
    const { code, out, err } = await analyze("check", recording, "--assert", assertion);
    t.is(code, assertion.startsWith("true -- )") ? 0 : 64, `${assertion}: ${err}`);
    if (code === 64) t.is(out, "");
    if (code === 64) t.regex(err, /^analyze: .*(is not an assertion|says nothing).*\n$/);
  }
  t.false(existsSync(target));
});

test("an assertion reads no file, in whatever way it is asked to", async (t) => {
  const directory = temporaryDirectory(t);
  const secret = join(directory, "secret.csv");
  writeFileSync(secret, "password\nhunter2\n");
  for (const assertion of [
    `(SELECT count(*) FROM read_text('${secret}')) > 0`,
    `error((SELECT content FROM read_text('${secret}')))`,
    `(SELECT count(*) FROM '${secret}') > 0`,
    `(SELECT count(*) FROM read_csv('${secret}')) > 0`,
    `(SELECT count(*) FROM glob('${directory}/*')) > 0`,
    `(SELECT count(*) FROM query('SELECT 1')) > 0`,
    `EXISTS (SELECT 1 FROM duckdb_settings())`,
    `EXISTS (WITH a AS (SELECT * FROM read_blob('${secret}')) SELECT 1 FROM a)`,
    "(SELECT count(*) FROM enable_profiling()) = 0",
  ]) {
    const { code, out, err } = await analyze("check", recording, "--assert", assertion);
    t.true(code === 64 || code === 65, `${assertion}: ${code}`);
    t.is(out, "");
    t.notRegex(err, /hunter2/);
  }
});

test("assertions may ask what they could: subqueries, aggregates, comments", async (t) => {
  for (const assertion of [
    "retransmits = 10 -- as counted",
    "(SELECT count(*) FROM trace) = 4724",
    "sum(retransmits) = 10",
    "goodput_bps > (SELECT avg(goodput_bps) FROM flows)",
    "(SELECT count(*) FROM range(3)) = 3",
  ])
    t.is((await analyze("check", recording, "--assert", assertion)).code, 0, assertion);
  const { code, err } = await analyze("check", recording, "--assert", "'neither'");
  t.is(code, 64);
  t.regex(err, /it is a text, not true or false/);
});

test("a list of no flows in an assertion file is a usage error", async (t) => {
  const path = join(temporaryDirectory(t), "a.yaml");
  writeFileSync(path, "- {assert: 'rtos = 0', flow: []}\n");
  t.is((await analyze("check", recording, "--assertions", path)).code, 64);
});

test("sql refuses what does more than to read, and says what would allow it", async (t) => {
  const directory = temporaryDirectory(t);
  for (const query of [
    `COPY (SELECT 1) TO '${directory}/x.csv'`,
    "COPY (SELECT 1) TO '/dev/stdout'",
    `ATTACH '${directory}/x.db' AS x`,
    "ATTACH ':memory:' AS x",
    `EXPORT DATABASE '${directory}/x'`,
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "RESET threads",
    "SET VARIABLE window_s = 7",
    "PRAGMA enable_profiling",
    "CALL enable_profiling()",
    "CREATE OR REPLACE MACRO plain_address(address) AS 'x'",
    "CREATE OR REPLACE VIEW trace AS SELECT 1",
    "CREATE TEMP TABLE trace AS SELECT 1",
    "INSERT INTO _captures SELECT * FROM _captures",
    "DELETE FROM _captures",
    "DROP TABLE _captures",
    "EXPLAIN ANALYZE DELETE FROM _captures",
    `EXPLAIN ANALYZE COPY (SELECT 1) TO '${directory}/x.csv'`,
    "FROM read_text('/proc/self/environ')",
    "FROM '/etc/passwd'",
    "FROM read_csv('/etc/passwd')",
    "FROM glob('/etc/*')",
    "FROM duckdb_secrets()",
    "FROM read_text(current_setting('temp_directory') || '/../../etc/passwd')",
  ]) {
    const { code, out, err } = await analyze("sql", recording, query);
    t.true(code === 64 || code === 65, `${query}: ${code}`);
    t.is(out, "", query);
    t.regex(err, /^analyze: .*\n$/, query);
    if (!query.includes("/etc/passwd'")) t.regex(err, /--allow-files/, query);
  }
  t.deepEqual(readdirSync(directory), []);
});

test("sql takes one statement, in every format", async (t) => {
  const directory = temporaryDirectory(t);
  for (const query of ["SELECT 1; SELECT 2", "", ";", "-- only this", "SELECT ?"]) {
    for (const more of [[], ["-o", join(directory, "x.csv")], ["-o", join(directory, "x.parquet")]]) {
      const { code, err } = await analyze("sql", recording, query, ...more);
      t.is(code, 64, `${query} ${more.join(" ")}: ${err}`);
    }
  }
  t.deepEqual(readdirSync(directory), []);
});

test("what only reads is still read", async (t) => {
  for (const query of [
    "FROM captures",
    "WITH a AS (SELECT 1 AS n) SELECT n FROM a;",
    "PIVOT trace ON type USING count(*) GROUP BY flow",
    "SUMMARIZE captures",
    "DESCRIBE flows",
    "SHOW TABLES",
    "EXPLAIN SELECT * FROM flows",
    "VALUES (1)",
  ]) {
    const { code, out, err } = await analyze("sql", recording, query);
    t.is(code, 0, `${query}: ${err}`);
    t.true(out.length > 0);
  }
});

test("--allow-files is DuckDB whole", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "x.csv");
  t.is((await analyze("sql", recording, `COPY (SELECT 42 AS n) TO '${path}'`, "--allow-files")).code, 0);
  t.is(readFileSync(path, "utf8"), "n\n42\n");
  t.regex((await analyze("sql", recording, `FROM '${path}'`, "--allow-files")).out, /42/);
});

test("a library's trace is locked likewise, and says so by its errors' classes", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "x.csv");
  await using trace = await openTrace([recording]);
  await t.throwsAsync(trace.rows(`COPY (SELECT 1) TO '${path}'`), { instanceOf: SqlError });
  await t.throwsAsync(trace.rows("DELETE FROM _captures"), { instanceOf: RefusedStatementError });
  await t.throwsAsync(trace.arrow("SELECT 1; SELECT 2"), { instanceOf: UsageError });
  // Also where a check were missing, DuckDB itself keeps to its files.
  await t.throwsAsync(trace.database.run(`COPY (SELECT 1) TO '${path}'`), { message: /disabled by configuration/ });
  await t.throwsAsync(trace.database.run("SET enable_external_access = true"));
  await t.throwsAsync(trace.database.run("SET allowed_directories = ['/']"));
  t.false(existsSync(path));
  await using whole = await openTrace([recording], { allowFiles: true });
  await whole.rows(`COPY (SELECT 1 AS n) TO '${path}'`);
  t.deepEqual(await whole.rows(`FROM '${path}'`), [{ n: 1 }]);
});

test("only numbers become numerals of SQL", (t) => {
  t.is(numeral(-2.5e-7), "-2.5e-7");
  t.is(wholeNumeral("18446744073709551615"), "18446744073709551615");
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", "0) OR (1=1", null, undefined])
    t.throws(() => numeral(value as number), { instanceOf: TypeError });
  for (const value of [1.5, "1; x", "0x10", "", "1e3", null, Number.NaN, "1".repeat(30)])
    t.throws(() => wholeNumeral(value as number), { instanceOf: TypeError });
});
