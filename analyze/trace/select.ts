/** SQL that several commands share: which flows, and their ends as text. */
import { wholeNumeral } from "../database/literals.ts";
import { NoSuchFlowError } from "../errors.ts";
import type { Trace } from "./trace.ts";

/** `WHERE flow IN (…)` for the flows asked for, nothing for all. Throws a NoSuchFlowError. */
export async function flowFilter(trace: Trace, asked: readonly number[] | undefined): Promise<string> {
  if (asked === undefined) return "";
  const count = Number(await trace.database.value("SELECT count(DISTINCT flow) FROM trace WHERE flow IS NOT NULL"));
  const missing = asked.find((flow) => !(Number.isInteger(flow) && flow >= 1 && flow <= count));
  if (missing !== undefined) throw new NoSuchFlowError(missing, count);
  return `WHERE flow IN (${asked.map(wholeNumeral).join(", ")})`;
}

/**
 * SQL of the flows that carry data: those asked for; else those of each capture that had at least a hundredth of the
 * bytes acknowledged of the one with most (so not the receiving end of a one-way transfer, nor a control connection).
 */
export async function dataFlows(trace: Trace, asked: readonly number[] | undefined): Promise<string> {
  if (asked) return `SELECT flow FROM flows ${await flowFilter(trace, asked)}`;
  return `SELECT flow FROM (
    SELECT flow, coalesce(acked_bytes, 0) AS acked, max(coalesce(acked_bytes, 0)) OVER (PARTITION BY capture) AS most FROM flows
  ) WHERE acked * 100 >= most AND most > 0`;
}

/** An end of a connection as text, from SQL of its address and port. */
export const endSql = (address: string, port: string): string =>
  `CASE WHEN ${address} LIKE '%:%' THEN '[' || ${address} || ']' ELSE ${address} END || ':' || ${port}`;

/** SQL of both ends of a row of `flows`, local first. */
export const endsSql = `${endSql("saddr", "sport")} || ' > ' || ${endSql("daddr", "dport")}`;
