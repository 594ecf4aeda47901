/** Means of runs, and what can be said of their difference. */
import jstat from "jstat";

/** Probability that an interval of confidence covers the true value. */
export const confidence = 0.95;

/** What several runs are together. */
export interface Sample {
  readonly runs: number;
  readonly mean: number;
  /** Standard deviation of the runs; null for a single one. */
  readonly deviation: number | null;
  /** Half of the mean's 95 % confidence interval, by Student's t; null for a single run. */
  readonly half: number | null;
}

/** Returns null where there is no value. */
export function sampleOf(values: readonly number[]): Sample | null {
  const runs = values.length;
  if (runs === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / runs;
  if (runs === 1) return { runs, mean, deviation: null, half: null };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (runs - 1));
  return { runs, mean, deviation, half: (quantile(runs - 1) * deviation) / Math.sqrt(runs) };
}

/** How the mean of a sample differs from that of another. */
export interface Difference {
  readonly value: number;
  /** Half of the difference's 95 % confidence interval. Null where a sample has one run, or neither varies. */
  readonly half: number | null;
  /** By Welch's t-test, two-sided: how likely a difference at least as large is if the true means are equal. */
  readonly p: number | null;
}

/** Welch's t-test: the samples need not vary by as much. B. L. Welch, Biometrika 34 (1947), 28-35. */
export function differenceOf(from: Sample, to: Sample): Difference {
  const value = to.mean - from.mean;
  if (from.deviation === null || to.deviation === null) return { value, half: null, p: null };
  const [a, b] = [from.deviation ** 2 / from.runs, to.deviation ** 2 / to.runs];
  if (a + b === 0) return { value, half: null, p: null };
  const error = Math.sqrt(a + b);
  const freedom = (a + b) ** 2 / (a ** 2 / (from.runs - 1) + b ** 2 / (to.runs - 1));
  const p = Math.min(2 * jstat.jStat.studentt.cdf(-Math.abs(value / error), freedom), 1);
  return { value, half: quantile(freedom) * error, p };
}

/** The quantile of Student's t that leaves half of what confidence leaves on either side. */
const quantile = (freedom: number): number => jstat.jStat.studentt.inv(1 - (1 - confidence) / 2, freedom);
