import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { TableWriter } from "../../terminal/table.ts";

const kmod = fixture("kmod-loss");
const query = "-- how many\nSELECT count(*) AS n FROM trace;\n";

test("sql reads its query from a file, or from standard input", async (t) => {
  const path = join(temporaryDirectory(t), "q.sql");
  writeFileSync(path, query);
  const { out, err } = await analyze("sql", kmod, "--query-file", path, "--csv");
  t.is(out, "n\n4724\n", err);
  const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
  for (const args of [["-"], ["--query-file", "-"]]) {
    const run = spawnSync(process.execPath, [bin, "sql", kmod, ...args, "--csv"], { input: query, encoding: "utf8" });
    t.is(run.stdout, "n\n4724\n", run.stderr);
  }
});

test("sql without a query, with two, with an empty or a missing file: one line that says what to do", async (t) => {
  const path = join(temporaryDirectory(t), "q.sql");
  writeFileSync(path, " \n");
  for (const [args, code, message] of [
    [[], 64, /no query is given: .*--query-file/],
    [["FROM flows", "--query-file", path], 64, /not both/],
    [["--query-file", path], 64, /q\.sql: holds no query/],
    [["--query-file", `${path}.missing`], 66, /q\.sql\.missing: no such file/],
  ] as const) {
    const run = await analyze("sql", kmod, ...args);
    t.is(run.code, code);
    t.regex(run.err, /^analyze: [^\n]*\n$/);
    t.regex(run.err, message);
  }
});

test("a table's rows are written as they come, later ones no narrower than earlier", (t) => {
  const table = new TableWriter([{ header: "n", alignRight: true }, { header: "what" }]);
  t.is(
    table.lines([
      ["1", "20"],
      ["a", "b"],
    ]),
    " n  what\n 1  a\n20  b\n",
  );
  t.is(table.lines([["3"], ["c"]]), " 3  c\n");
  t.is(table.lines([["4000"], ["d"]]), "4000  d\n");
});
