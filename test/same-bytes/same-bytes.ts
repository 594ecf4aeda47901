/**
 * npm run same-bytes [-- [--before CHECKOUT] CAPTURE…]: the same command twice gives the same bytes, for every command
 * and format, over all fixtures unless told. With --before the first of the two runs in another checkout, which shows
 * what a change of the code has changed. Ends with 1 where anything differs.
 */
import { readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { askTwice } from "./twice.ts";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const { values, positionals } = parseArgs({ options: { before: { type: "string" } }, allowPositionals: true });
const given = positionals.map((path) => resolve(path));
const options = values.before === undefined ? {} : { before: resolve(values.before) };
const captures =
  given.length > 0
    ? given
    : readdirSync(fixtures, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".tpp"))
        .map((name) => `${fixtures}${name}`)
        .sort();

let all = 0;
for (const capture of captures) {
  const { files, different } = askTwice(capture, options);
  all += files;
  console.log(
    `${basename(capture)}: ${files} answers, ${different.length === 0 ? "the same" : `not the same: ${different.join(", ")}`}`,
  );
  if (different.length > 0) process.exitCode = 1;
}
console.log(`${all} answers over ${captures.length} captures`);
