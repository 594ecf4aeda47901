/** Empirical distributions, for `cdf`. */
import { numeral } from "../database/literals.ts";
import type { Trace } from "../trace/trace.ts";
import type { XY } from "./model.ts";

/** Points of the distribution function of a name. Each is at the largest value in a pixel column. */
export interface Distribution {
  readonly name: string;
  readonly count: number;
  readonly points: readonly XY[];
}

interface Row {
  readonly name: string;
  readonly x: number;
  readonly below: number;
  readonly n: number;
}

export interface Extent {
  readonly low: number;
  readonly high: number;
  readonly p99: number;
  readonly p1: number;
}

/** The range of values. `rows` has the columns name and value. */
export async function extentOf(trace: Trace, rows: string): Promise<Extent | null> {
  const [found] = await trace.rows<{ low: number | null } & Extent>(
    `SELECT min(value)::DOUBLE AS low, max(value)::DOUBLE AS high, quantile_cont(value, 0.99)::DOUBLE AS p99, quantile_cont(value, 0.01)::DOUBLE AS p1 FROM (${rows}) WHERE value IS NOT NULL`,
  );
  return found && found.low !== null ? found : null;
}

/** SQL for the pixel column of a value, on a linear or a logarithmic axis. */
export const pixelSql = (value: string, { low, high }: Extent, isLog: boolean, columns: number): string =>
  isLog
    ? `floor((ln(${value}) - ${numeral(Math.log(low))}) * ${numeral(columns / Math.max(Math.log(high / low), 1e-12))})`
    : `floor((${value} - ${numeral(low)}) * ${numeral(columns / Math.max(high - low, 1e-12))})`;

/** For each name, the share of its values at or below each x. `rows` has the columns name and value. */
export async function distributions(
  trace: Trace,
  rows: string,
  extent: Extent,
  isLog: boolean,
  columns: number,
): Promise<Distribution[]> {
  const found = await trace.rows<Row>(`
    WITH binned AS (
      SELECT name, max(value)::DOUBLE AS x, min(value)::DOUBLE AS first, count(*) AS n FROM (${rows}) WHERE value IS NOT NULL
      GROUP BY name, ${pixelSql("value", extent, isLog, columns)}
    )
    SELECT name, x, sum(n) OVER (PARTITION BY name ORDER BY x)::DOUBLE AS below, sum(n) OVER (PARTITION BY name)::DOUBLE AS n
    FROM binned ORDER BY name, x`);
  return [...Map.groupBy(found, ({ name }) => name)].map(([name, own]) => ({
    name,
    count: own[0]!.n,
    points: own.map(({ x, below, n }) => ({ x, y: below / n })),
  }));
}
