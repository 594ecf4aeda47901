/** Lengths on paper or on a screen. */
import { UsageError } from "../errors.ts";
import { decimal } from "./options.ts";

/** Pixels of 1/96 inch in each unit. */
const units: Readonly<Record<string, number>> = { px: 1, mm: 96 / 25.4, cm: 96 / 2.54, in: 96 };

/** A length with its unit, in pixels. */
export function length(text: string): number {
  const [, number = "", unit = "px"] = /^\s*(.*?)\s*(px|mm|cm|in)?\s*$/i.exec(text) ?? [];
  const value = decimal(number) * (units[unit.toLowerCase()] ?? 1);
  if (Number.isNaN(value)) throw new UsageError(`${text}: not a length. Give one such as 84mm, 8.4cm, 3.3in or 400px`);
  if (value < 80 || value > 10_000)
    throw new UsageError(`${text}: not a size for a picture. Give one from 80px (21mm) to 10000px (2645mm)`);
  return value;
}

/** A size of characters in points, as pixels. */
export function points(text: string): number {
  const value = decimal(text.replace(/\s*pt\s*$/i, ""));
  if (!(value >= 3 && value <= 72)) throw new UsageError(`${text}: not a size of characters. Give points from 3 to 72`);
  return (value * 96) / 72;
}
