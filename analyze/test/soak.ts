/**
 * node analyze/test/soak.ts [ROUNDS]: six queries and three pictures of one trace at the same time, again and again,
 * each compared with what it gives alone. Ends with 1 where one differs. A short form of it is in library.test.ts.
 */

import { fixture } from "../../test/support/analyze.ts";
import { openTrace } from "../index.ts";

const rounds = Number(process.argv[2] ?? 1000);
const queries = Array.from({ length: 6 }, (_, index) => `SELECT ord, t, flow FROM trace WHERE ord > ${index}`);
await using trace = await openTrace([fixture("shaped-loss")]);
const alone: number[] = [];
for (const query of queries) alone.push((await trace.arrow(query)).numRows);
const windows = [0.1, 1, 5];
const drawn: string[] = [];
for (const window of windows) drawn.push(JSON.stringify((await trace.plot("goodput", { window })).spec));
let short = 0;
let mixed = 0;
for (let round = 0; round < rounds; round++) {
  const together = await Promise.all(queries.map((query) => trace.arrow(query)));
  short += together.filter(({ numRows }, index) => numRows !== alone[index]).length;
  if (round % 20 > 0) continue;
  const pictures = await Promise.all(windows.map((window) => trace.plot("goodput", { window })));
  mixed += pictures.filter(({ spec }, index) => JSON.stringify(spec) !== drawn[index]).length;
}
console.log(
  `${rounds} rounds of ${queries.length} queries at once (${alone.join(", ")} rows): ${short} results not whole; pictures with another's window: ${mixed}`,
);
process.exitCode = short + mixed === 0 ? 0 : 1;
