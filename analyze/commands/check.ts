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
import { holdPack, type RuleOutcome } from "../packs/hold.ts";
import { packNames } from "../packs/names.ts";
import { type Pack, readPack } from "../packs/pack.ts";
import { rulesReport, rulesVerdict } from "../packs/report.ts";
import { plural } from "../terminal/units.ts";
import { dataFlows } from "../trace/select.ts";
import { type CommandIo, filesOf, withTrace } from "./open.ts";

export interface CheckOptions {
  readonly assert?: readonly string[];
  readonly assertions?: string;
  /** Names or paths; true: which are there? */
  readonly pack?: readonly string[] | true;
  readonly flow?: readonly number[];
  readonly junit?: string;
  readonly json?: boolean;
}

/**
 * Checks assertions and rules against captures. Returns 0 if all hold for every chosen flow, 1 if an assertion does not
 * hold or is not known or a rule is broken, and 3 if a rule cannot be told and nothing worse is. An error that prevents
 * a verdict is thrown, and written to the JUnit report too. Otherwise an older report would be taken for this run's.
 */
export async function check(paths: readonly string[], options: CheckOptions, io: CommandIo): Promise<number> {
  if (options.pack === true || paths.length === 0) return await listPacks(paths, options, io);
  await using file = options.junit === undefined ? null : await openReport(options.junit, paths, options);
  const outcomes: Outcome[] = [];
  const rules: RuleOutcome[] = [];
  const errors: CheckError[] = [];
  try {
    await holdAll(paths, options, io, { outcomes, rules, errors });
  } catch (error) {
    errors.push({ assertion: null, error: error as Error });
  }
  await file?.write((path) => writeFile(path, junit(paths.join(" "), outcomes, rules, errors)));
  const [first] = errors;
  if (first) throw first.error;
  const failed = outcomes.filter(({ holds }) => holds !== true).length;
  // Not awaited: the exit code is the answer even if the reader goes away, as with `analyze check … | head -1`.
  if (options.json) io.stdout.write(`${jsonText([...outcomes, ...rules], 2)}\n`);
  else {
    const verdict = failed === 0 ? "all hold" : `${failed} of ${plural(outcomes.length, "check")} failed`;
    if (outcomes.length > 0) io.stdout.write(`${report(outcomes)}${verdict}\n`);
    if (rules.length > 0) io.stdout.write(`${rulesReport(rules)}${rulesVerdict(rules)}\n`);
  }
  if (failed > 0 || rules.some(({ verdict }) => verdict === "broken")) return exitCodes.doesNotHold;
  return rules.some(({ verdict }) => verdict === "cannot tell") ? exitCodes.cannotTell : exitCodes.ok;
}

/** Without a name behind --pack: which there are, and what each is of. */
async function listPacks(paths: readonly string[], { pack }: CheckOptions, io: CommandIo): Promise<number> {
  if (pack !== true) throw new UsageError("no capture is given. Name one or more");
  for (const name of packNames) {
    const { about, rules } = await readPack(name);
    io.stdout.write(`${name.padEnd(8)}  ${about} (${plural(rules.length, "rule")})\n`);
  }
  if (paths.length === 0) return exitCodes.ok;
  throw new UsageError("--pack needs a name: give one of these, or the path of a file of your own");
}

interface Found {
  readonly outcomes: Outcome[];
  readonly rules: RuleOutcome[];
  /** Why an assertion or a pack could not be checked. */
  readonly errors: CheckError[];
}

/** Fills `found`. */
async function holdAll(
  paths: readonly string[],
  options: CheckOptions,
  io: CommandIo,
  { outcomes, rules, errors }: Found,
): Promise<void> {
  const packs: Pack[] = [];
  for (const name of Array.isArray(options.pack) ? options.pack : []) packs.push(await readPack(name));
  const assertions: Assertion[] = (options.assert ?? []).map(assertionOfText);
  if (options.assertions) assertions.push(...(await readAssertions(options.assertions)));
  if (assertions.length + packs.length === 0)
    throw new UsageError(
      'nothing to check: give --assert "goodput_bps > 9e6", a file with --assertions, or rules with --pack',
    );
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
    for (const pack of packs) {
      try {
        rules.push(...(await holdPack(trace, pack, await dataFlows(trace, options.flow))));
      } catch (error) {
        errors.push({ assertion: pack.name, error: error as Error });
      }
    }
  });
}

/** Without -f, a report replaces an older report, as CI wants, and no other file. */
async function openReport(
  path: string,
  captures: readonly string[],
  { assertions, pack }: CheckOptions,
): Promise<OutputFile> {
  const inputs = await filesOf(captures);
  if (assertions !== undefined) inputs.push(assertions);
  if (Array.isArray(pack)) inputs.push(...pack.filter((name) => !(packNames as readonly string[]).includes(name)));
  return OutputFile.open(path, { force: false, inputs, isOurs: isReport }).catch((error) => {
    throw error instanceof OutputExistsError ? new NotAReportError(path) : error;
  });
}

async function isReport(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512));
  return isJunit(buffer.toString("utf8", 0, bytesRead));
}
