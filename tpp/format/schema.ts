/**
 * Small checks that are combined to describe what JSON may hold. A check gets a value and its name. It returns null, or
 * one line that says what is wrong. Names that a description does not mention are accepted.
 */
import { foreignText } from "../foreign-text.ts";

export type Check = (value: unknown, name: string) => string | null;

/** The beginning of a value, for a message. */
function shown(value: unknown): string {
  if (value === undefined) return "is missing";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "object" && value !== null) return "is an object";
  if (typeof value !== "string") return `is ${value}`;
  const start = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  return `is ${foreignText(JSON.stringify(start))}`;
}

const must = (holds: boolean, value: unknown, name: string, expected: string): string | null =>
  holds ? null : `${name} ${shown(value)}, not ${expected}`;

/** A check with a text for what is expected. The text is built once, not for each value. */
function checked(holds: (value: unknown) => boolean, expected: string): Check {
  return (value, name) => must(holds(value), value, name, expected);
}

export const whole = (least: number, most: number): Check =>
  checked(
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    `a whole number from ${least} to ${most}`,
  );

/** A number that may have a fraction. */
export const real = (least: number, most: number): Check =>
  checked((value) => typeof value === "number" && value >= least && value <= most, `a number from ${least} to ${most}`);

export const yesOrNo: Check = checked((value) => typeof value === "boolean", "true or false");

export const text = (most: number, least = 0): Check =>
  checked(
    (value) => typeof value === "string" && value.length >= least && value.length <= most,
    `text of ${least} to ${most} characters`,
  );

export const matching = (pattern: RegExp, expected: string): Check =>
  checked((value) => typeof value === "string" && pattern.test(value), expected);

/** A whole number that may exceed 2^53, as text in decimal digits. */
export const decimal = (least: bigint, most: bigint): Check =>
  checked((value) => {
    // Check the length first, because parsing millions of digits takes seconds.
    if (typeof value !== "string" || value.length > 20 || !/^-?\d+$/.test(value)) return false;
    const number = BigInt(value);
    return number >= least && number <= most;
  }, `a whole number from ${least} to ${most} in decimal digits, as text`);

export const oneOf = (...values: readonly (string | number)[]): Check =>
  checked(
    (value) => values.includes(value as string),
    values.length === 1 ? `${values[0]}` : `one of ${values.join(", ")}`,
  );

export const nullOr =
  (check: Check): Check =>
  (value, name) =>
    value === null ? null : check(value, name);

export const optional =
  (check: Check): Check =>
  (value, name) =>
    value === undefined ? null : check(value, name);

export const listOf =
  (check: Check, most: number): Check =>
  (value, name) => {
    if (!Array.isArray(value) || value.length > most) return must(false, value, name, `a list of at most ${most}`);
    return firstProblem(value, (entry, index) => check(entry, `${name}[${index}]`));
  };

/** A list of two. */
export const pairOf =
  (check: Check): Check =>
  (value, name) => {
    if (!Array.isArray(value) || value.length !== 2) return must(false, value, name, "a pair");
    return check(value[0], `${name}[0]`) ?? check(value[1], `${name}[1]`);
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object with these names. It may have others. */
export function objectOf(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value, name) => {
    if (!isObject(value)) return must(false, value, name || "the JSON", "an object");
    return firstProblem(checks, ([field, check]) =>
      check(Object.hasOwn(value, field) ? value[field] : undefined, name ? `${name}.${field}` : field),
    );
  };
}

/** An object whose names are data. Names that every object has, such as `constructor`, are not allowed. */
export const mapOf =
  (key: Check, check: Check, most: number): Check =>
  (value, name) => {
    if (!isObject(value)) return must(false, value, name, "an object");
    const entries = Object.entries(value);
    if (entries.length > most) return `${name} has ${entries.length} names, not at most ${most}`;
    return firstProblem(entries, ([entry, held]) =>
      entry in Object.prototype
        ? `${name} has the name ${entry}, which it may not have`
        : (key(entry, `a name in ${name}`) ?? check(held, `${name}.${foreignText(entry)}`)),
    );
  };

/** A list in which no name occurs twice, ignoring case. */
export const namesOf =
  (check: Check, most: number): Check =>
  (value, name) => {
    const problem = listOf(check, most)(value, name);
    if (problem !== null) return problem;
    const seen = new Set<string>();
    return firstProblem(value as string[], (entry) => {
      const known = seen.has(entry.toLowerCase());
      seen.add(entry.toLowerCase());
      return known ? `${name} has ${entry} twice` : null;
    });
  };

/** A check followed by another that relies on it. */
export const both =
  (first: Check, second: Check): Check =>
  (value, name) =>
    first(value, name) ?? second(value, name);

function firstProblem<Entry>(
  entries: readonly Entry[],
  problemOf: (entry: Entry, index: number) => string | null,
): string | null {
  for (const [index, entry] of entries.entries()) {
    const problem = problemOf(entry, index);
    if (problem !== null) return problem;
  }
  return null;
}
