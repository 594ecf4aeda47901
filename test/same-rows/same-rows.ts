/**
 * Every view of every recording, before against after a change of the code:
 *
 *     mkdir /tmp/old && git archive 654fc87 | tar -x -C /tmp/old && cp -al node_modules /tmp/old
 *     node test/same-rows/same-rows.ts dump /tmp/before --code /tmp/old
 *     node test/same-rows/same-rows.ts dump /tmp/after
 *     node test/same-rows/same-rows.ts compare /tmp/before /tmp/after    # ends with 1 where anything differs
 *
 * Both dumps are made by one checkout's script, which says what is opened. `dump FOLDER --only NAME` takes the inputs
 * whose name holds NAME. `compare` lets doubles differ by `--tolerance` (1e-12) of their value and says which did: sums
 * differ so much from run to run, with the order in which threads add. `--ignore flows.cong` leaves out a column;
 * without a view, that of all.
 */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compareDumps } from "./compare.ts";
import { dumpInput } from "./dump.ts";
import { sameRowsInputs } from "./inputs.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    code: { type: "string", default: fileURLToPath(new URL("../..", import.meta.url)) },
    only: { type: "string", default: "" },
    tolerance: { type: "string", default: "1e-12" },
    ignore: { type: "string", multiple: true, default: [] },
    examples: { type: "string", default: "2" },
  },
});
const [command, ...folders] = positionals;

if (command === "dump" && folders.length === 1) {
  const output = resolve(folders[0]!);
  await mkdir(output, { recursive: true });
  const inputs = sameRowsInputs().filter(({ name }) => name.includes(values.only));
  const errors: string[] = [];
  for (const [index, input] of inputs.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${index + 1} of ${inputs.length}: ${input.name}`);
    errors.push(...(await dumpInput(input, resolve(values.code), output)));
  }
  for (const line of errors) console.log(line);
  console.log(`${inputs.length} inputs in ${output}, ${errors.length} things that could not be read or asked`);
} else if (command === "compare" && folders.length === 2) {
  const { differences, tolerated, views, rows } = await compareDumps(folders[0]!, folders[1]!, {
    tolerance: Number(values.tolerance),
    ignore: values.ignore,
    examples: Number(values.examples),
  });
  for (const line of differences) console.log(line);
  for (const [column, count] of [...tolerated].sort()) console.log(`within the tolerance: ${column}, ${count} values`);
  console.log(
    `${rows} rows of ${views} tables compared: ${differences.length === 0 ? "all the same" : `${differences.length} differences`}`,
  );
  process.exitCode = differences.length === 0 ? 0 : 1;
} else {
  console.error(
    "usage: same-rows.ts dump FOLDER [--code CHECKOUT] [--only NAME] | compare BEFORE AFTER [--tolerance N] [--ignore COLUMN]",
  );
  process.exitCode = 64;
}
