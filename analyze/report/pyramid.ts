/** A series at several widths of bins, each made from the one below, so that any zoom is drawn from a few thousand. */
import { binOf, type SeriesBins } from "./model.ts";

/** How much wider the bins of a level are than those of the level below. */
const step = 4;

/** A series with wider bins. `width_us` is a power of two, at least the width that the series has. */
export function coarsened(series: SeriesBins, width_us: number): SeriesBins {
  const { at_us, min, max, last, count } = series;
  const bins = { at_us: [] as number[], min: [] as number[], max: [] as number[], last: [] as number[] };
  const counts: number[] = [];
  for (let at = 0; at < at_us.length; ) {
    const bin = binOf(at_us[at]!, width_us);
    let [low, high, records] = [Number.NaN, Number.NaN, 0];
    for (; at < at_us.length && binOf(at_us[at]!, width_us) === bin; at++) {
      if (!(low <= min[at]!) && !Number.isNaN(min[at]!)) low = min[at]!;
      if (!(high >= max[at]!) && !Number.isNaN(max[at]!)) high = max[at]!;
      records += count[at]!;
    }
    bins.at_us.push(at_us[at - 1]!);
    bins.min.push(low);
    bins.max.push(high);
    bins.last.push(last[at - 1]!);
    counts.push(records);
  }
  return {
    width_us,
    at_us: Float64Array.from(bins.at_us),
    min: Float64Array.from(bins.min),
    max: Float64Array.from(bins.max),
    last: Float64Array.from(bins.last),
    count: Float64Array.from(counts),
  };
}

/** The entries of a range, with one on either side of it. Shares memory with the series. */
export function part(series: SeriesBins, from_us: number, to_us: number): SeriesBins {
  const begin = Math.max(0, firstFrom(series.at_us, from_us) - 1);
  const end = Math.min(series.at_us.length, firstFrom(series.at_us, to_us + 1) + 1);
  return {
    width_us: series.width_us,
    at_us: series.at_us.subarray(begin, end),
    min: series.min.subarray(begin, end),
    max: series.max.subarray(begin, end),
    last: series.last.subarray(begin, end),
    count: series.count.subarray(begin, end),
  };
}

/** Place of the first time that is not before `time`. */
export function firstFrom(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Below this many entries, wider bins would save nothing. */
const fewEntries = 512;

export class Pyramid {
  readonly #levels: SeriesBins[];

  constructor(finest: SeriesBins) {
    this.#levels = [finest];
  }

  /** The series in a range, in the widest bins that there are up to `width_us`, or else in the finest. */
  at(from_us: number, to_us: number, width_us: number): SeriesBins {
    const finest = part(this.#levels[0]!, from_us, to_us);
    if (finest.at_us.length < fewEntries) return finest;
    return part(this.#level(width_us), from_us, to_us);
  }

  /** Levels are made when they are first needed. */
  #level(width_us: number): SeriesBins {
    let best = this.#levels[0]!;
    for (let index = 1; ; index++) {
      const width = best.width_us === 0 ? step : best.width_us * step;
      if (width > width_us || best.at_us.length < fewEntries) return best;
      this.#levels[index] ??= coarsened(best, width);
      best = this.#levels[index]!;
    }
  }
}
