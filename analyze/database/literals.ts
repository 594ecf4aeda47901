/**
 * Values and names as SQL text, for places where SQL allows no parameter. Nothing else is ever put into SQL as text.
 */

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A finite number. Throws a TypeError for any other, which should have been refused earlier. */
export function numeral(value: number): string {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new TypeError(`not a number for SQL: ${value}`);
  return String(value);
}

/** A whole number of up to 64 bits, given as a number or as digits. Throws a TypeError for anything else. */
export function wholeNumeral(value: number | bigint | string): string {
  const text = String(value);
  if (!/^-?\d{1,20}$/.test(text)) throw new TypeError(`not a whole number for SQL: ${text}`);
  return text;
}
