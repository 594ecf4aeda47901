/** An answer is the same however it leaves: printed or in a file, as JSON, CSV, Arrow or Parquet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import test, { type ExecutionContext } from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { printRows, type RowFormat } from "../../commands/rows.ts";
import { Answer } from "../../export/answer.ts";
import { writeAnswer } from "../../export/query.ts";
import { openTrace, type Trace } from "../../index.ts";

const kmod = fixture("kmod-loss");

let trace: Trace;
test.before(async () => {
  trace = await openTrace([kmod], { allowFiles: true }); // it reads what it has written
});
test.after.always(() => trace[Symbol.asyncDispose]());

async function printed(query: string, format: RowFormat): Promise<string> {
  const out: string[] = [];
  const sink = { write: (chunk: string | Uint8Array) => out.push(chunk.toString()) };
  await printRows(trace.database, query, format, { stdout: sink, stderr: sink, columns: 120 });
  return out.join("");
}

/** What each way gives for one query: printed, and in each kind of file. */
async function everyWay(t: ExecutionContext, query: string) {
  await trace.needOf(query);
  const directory = temporaryDirectory(t);
  const file = (suffix: string) => join(directory, `x.${suffix}`);
  for (const suffix of ["json", "csv", "arrow", "parquet"]) {
    const answer = await Answer.to(trace.database, query);
    await writeAnswer(trace.database, answer, `.${suffix}`, file(suffix));
  }
  const json = await printed(query, "json");
  const csv = await printed(query, "csv");
  t.is(json, readFileSync(file("json"), "utf8"));
  t.is(csv, readFileSync(file("csv"), "utf8"));
  const arrow = tableFromIPC(readFileSync(file("arrow")));
  const parquet = await trace.database.columns(`FROM read_parquet('${file("parquet")}')`);
  return { rows: JSON.parse(json) as object[], csv, table: await printed(query, "table"), arrow, parquet };
}

test.serial("two columns of one name stay two, named apart in the same way everywhere", async (t) => {
  const query = 'SELECT 1 AS t, 2 AS t, 3 AS "T", 4 AS t_1, 5 AS "Flow", 6 AS flow';
  const { rows, csv, table, arrow, parquet } = await everyWay(t, query);
  const names = ["t", "t_2", "T_3", "t_1", "Flow", "flow_1"];
  t.deepEqual(rows, [Object.fromEntries(names.map((name, index) => [name, index + 1]))]);
  t.is(csv, `${names.join()}\n1,2,3,4,5,6\n`);
  t.is(table, "t  t_2  T_3  t_1  Flow  flow_1\n1    2    3    4     5       6\n");
  t.deepEqual(
    arrow.schema.fields.map(({ name }) => name),
    names,
  );
  t.deepEqual(parquet.names, names);
  for (const [index, value] of [1, 2, 3, 4, 5, 6].entries()) {
    t.is(arrow.getChildAt(index)?.get(0), value);
    t.is(parquet.values[index]?.[0], value);
  }
});

test.serial("a join of the trace with itself keeps the columns of both sides", async (t) => {
  const query =
    "SELECT a.t, b.t FROM trace a JOIN trace b ON b.ord = a.ord + 1000 AND b.flow = a.flow ORDER BY a.ord LIMIT 2";
  const { rows } = await everyWay(t, query);
  for (const row of rows as { t: number; t_1: number }[]) t.true(row.t_1 > row.t);
  const table = await trace.arrow(query);
  t.not(table.getChildAt(0)?.get(0), table.getChildAt(1)?.get(0));
});

const statements = [
  "SELECT 1 AS a;",
  "SELECT 1 AS a -- note",
  "/* before */ SELECT 1 AS a /* after */ ; ;",
  "SUMMARIZE flows",
  "SHOW TABLES",
  "DESCRIBE flows",
  "EXPLAIN SELECT 1",
  "PRAGMA version",
  "VALUES (1, 'x')",
  "WITH a AS (SELECT 1 AS b) FROM a",
  "PIVOT (SELECT flow, type FROM trace) ON type USING count(*)",
];
for (const statement of statements) {
  test.serial(`${statement}: goes into a file as it is printed`, async (t) => {
    const { rows, arrow, parquet } = await everyWay(t, statement);
    t.true(rows.length > 0);
    t.is(arrow.numRows, rows.length);
    t.is(parquet.rowCount, rows.length);
  });
}

const refused: [query: string, code: number, message: RegExp][] = [
  ["SELECT 1; SELECT 2", 64, /^analyze: one statement at a time, and here are 2\./],
  ["", 64, /^analyze: there is no statement in the query/],
  ["-- nothing", 64, /^analyze: there is no statement in the query/],
  ["SELECT $1", 64, /^analyze: the query has a parameter/],
  ["SELECT error('as told')", 65, /^analyze: the query failed: .*as told/],
  [
    "SELECT CASE WHEN ord > 3000 THEN error('late') ELSE ord END FROM trace ORDER BY ord",
    65,
    /the query failed: .*late/,
  ],
  ["SELEC 1", 65, /^analyze: the query failed: Parser Error: .*SELEC/],
  ["SELECT nothing FROM trace", 65, /^analyze: the query failed: .*nothing/],
];
for (const [query, code, message] of refused) {
  test.serial(`${query || "an empty query"}: the same line, printed and in every format`, async (t) => {
    const directory = temporaryDirectory(t);
    const ways = [
      ["--csv"],
      ...["csv", "json", "arrow", "parquet"].map((suffix) => ["-o", join(directory, `x.${suffix}`)]),
    ];
    for (const way of ways) {
      const result = await analyze("sql", kmod, query, ...way);
      t.is(result.code, code, way.join(" "));
      t.regex(result.err, message);
      t.is(result.err.split("\n").length, 2);
      t.notRegex(result.err, /defect/);
    }
  });
}

test.serial("JSON has one form for each value, and null means not known alone", async (t) => {
  const { rows, csv } = await everyWay(
    t,
    `SELECT 'NaN'::DOUBLE AS nan, '-inf'::FLOAT AS inf, NULL::DOUBLE AS unknown, 9007199254740991 AS whole, 9007199254740993 AS big,
      18446744073709551615::UBIGINT AS unsigned, 1.50::DECIMAL(9,2) AS small, 12345678901234567890.123456789::DECIMAL(38,9) AS exact,
      0.1::FLOAT AS float, '2026-01-01 00:00:00.123456789'::TIMESTAMP_NS AS ns, 'infinity'::TIMESTAMP AS forever, DATE '2026-01-01' AS day,
      '' AS empty, [1, NULL, 'nan'::DOUBLE] AS list, {'a': 9007199254740993} AS struct, TRUE AS yes`,
  );
  t.deepEqual(rows, [
    {
      nan: "NaN",
      inf: "-Infinity",
      unknown: null,
      whole: 9007199254740991,
      big: "9007199254740993",
      unsigned: "18446744073709551615",
      small: 1.5,
      exact: "12345678901234567890.123456789",
      float: 0.1,
      ns: "2026-01-01 00:00:00.123456789",
      forever: "infinity",
      day: "2026-01-01",
      empty: "",
      list: [1, null, "NaN"],
      struct: { a: "9007199254740993" },
      yes: true,
    },
  ]);
  t.regex(
    csv,
    /\nnan,-inf,,9007199254740991,9007199254740993,18446744073709551615,1\.50,12345678901234567890\.123456789,0\.1,/,
  );
  t.regex(csv, /,infinity,2026-01-01,"",/);
});

test.serial("CSV tells an empty text from nothing, and a carriage return ends no line", async (t) => {
  const { out } = await analyze(
    "sql",
    kmod,
    "SELECT NULL AS a, '' AS b, 'x' || chr(13) || 'y' AS c, '=1' AS d",
    "--csv",
  );
  t.is(out, 'a,b,c,d\n,"","x\ry",=1\n');
});

test.serial("the library's rows and columns: exact text where a number is not, and NaN as a number", async (t) => {
  const query =
    "SELECT 'NaN'::DOUBLE AS nan, 12345678901234567890.5::DECIMAL(38,9) AS exact, 'infinity'::TIMESTAMP AS forever, 1.5::DECIMAL(4,1) AS small";
  t.deepEqual(await trace.rows(query), [
    { nan: Number.NaN, exact: "12345678901234567890.500000000", forever: "infinity", small: 1.5 },
  ]);
});

test.serial("Arrow holds nothing of the process's memory where a value is not known", async (t) => {
  const path = await writeCapture(
    join(temporaryDirectory(t), "a.tpp"),
    (await linesOf(fixture("loopback"))).slice(0, 300).join(""),
    headerOf("trace_pipe"),
  );
  await using trace = await openTrace([path]);
  // Full of other things first, as a process that has worked is.
  await trace.rows("SELECT repeat('secret!!', 100) AS s FROM range(20000)");
  const table = await trace.arrow("SELECT *, CASE WHEN ord % 2 = 0 THEN 7::BIGINT END AS half FROM trace ORDER BY ord");
  let empty = 0;
  for (const [index, { name }] of table.schema.fields.entries()) {
    for (const data of table.getChildAt(index)!.data) {
      const { values, nullBitmap, length, nullCount } = data;
      const isFixed = ArrayBuffer.isView(values) && (values as unknown as { length: number }).length >= length;
      if (nullCount === 0 || !isFixed || data.valueOffsets) continue;
      for (let row = 0; row < length; row++) {
        if (((nullBitmap[row >> 3] ?? 0) >> (row & 7)) & 1) continue;
        empty++;
        t.is(Number((values as unknown as ArrayLike<number | bigint>)[row]), 0, name);
      }
    }
  }
  t.true(empty > 1000);
});
