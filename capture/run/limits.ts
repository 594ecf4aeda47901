/** Parses sizes and times given on the command line. */
import { BadDurationError, BadRotationError, BadSizeError } from "../errors.ts";

/** When to begin a new file. */
export type Rotation = { readonly bytes: number } | { readonly seconds: number };

const bytesOf: Readonly<Record<string, number>> = {
  B: 1,
  ...{ k: 1e3, kB: 1e3, M: 1e6, MB: 1e6, G: 1e9, GB: 1e9, T: 1e12, TB: 1e12 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
};
const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86400 };

const shortSecondsOf: Readonly<Record<string, number>> = { ms: 1e-3, ...secondsOf };

const smallestBytes = 10_000;
const smallestSeconds = 1;
const largest = Number.MAX_SAFE_INTEGER;

function amount(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit ?? "") ? units[unit!] : undefined;
  return number === undefined || factor === undefined ? null : Math.round(Number(number) * factor * 1000) / 1000;
}

/** A time in seconds, or with a unit: `10`, `0.5`, `90s`, `10m`. Null for anything else. */
export const secondsIn = (text: string): number | null =>
  /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : amount(text, shortSecondsOf);

/** Throws a BadDurationError. */
export function parseDuration(text: string): number {
  const seconds = secondsIn(text);
  if (seconds === null || seconds < 0.001 || seconds > 2_000_000) throw new BadDurationError(text);
  return seconds;
}

const wholeBytes = (text: string): number | null => {
  const bytes = amount(text, bytesOf);
  return bytes === null ? null : Math.round(bytes);
};

/** A size such as `100MB`, `1.5GiB`, `500k`. Throws a BadSizeError. */
export function parseSize(text: string): number {
  const bytes = wholeBytes(text);
  if (bytes === null || bytes < smallestBytes || bytes > largest) throw new BadSizeError(text);
  return bytes;
}

/** A size, or a time such as `60s`, `10m`, `1h`. Throws a BadRotationError. */
export function parseRotation(text: string): Rotation {
  const seconds = amount(text, secondsOf);
  if (seconds !== null && seconds >= smallestSeconds && seconds <= 2_000_000) return { seconds };
  const bytes = wholeBytes(text);
  if (bytes !== null && bytes >= smallestBytes && bytes <= largest) return { bytes };
  throw new BadRotationError(text);
}
