/** Values of command-line options, shared by the commands' definitions. */
import { UsageError } from "./errors.ts";

export interface FormatOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new UsageError(`${text}: not a time; give seconds, such as 2.5`);
  return value;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6 };

/** Length of a window: seconds, or with a unit as in 100ms. */
export function windowSeconds(text: string): number {
  const [, number = "", unit = "s"] = /^(.*?)\s*(s|ms|us)?$/.exec(text.trim()) ?? [];
  const value = seconds(number) * (unitSeconds[unit] ?? 1);
  if (value < 1e-6)
    throw new UsageError(`${text}: a window needs a length above 0; give seconds, such as 0.1, or 100ms`);
  return value;
}

export function flowNumbers(text: string, before: number[] = []): number[] {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${text}: not a flow; give its number in \`analyze flows\``);
  return [...before, Number(text)];
}
