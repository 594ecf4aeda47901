/** `analyze check`: assertions against captures, with a JUnit report. */
import { open, writeFile } from "node:fs/promises";
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { type Assertion, assertionOfText, readAssertions } from "../check/assertions.ts";
import { evaluate, type Outcome } from "../check/evaluate.ts";
import { type CheckError, isJunit, junit } from "../check/junit.ts";
import { report } from "../check/report.ts";
import { jsonText } from "../database/values.ts";
import { NotAReportError, NothingToCheckError, OutputExistsError, UsageError } from "../errors.ts";
import { OutputFile } from "../export/file.ts";
import { plural } from "../terminal/units.ts";
import { type CommandIo, filesOf, withTrace } from "./open.ts";

export interface CheckOptions {
  readonly assert?: readonly string[];
  readonly assertions?: string;
  readonly flow?: readonly number[];
  readonly junit?: string;
  readonly json?: boolean;
}

/**
 * Checks assertions against captures. Returns 0 if all hold for every chosen flow, and 1 if one does not hold or is not
 * known. An error that prevents a verdict is thrown, and written to the JUnit report too. Otherwise an older report
 * would be taken for this run's.
 */
export async function check(paths: readonly string[], options: CheckOptions, io: CommandIo): Promise<number> {
  await using file = options.junit === undefined ? null : await openReport(options.junit, paths, options);
  const outcomes: Outcome[] = [];
  const errors: CheckError[] = [];
  try {
    await holdAll(paths, options, io, outcomes, errors);
  } catch (error) {
    errors.push({ assertion: null, error: error as Error });
  }
  await file?.write((path) => writeFile(path, junit(paths.join(" "), outcomes, errors)));
  const [first] = errors;
  if (first) throw first.error;
  const failed = outcomes.filter(({ holds }) => holds !== true).length;
  // Not awaited: the exit code is the answer even if the reader goes away, as with `analyze check … | head -1`.
  if (options.json) io.stdout.write(`${jsonText(outcomes, 2)}\n`);
  else {
    const verdict = failed === 0 ? "all hold" : `${failed} of ${plural(outcomes.length, "check")} failed`;
    io.stdout.write(`${report(outcomes)}${verdict}\n`);
  }
  return failed === 0 ? exitCodes.ok : exitCodes.doesNotHold;
}

/** Fills `outcomes` with what was found, and `errors` with why an assertion could not be checked. */
async function holdAll(
  paths: readonly string[],
  options: CheckOptions,
  io: CommandIo,
  outcomes: Outcome[],
  errors: CheckError[],
): Promise<void> {
  const assertions: Assertion[] = (options.assert ?? []).map(assertionOfText);
  if (options.assertions) assertions.push(...(await readAssertions(options.assertions)));
  if (assertions.length === 0)
    throw new UsageError('nothing to check: give --assert "goodput_bps > 9e6", or a file with --assertions');
  await withTrace(paths, io, async (trace) => {
    for (const assertion of assertions) {
      try {
        const found = await evaluate(trace, assertion, options.flow);
        if (found.length === 0) throw new NothingToCheckError();
        outcomes.push(...found);
      } catch (error) {
        errors.push({ assertion: assertion.name, error: error as Error });
      }
    }
  });
}

/** Without -f, a report replaces an older report, as CI wants, and no other file. */
async function openReport(
  path: string,
  captures: readonly string[],
  { assertions }: CheckOptions,
): Promise<OutputFile> {
  const inputs = await filesOf(captures);
  if (assertions !== undefined) inputs.push(assertions);
  return OutputFile.open(path, { force: false, inputs, isOurs: isReport }).catch((error) => {
    throw error instanceof OutputExistsError ? new NotAReportError(path) : error;
  });
}

async function isReport(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512));
  return isJunit(buffer.toString("utf8", 0, bytesRead));
}
