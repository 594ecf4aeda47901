/** Holds assertions against the flows of a capture. */

import type { SqlValue } from "../database/database.ts";
import { NothingToCheckError, SqlError, UsageError } from "../errors.ts";
import { dataFlows } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import type { Assertion } from "./assertions.ts";
import { mustBeExpression } from "./expression.ts";
import { factsSql, isCounted } from "./facts.ts";
import { withPlainNumbers } from "./quantities.ts";

export interface Outcome {
  readonly assertion: Assertion;
  /** "flow 3", or "all flows" where the assertion is an aggregate. */
  readonly subject: string;
  /** Null: not known, which does not pass. */
  readonly holds: boolean | null;
  /** Why it is not known; null: it is. */
  readonly unknown: string | null;
  /** What the names in the assertion stand for there. */
  readonly values: Readonly<Record<string, SqlValue>>;
}

interface Question {
  readonly assertion: Assertion;
  /** SQL of it. */
  readonly expression: string;
  /** SQL of the flows it is about. */
  readonly wanted: string;
  /** Names of facts in it, and those of them that stand outside `known(…)`. */
  readonly names: readonly string[];
  readonly mustBeKnown: readonly string[];
}

/**
 * One outcome a flow, or one in all for an aggregate. Throws a UsageError for what is no expression or no condition, a
 * SqlError for one that fails over those names, and a NothingToCheckError where there is no flow: an aggregate of none
 * would hold.
 */
export async function evaluate(
  trace: Trace,
  assertion: Assertion,
  flows: readonly number[] | undefined,
): Promise<Outcome[]> {
  const expression = withPlainNumbers(assertion.expression);
  await mustBeExpression(trace.database, expression);
  await trace.need("flows", "rto_events", "gaps", "captures");
  const wanted = await dataFlows(trace, assertion.flows ?? flows);
  if (await trace.database.value<boolean>(`SELECT count(*) = 0 FROM flows WHERE flow IN (${wanted})`))
    throw new NothingToCheckError();
  const all = await trace.database.columnNames(factsSql("least"));
  const mentioned = (text: string) => all.filter((name) => new RegExp(`\\b${name}\\b`, "i").test(text));
  const question: Question = {
    assertion,
    expression: expression.replaceAll(/\bknown\s*\(/gi, "("),
    wanted,
    names: mentioned(expression),
    mustBeKnown: mentioned(withoutKnown(expression)),
  };
  const isAggregate = await mustBeCondition(trace, question, all);
  return isAggregate ? [await ofAll(trace, question)] : ofEach(trace, question);
}

/** The expression without what stands in `known(…)`, where a flow of which it is not known may be left out. */
function withoutKnown(expression: string): string {
  let rest = "";
  for (let at = 0; at < expression.length; ) {
    const found = /\bknown\s*\(/gi;
    found.lastIndex = at;
    const begin = found.exec(expression);
    if (!begin) return rest + expression.slice(at);
    rest += expression.slice(at, begin.index);
    let depth = 1;
    for (at = found.lastIndex; at < expression.length && depth > 0; at++)
      depth += expression[at] === "(" ? 1 : expression[at] === ")" ? -1 : 0;
  }
  return rest;
}

const chosen = ({ wanted }: Question, lost: "least" | "most"): string =>
  `(SELECT * FROM (${factsSql(lost)}) WHERE flow IN (${wanted})) AS facts`;

/** Throws a UsageError unless it is true or false of a flow, or of all; whether it is of all. */
async function mustBeCondition(trace: Trace, question: Question, names: readonly string[]): Promise<boolean> {
  const { assertion, expression } = question;
  const fail = (why: string): never => {
    throw new UsageError(`${JSON.stringify(assertion.expression)} is not an assertion: ${why}`);
  };
  const typeOf = async (beside: string): Promise<string> => {
    const described = await trace.database.describe(
      `SELECT (\n${expression}\n) AS holds${beside} FROM ${chosen(question, "least")}`,
    );
    return described[0]!.type;
  };
  const explain = (error: Error): never => {
    const [, column] = /Referenced column "([^"]+)" (?:was )?not found/i.exec(error.message) ?? [];
    if (column !== undefined)
      fail(`there is no ${column}; names are ${names.join(", ")}; text stands in single quotes: '${column}'`);
    throw new SqlError(error);
  };
  let isAggregate = false;
  let type: string;
  try {
    type = await typeOf(", flow");
  } catch (error) {
    if (!/GROUP BY|aggregate/i.test((error as Error).message)) return explain(error as Error);
    isAggregate = true;
    try {
      type = await typeOf("");
    } catch (inner) {
      return explain(inner as Error);
    }
  }
  if (type === "BOOLEAN" || type === '"NULL"') return isAggregate;
  if (type.startsWith("STRUCT"))
    return fail(
      "a comma makes several values of it; write 9000000 or 9e6 for 9,000,000, and AND between two conditions",
    );
  return fail(
    `it is ${type === "VARCHAR" ? "a text" : `of type ${type}`}, not true or false; compare it with something, such as "goodput_bps > 9e6"`,
  );
}

const lostWhy = "records are missing or do not show all of it, so there can be more";

/** What holds whatever was lost: the same with the least and the most that there can be. */
const whateverWasLost = (least: boolean | null, most: boolean | null): boolean | null =>
  least === most ? least : null;

async function ofEach(trace: Trace, question: Question): Promise<Outcome[]> {
  const { assertion, expression, names } = question;
  const ask = (lost: "least" | "most") =>
    asked(
      trace,
      `SELECT ${["flow AS _flow", `(\n${expression}\n) AS _holds`, ...names].join(", ")} FROM ${chosen(question, lost)} ORDER BY flow`,
    );
  const least = await ask("least");
  const most = names.some(isCounted) ? await ask("most") : least;
  return least.map(({ _flow, _holds, ...values }, index) => {
    const holds = whateverWasLost(truth(_holds), truth(most[index]!._holds));
    const unknown = holds !== null ? null : truth(_holds) === null ? "not known from this source" : lostWhy;
    return { assertion, subject: `flow ${_flow}`, holds, unknown, values };
  });
}

async function ofAll(trace: Trace, question: Question): Promise<Outcome> {
  const { assertion, expression, names, mustBeKnown } = question;
  const aggregates = [...expression.matchAll(/\b\w+\(\s*\w+\s*\)/g)].map(([text]) => text);
  const shown = aggregates.map((text) => `${text} AS "${text}"`);
  const ask = async (lost: "least" | "most") =>
    (
      await asked(
        trace,
        `SELECT ${[`(\n${expression}\n) AS _holds`, ...shown].join(", ")} FROM ${chosen(question, lost)}`,
      )
    )[0] ?? {};
  const { _holds, ...values } = await ask("least");
  const most = names.some(isCounted) ? await ask("most") : { _holds };
  const missing = await firstUnknown(trace, question, mustBeKnown);
  const holds = missing === null ? whateverWasLost(truth(_holds), truth(most._holds)) : null;
  const why = missing ?? (truth(_holds) === null ? "not known from this source" : lostWhy);
  return { assertion, subject: "all flows", holds, unknown: holds === null ? why : null, values };
}

/** The first flow of which a name is not known, in words; null where all are. SQL's aggregates leave such flows out. */
async function firstUnknown(trace: Trace, question: Question, names: readonly string[]): Promise<string | null> {
  if (names.length === 0) return null;
  const lacks = `CASE ${names.map((name) => `WHEN ${name} IS NULL THEN '${name}'`).join(" ")} END`;
  const [row] = await asked(
    trace,
    `SELECT flow, ${lacks} AS name FROM ${chosen(question, "least")} WHERE ${lacks} IS NOT NULL ORDER BY flow LIMIT 1`,
  );
  return row ? `${row.name} of flow ${row.flow} is not known; known(${row.name}) leaves such flows out` : null;
}

async function asked(trace: Trace, sql: string): Promise<Record<string, SqlValue>[]> {
  try {
    return await trace.rows<Record<string, SqlValue>>(sql);
  } catch (error) {
    throw new SqlError(error as Error);
  }
}

const truth = (value: SqlValue | undefined): boolean | null =>
  value === null || value === undefined ? null : Boolean(value);
