/** Formats numbers with units for both commands. */

/** Three digits and a unit of `units`. Each unit is a thousand times the previous one. */
export function withUnit(value: number, units: readonly string[]): string {
  let number = value;
  let unit = 0;
  while (Math.abs(number) >= 999.5 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  const decimals = Math.abs(number) < 9.995 ? 2 : Math.abs(number) < 99.95 ? 1 : 0;
  return `${number.toFixed(unit === 0 ? 0 : decimals)} ${units[unit]}`;
}

/**
 * A size in powers of 1000, like rates: 10 Mbit/s for 8 s are 10.0 MB. Sizes that the kernel or the format counts in
 * powers of two (rings, frames) are given in KiB and MiB.
 */
export const bytesText = (bytes: number): string => withUnit(bytes, ["B", "kB", "MB", "GB", "TB"]);
