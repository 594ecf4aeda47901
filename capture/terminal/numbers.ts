/** Numbers as the totals print them. */
import type { LossTotals } from "@tcpprobe-plus/tpp/write";

/** 1234567 as "1 234 567". */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, " ");

/** Bytes with a unit of 1000s, three digits. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(value)));
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export const totalLost = (lost: LossTotals): number => Object.values(lost).reduce((sum, count) => sum + count, 0);

/** `0`, or the sum with its causes. */
export function formatLost(lost: LossTotals): string {
  const causes = Object.entries(lost).filter(([, count]) => count > 0);
  if (causes.length === 0) return "0";
  const sum = formatCount(totalLost(lost));
  return `${sum} (${causes.map(([cause, count]) => `${cause} ${formatCount(count)}`).join(", ")})`;
}
