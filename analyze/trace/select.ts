/** SQL that several commands share: selecting flows, and showing their ends as text. */
import { wholeNumeral } from "../database/literals.ts";
import { NoSuchFlowError } from "../errors.ts";
import type { Trace } from "./trace.ts";

/** `WHERE flow IN (…)` for the requested flows, or "" for all flows. Throws a NoSuchFlowError. */
export const flowFilter = async (trace: Trace, asked: readonly number[] | undefined): Promise<string> =>
  asked === undefined ? "" : `WHERE ${await flowCondition(trace, asked)}`;

/**
 * `flow IN (…)` for the requested flows. `by`: the view by which flows are counted; `flows` where it is made already,
 * as records can be read only once. Throws a NoSuchFlowError.
 */
export async function flowCondition(
  trace: Trace,
  asked: readonly number[],
  by: "trace" | "flows" = "trace",
): Promise<string> {
  const count = Number(await trace.database.value(`SELECT count(DISTINCT flow) FROM ${by} WHERE flow IS NOT NULL`));
  const missing = asked.find((flow) => !(Number.isInteger(flow) && flow >= 1 && flow <= count));
  if (missing !== undefined) throw new NoSuchFlowError(missing, count);
  return `flow IN (${asked.map(wholeNumeral).join(", ")})`;
}

/**
 * A SELECT of the requested flows. By default these are the flows that carry data (sql/_data_flows.sql).
 */
export async function dataFlows(trace: Trace, asked: readonly number[] | undefined): Promise<string> {
  if (asked) return `SELECT flow FROM flows ${await flowFilter(trace, asked)}`;
  await trace.need("_data_flows");
  // Of which it is not known counts: what is said of all would leave it out unseen.
  return "SELECT flow FROM _data_flows WHERE carries_data IS NOT FALSE";
}

/** SQL for an end of a connection as text. `address` and `port` are SQL expressions. */
export const endSql = (address: string, port: string): string =>
  `CASE WHEN ${address} LIKE '%:%' THEN '[' || ${address} || ']' ELSE ${address} END || ':' || ${port}`;

/** SQL for both ends of a row of `flows`, local end first. */
export const endsSql = `${endSql("saddr", "sport")} || ' > ' || ${endSql("daddr", "dport")}`;
