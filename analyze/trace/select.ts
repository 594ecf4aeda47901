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
 * SQL of the flows that carry data: those asked for; else those that sql/_data_flows.sql says do.
 */
export async function dataFlows(trace: Trace, asked: readonly number[] | undefined): Promise<string> {
  if (asked) return `SELECT flow FROM flows ${await flowFilter(trace, asked)}`;
  await trace.need("_data_flows");
  return "SELECT flow FROM _data_flows WHERE carries_data";
}

/** An end of a connection as text, from SQL of its address and port. */
export const endSql = (address: string, port: string): string =>
  `CASE WHEN ${address} LIKE '%:%' THEN '[' || ${address} || ']' ELSE ${address} END || ':' || ${port}`;

/** SQL of both ends of a row of `flows`, local first. */
export const endsSql = `${endSql("saddr", "sport")} || ' > ' || ${endSql("daddr", "dport")}`;
