/**
 * npm run same-bytes [-- CAPTURE…]: the same command twice gives the same bytes, for every command and format, over all
 * fixtures unless told. Ends with 1 where one does not.
 */
import { readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { askTwice } from "./twice.ts";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const given = process.argv.slice(2).map((path) => resolve(path));
const captures =
  given.length > 0
    ? given
    : readdirSync(fixtures, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".tpp"))
        .map((name) => `${fixtures}${name}`)
        .sort();

let all = 0;
for (const capture of captures) {
  const { files, different } = askTwice(capture);
  all += files;
  console.log(
    `${basename(capture)}: ${files} answers, ${different.length === 0 ? "the same" : `not the same: ${different.join(", ")}`}`,
  );
  if (different.length > 0) process.exitCode = 1;
}
console.log(`${all} answers over ${captures.length} captures`);
