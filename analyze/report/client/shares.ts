/** What held a flow, as series that are stacked. */
import { microsecondOf, type PageHeld, type PageQuantity, type SeriesBins } from "../model.ts";
import type { Line } from "./line.ts";

/**
 * A series for each quantity that held the flow at all: of each window the lower and the upper edge in the stack, in
 * percent. What ends a run of windows has no value.
 */
export function sharesOf(
  { window_s, start_s, percent }: PageHeld,
  quantities: readonly PageQuantity[],
): { quantity: PageQuantity; bins: SeriesBins }[] {
  const below = start_s.map(() => 0);
  return quantities.flatMap((quantity) => {
    const shares = percent[quantity.id.replace("held.", "")];
    if (!shares) return [];
    const [at, low, high]: number[][] = [[], [], []];
    for (const [index, start] of start_s.entries()) {
      at!.push(microsecondOf(start));
      low!.push(below[index]!);
      below[index]! += shares[index]!;
      high!.push(below[index]!);
      const next = start_s[index + 1];
      if (next !== undefined && next - start < 1.5 * window_s) continue;
      at!.push(microsecondOf(start + window_s));
      low!.push(Number.NaN);
      high!.push(Number.NaN);
    }
    const max = Float64Array.from(high!);
    const count = new Float64Array(max.length).fill(1);
    const bins = { width_us: 0, at_us: Float64Array.from(at!), min: Float64Array.from(low!), max, last: max, count };
    return [{ quantity, bins }];
  });
}

/** How much of the time in sight each held, for those who do not see it. */
export function sharesInWords(lines: readonly Line[], from_s: number, to_s: number): string {
  const byLane = Map.groupBy(lines, ({ lane }) => lane?.name ?? "");
  const told = [...byLane].map(([name, own]) => {
    const times = own.map(({ bins: { at_us, min, max } }) => {
      let time = 0;
      for (let at = 0; at + 1 < at_us.length; at++) {
        const length = Math.min(at_us[at + 1]!, to_s * 1e6) - Math.max(at_us[at]!, from_s * 1e6);
        if (length > 0 && !Number.isNaN(max[at]!)) time += length * (max[at]! - min[at]!);
      }
      return time;
    });
    const all = times.reduce((sum, time) => sum + time, 0);
    const shares = own.flatMap(({ name: held }, index) => {
      const share = Math.round((100 * times[index]!) / (all || 1));
      return share > 0 ? [`${held} ${share} %`] : [];
    });
    return `${name === "" ? "" : `flow ${name}: `}${shares.join(", ") || "nothing"}`;
  });
  return told.join("; ") || "nothing";
}
