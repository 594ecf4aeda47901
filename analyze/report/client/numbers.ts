/** Numbers as the page shows them. What is not known is said to be so. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { pickScale, type Scales } from "../../plots/definition.ts";
import { bitsPerSecond, bytes, count } from "../../terminal/units.ts";

export const notKnown = "not known";

/** A time on the axis, with as many digits as the length of the range asks for. */
export function timeText(seconds: number, length_s: number): string {
  const digits = Math.min(Math.max(3 - Math.floor(Math.log10(Math.max(length_s, 1e-6))), 0), 6);
  return `${seconds.toFixed(digits)} s`;
}

/** A value with the unit that fits it. Three to four digits. */
export function valueText(value: number, scales: Scales): string {
  if (Number.isNaN(value)) return notKnown;
  const { divisor, unit } = pickScale(scales, Math.abs(value));
  const scaled = value / divisor;
  const digits = Number.isInteger(scaled) ? 0 : Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0;
  return `${scaled.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
}

export function rangeText(low: number, high: number, scales: Scales): string {
  const [from, to] = [valueText(low, scales), valueText(high, scales)];
  return from === to ? to : `${from} to ${to}`;
}

export { bitsPerSecond, bytes, count, foreignText };
