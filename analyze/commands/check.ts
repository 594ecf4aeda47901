import { type Assertion, readAssertions } from "../check/assertions.ts";
import { evaluate, type Outcome } from "../check/evaluate.ts";
import { junit } from "../check/junit.ts";
import { report } from "../check/report.ts";
import { NothingToCheckError, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { writeText, writeWhole } from "../output/file.ts";
import { plural } from "../output/units.ts";
import { withTrace } from "./open.ts";

export interface CheckOptions {
  readonly assert?: readonly string[];
  readonly assertions?: string;
  readonly flow?: readonly number[];
  readonly junit?: string;
  readonly json?: boolean;
}

const exitPassed = 0;
const exitFailed = 1;

/** Holds assertions against captures. Returns 0 where all hold for every chosen flow, 1 where one does not or is not known. */
export async function check(paths: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const begin = performance.now();
  const assertions: Assertion[] = (options.assert ?? []).map((expression) => ({ name: expression, expression }));
  if (options.assertions) assertions.push(...(await readAssertions(options.assertions)));
  if (assertions.length === 0)
    throw new UsageError('nothing to check: give --assert "goodput_bps > 9e6", or a file with --assertions');
  return withTrace(paths, io, async (trace) => {
    const outcomes: Outcome[] = [];
    for (const assertion of assertions) {
      const found = await evaluate(trace, assertion, options.flow);
      if (found.length === 0) throw new NothingToCheckError();
      outcomes.push(...found);
    }
    if (options.junit) {
      const xml = junit(paths.join(" "), outcomes, (performance.now() - begin) / 1000);
      await writeWhole(options.junit, true, (path) => writeText(path, xml));
    }
    const failed = outcomes.filter(({ holds }) => holds !== true).length;
    if (options.json) io.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
    else {
      const verdict = failed === 0 ? "all hold" : `${failed} of ${plural(outcomes.length, "check")} failed`;
      io.stdout.write(`${report(outcomes)}${verdict}\n`);
    }
    return failed === 0 ? exitPassed : exitFailed;
  });
}
