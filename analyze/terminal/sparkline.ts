/** A series of numbers as a line of small bars. */

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/**
 * One character a value, from the lowest bar for 0 to the highest for the largest of them. A space stands for a value
 * that is not known, or not there.
 */
export function sparkline(values: readonly (number | null)[]): string {
  const most = values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  return values
    .map((value) => {
      if (value === null) return " ";
      return most > 0 ? bars[Math.min(Math.floor((value / most) * bars.length), bars.length - 1)]! : bars[0];
    })
    .join("");
}
