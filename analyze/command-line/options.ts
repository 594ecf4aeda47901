/** Values of command-line options, shared by the commands' definitions. */
import { mostPort, portOf } from "@tcpprobe-plus/tpp/base";
import type { Command } from "commander";
import { UsageError } from "../errors.ts";

const decimalNumber = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/**
 * A decimal number, or NaN for anything else, including the hexadecimal, octal and binary numbers that JavaScript
 * accepts.
 */
export const decimal = (text: string): number => (decimalNumber.test(text) ? Number(text) : Number.NaN);

/** A whole number from `least` to `most`, or null. */
export function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}

/** About 30 000 years. Doubles cannot distinguish times far beyond that. */
const mostSeconds = 1e12;

export function seconds(text: string): number {
  const value = decimal(text);
  if (Number.isNaN(value)) throw new UsageError(`${text}: not a time. Give seconds, such as 2.5`);
  if (Math.abs(value) > mostSeconds)
    throw new UsageError(`${text}: no capture is that long. Give seconds, such as 2.5`);
  return value;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6 };

/** Length of a window in seconds, or with a unit as in 100ms. */
export function windowSeconds(text: string): number {
  const [, number = "", unit = "s"] = /^(.*?)\s*(s|ms|us)?$/.exec(text.trim()) ?? [];
  const value = decimal(number) * (unitSeconds[unit] ?? 1);
  if (Number.isNaN(value)) throw new UsageError(`${text}: not a length. Give seconds, such as 0.1, or 100ms`);
  if (value < 1e-6)
    throw new UsageError(`${text}: a window needs a length above 0. Give seconds, such as 0.1, or 100ms`);
  if (value > mostSeconds)
    throw new UsageError(`${text}: no capture is that long. Give seconds, such as 0.1, or 100ms`);
  return value;
}

export function flowNumbers(text: string, before: number[] = []): number[] {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${text}: not a flow. Give its number in \`analyze flows\``);
  return [...before, Number(text)];
}

export function port(text: string): number {
  const value = portOf(text);
  if (value === null) throw new UsageError(`${text}: not a port. Give a number from 0 to ${mostPort}`);
  return value;
}

export const ports = (text: string, before: number[] = []): number[] => [...before, port(text)];

export function howMany(text: string): number {
  const value = wholeNumber(text, 1, 1_000_000_000);
  if (value === null) throw new UsageError(`${text}: not a number of flows. Give a whole number from 1 on`);
  return value;
}

/** Collects the values of an option that may be repeated. */
export const texts = (text: string, before: string[] = []): string[] => [...before, text];

/** Refuses an option given twice. The parser would silently drop the first value. */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if (option.variadic || option.isBoolean() || option.parseArg === (texts as typeof option.parseArg)) continue;
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      if (++given > 1) throw new UsageError(`--${option.name()} is given twice. Give it once`);
    });
  }
}
