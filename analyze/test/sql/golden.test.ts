/** Each golden case gives what a person has worked out for it; test/support/golden.ts says what a case is. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, headerOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { goldenCases } from "../../../test/support/golden.ts";

const cases = goldenCases();

for (const { view, name, read, header } of cases) {
  test(`${view}: ${name.replaceAll("-", " ")}`, async (t) => {
    const query = read("query.sql");
    const window = /^-- window: (\S+) s$/m.exec(query)?.[1];
    const path = join(temporaryDirectory(t), "golden.tpp");
    await writeCapture(path, read("trace.txt"), headerOf(header.text, header));
    const options = window ? ["--window", window] : [];
    // Behind `--`, since a query that begins with a comment looks like an option.
    const result = await analyze("sql", "--csv", ...options, "--", path, query);
    t.is(result.code, 0, result.err);
    t.is(result.out, read("expected.csv"));
    t.false(/left out/.test(result.err), result.err);
  });
}

test("every view has a case", (t) => {
  const queries = cases.map(({ read }) => read("query.sql").replaceAll(/^--.*$/gm, ""));
  const sql = readdirSync(new URL("../../sql/", import.meta.url)).filter((file) => /^[^_].*\.sql$/.test(file));
  t.true(sql.length >= 10);
  for (const view of sql.map((file) => file.slice(0, -".sql".length)))
    t.true(
      queries.some((query) => new RegExp(`\\b(FROM|JOIN) ${view}\\b`).test(query)),
      view,
    );
});

test("every case is whole", (t) => {
  t.true(cases.length >= 15);
  for (const { folder, name } of cases)
    t.deepEqual(readdirSync(folder).sort(), ["expected.csv", "header.json", "query.sql", "trace.txt"], name);
});

test("a case stands in the folder of a view or table that it asks", (t) => {
  for (const { view, name, read } of cases) t.regex(read("query.sql"), new RegExp(`\\b(FROM|JOIN) ${view}\\b`), name);
  t.is(new Set(cases.map(({ name }) => name)).size, cases.length);
});
