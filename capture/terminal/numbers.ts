/** Formats numbers for the totals. */
import type { LossTotals } from "@tcpprobe-plus/tpp/write";

/** 1234567 as "1 234 567". */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, " ");

export const totalLost = (lost: LossTotals): number => Object.values(lost).reduce((sum, count) => sum + count, 0);

/** `0`, or the sum and its causes. */
export function formatLost(lost: LossTotals): string {
  const causes = Object.entries(lost).filter(([, count]) => count > 0);
  if (causes.length === 0) return "0";
  const sum = formatCount(totalLost(lost));
  return `${sum} (${causes.map(([cause, count]) => `${cause} ${formatCount(count)}`).join(", ")})`;
}
