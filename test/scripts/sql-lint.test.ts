import test from "ava";
import { formatted, wrongInSqlFiles } from "../../scripts/sql/files.ts";
import { lint, rules } from "../../scripts/sql/lint.ts";

const clean = `-- needs: _trace, captures
SELECT _trace.capture, flow, floor(t / 2)::BIGINT AS w, max_by(snd_cwnd, CASE WHEN snd_cwnd IS NOT NULL THEN ord END) AS last_cwnd,
  sum(length_bytes) / nullif(count(*), 0) AS mean_bytes, min(ord) AS ord
FROM _trace JOIN captures ON captures.capture = _trace.capture
GROUP BY _trace.capture, flow, w
ORDER BY flow, mean_bytes NULLS FIRST;
`
  .split("\n")
  .map((line) => line.slice(0, 119))
  .join("\n");

const select = (columns: string, rest = "") => `-- needs: captures\nSELECT ${columns} FROM captures ${rest};\n`;
const records = (columns: string, rest = "") => `-- needs: _trace\nSELECT ${columns} FROM _trace ${rest};\n`;

/** Of each rule, by how its name begins: what it must find. */
const faults: Readonly<Record<string, readonly string[]>> = {
  "a list's": [select("quantiles[1]"), select("[1, 2] AS both")],
  unnest: [select("unnest(list) AS one")],
  "range:": [select("explode(range(1, 3)) AS one"), "SELECT 1 FROM range(3);\n"],
  "IGNORE NULLS": [select("first_value(capture IGNORE NULLS) OVER (PARTITION BY capture)")],
  EXCLUDE: [select("* EXCLUDE (path)"), select("captures.* REPLACE (1 AS capture)"), select("* RENAME (path AS p)")],
  "UNION BY NAME": [select("capture", "UNION ALL BY NAME SELECT path FROM captures")],
  "//": [select("capture // 2")],
  "a name in": [select('"capture"')],
  "a backslash": [select("path LIKE 'a\\_b'")],
  "a cast to an": [select("capture::UINTEGER"), select("CAST(capture AS UBIGINT)"), select("path::ca_state")],
  "a hidden": [select("getvariable('window_s')")],
  "a file": ["SELECT 1 FROM read_parquet('x.parquet');\n"],
  CREATE: ["CREATE MACRO f(x) AS x;\n", "CREATE TYPE e AS ENUM ('a');\n", "CREATE VIEW v AS SELECT 1;\n"],
  ANTI: [select("capture", "ANTI JOIN captures AS other USING (capture)")],
  MATERIALIZED: ["WITH a AS MATERIALIZED (SELECT 1) SELECT 1 FROM a;\n"],
  max_by: [records("max_by(snd_cwnd, ord)", "GROUP BY capture"), records("min_by(snd_cwnd, t)", "GROUP BY capture")],
  "a cast of a double": [records("(t / 2)::BIGINT"), records("since_s::BIGINT"), records("(snd_cwnd * 1e9)::BIGINT")],
  "a division": [records("ord / snd_cwnd"), records("ord / (snd_cwnd + 1)")],
  "ORDER BY": [select("row_number() OVER (ORDER BY path)"), select("capture", "ORDER BY realtime_ns DESC")],
  "a key": [
    records("flow", "GROUP BY flow"),
    records("count(*) OVER (PARTITION BY flow)"),
    records("1", "JOIN _trace AS other USING (flow, ord)"),
    records("1", "JOIN _trace AS other ON other.flow = _trace.flow AND other.ord = _trace.ord"),
  ],
  "a window in": [
    records("lag(t) OVER (PARTITION BY capture, flow ORDER BY ord)"),
    records("lag(t) OVER in_order", "WINDOW in_order AS (PARTITION BY capture, flow ORDER BY ord)"),
    `-- needs: trace\nWITH a AS (SELECT lead(t) OVER (ORDER BY ord) AS x FROM trace) SELECT x FROM a;\n`,
  ],
  "a name that": [select("capture AS step"), "WITH pieces AS (SELECT 1) SELECT 1 FROM pieces;\n"],
  "`-- needs:`": ["SELECT 1 FROM captures;\n", "-- needs: captures, losses\nSELECT 1 FROM captures;\n"],
  "more, or": [
    "-- needs: captures\nSELECT 1 FROM captures; SELECT 2 FROM captures;\n",
    "-- needs: captures\nSELECT 1 FROM captures\n",
  ],
  "a line of": [select(`1 AS ${"x".repeat(120)}`)],
};

test("a clean file has no finding, and a comment or a text breaks no rule", (t) => {
  t.deepEqual(
    lint(clean.replace(/^SELECT (.*)\n/m, "SELECT $1\n")).filter(({ rule }) => !rule.startsWith("a line of")),
    [],
  );
  t.deepEqual(lint(`-- needs: captures\n-- x[1] // "a" unnest(\nSELECT 'x[1] // unnest(' AS a FROM captures;\n`), []);
});

for (const [rule, find] of Object.entries(faults)) {
  test(`the lint finds: ${rule}`, (t) => {
    const name = Object.keys(rules).find((name) => name.startsWith(rule));
    t.truthy(name);
    for (const sql of find)
      t.true(
        lint(sql).some((finding) => finding.rule === name),
        sql,
      );
  });
}

test("every rule is shown to find something", (t) => {
  for (const name of Object.keys(rules))
    t.true(
      Object.keys(faults).some((begin) => name.startsWith(begin)),
      name,
    );
});

test("the files of analyze/sql break no rule and are formatted, which formatting again leaves as they are", (t) => {
  t.deepEqual(wrongInSqlFiles(), []);
  t.is(formatted(formatted(clean)), formatted(clean));
  t.not(formatted(clean), clean);
});
