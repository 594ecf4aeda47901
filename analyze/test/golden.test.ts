/**
 * golden/CASE/: trace.txt (lines cut from real recordings; header.json says how to read them), query.sql (what it
 * shows, and the numbers worked out by hand in its comments) and expected.csv, what `analyze sql --csv` must print.
 * Nothing writes expected.csv but a person.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TppHeader } from "@tcpprobe-plus/tpp";
import test from "ava";
import { analyze, headerOf, temporaryDirectory, writeCapture } from "./helpers.ts";

const folder = fileURLToPath(new URL("./golden/", import.meta.url));
const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

for (const name of cases) {
  test(name.replaceAll("-", " "), async (t) => {
    const read = (file: string): string => readFileSync(join(folder, name, file), "utf8");
    const header = JSON.parse(read("header.json")) as Partial<TppHeader> & { text: "probe" | "trace_pipe" };
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
  const queries = cases.map((name) => readFileSync(join(folder, name, "query.sql"), "utf8").replaceAll(/^--.*$/gm, ""));
  const sql = readdirSync(new URL("../sql/", import.meta.url)).filter((file) => /^[^_].*\.sql$/.test(file));
  t.true(sql.length >= 10);
  for (const view of sql.map((file) => file.slice(0, -".sql".length)))
    t.true(
      queries.some((query) => new RegExp(`\\b(FROM|JOIN) ${view}\\b`).test(query)),
      view,
    );
});

test("every case is whole", (t) => {
  t.true(cases.length >= 15);
  for (const name of cases)
    t.deepEqual(
      readdirSync(join(folder, name)).sort(),
      ["expected.csv", "header.json", "query.sql", "trace.txt"],
      name,
    );
});
