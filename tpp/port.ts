/** Parses a TCP port. */

export const mostPort = 65_535;

/** The port, from 0 to 65535 in decimal digits. Null if the text is not a port. */
export function portOf(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= mostPort ? Number(text) : null;
}
