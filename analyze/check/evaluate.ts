/** Holds assertions against the flows of a capture. */

import type { SqlValue } from "../database/database.ts";
import { NothingToCheckError, SqlError } from "../errors.ts";
import { dataFlows } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import type { Assertion } from "./assertions.ts";
import { mustBeExpression } from "./expression.ts";

export interface Outcome {
  readonly assertion: Assertion;
  /** "flow 3", or "all flows" where the assertion is an aggregate. */
  readonly subject: string;
  /** Null: not known, which does not pass. */
  readonly holds: boolean | null;
  /** What the names in the assertion stand for there. */
  readonly values: Readonly<Record<string, SqlValue>>;
}

/** A row of `flows` with counts of its other rows. `gaps` is of the whole capture. */
const facts = `
  SELECT flows.*, coalesce(rto_count, 0) AS rto_events, coalesce(spurious_count, 0) AS spurious_rtos, coalesce(probe_count, 0) AS window_probes,
    coalesce(gap_count, 0) AS gaps
  FROM flows
  LEFT JOIN (
    SELECT flow, count(CASE WHEN kind <> 'window probe' THEN 1 END) AS rto_count, count(CASE WHEN spurious THEN 1 END) AS spurious_count,
      count(CASE WHEN kind = 'window probe' THEN 1 END) AS probe_count
    FROM rto_events GROUP BY flow
  ) USING (flow)
  LEFT JOIN (SELECT capture, count(*) AS gap_count FROM gaps GROUP BY capture) USING (capture)`;

/**
 * One outcome a flow, or one in all for an aggregate. Throws a UsageError for what is no expression, a SqlError for one
 * that fails over those names, and a NothingToCheckError where there is no flow: an aggregate of none would hold.
 */
export async function evaluate(
  trace: Trace,
  assertion: Assertion,
  flows: readonly number[] | undefined,
): Promise<Outcome[]> {
  await mustBeExpression(trace.database, assertion.expression);
  await trace.need("flows", "rto_events", "gaps");
  const wanted = await dataFlows(trace, assertion.flows ?? flows);
  if (await trace.database.value<boolean>(`SELECT count(*) = 0 FROM flows WHERE flow IN (${wanted})`))
    throw new NothingToCheckError();
  const chosen = `(SELECT * FROM (${facts}) WHERE flow IN (${wanted})) AS facts`;
  const holds = `CAST((\n${assertion.expression}\n) AS BOOLEAN) AS _holds`;
  const names = await namesIn(trace, assertion.expression);
  const query = (select: string, order: string) => `SELECT ${select} FROM ${chosen} ${order}`;
  const shown = names.map((name) => `"${name}"`);
  try {
    const rows = await trace.rows<Record<string, SqlValue>>(
      query([`flow AS _flow`, holds, ...shown].join(", "), "ORDER BY flow"),
    );
    return rows.map(({ _flow, _holds, ...values }) => ({
      assertion,
      subject: `flow ${_flow}`,
      holds: truth(_holds),
      values,
    }));
  } catch (error) {
    if (!/GROUP BY|aggregate/i.test((error as Error).message)) throw new SqlError(error as Error);
  }
  try {
    const aggregates = [...assertion.expression.matchAll(/\b\w+\(\s*\w+\s*\)/g)].map(([text]) => text);
    const [row = {}] = await trace.rows<Record<string, SqlValue>>(
      query([holds, ...aggregates.map((text) => `${text} AS "${text}"`)].join(", "), ""),
    );
    const { _holds, ...values } = row;
    return [{ assertion, subject: "all flows", holds: truth(_holds), values }];
  } catch (error) {
    throw new SqlError(error as Error);
  }
}

const truth = (value: SqlValue | undefined): boolean | null =>
  value === null || value === undefined ? null : Boolean(value);

async function namesIn(trace: Trace, expression: string): Promise<string[]> {
  const words = new Set(expression.match(/[A-Za-z_]\w*/g) ?? []);
  return (await trace.database.columnNames(facts)).filter((name) => words.has(name));
}
