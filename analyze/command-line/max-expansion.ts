/** The option --max-expansion. */
import { UsageError } from "../errors.ts";

/** Value of --max-expansion: most bytes of text allowed for each byte of a .tpp file. */
export function maxExpansion(text: string): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 1_000_000)
    throw new UsageError(`--max-expansion ${text}: not possible. Give a whole number from 1 to 1000000`);
  return value;
}
