/** A port of TCP as text. */

export const mostPort = 65_535;

/** The number that the text is, in decimal digits, from 0 to 65535; null where it is none. */
export function portOf(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= mostPort ? Number(text) : null;
}
