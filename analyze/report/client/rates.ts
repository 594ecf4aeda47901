/** Rates over shorter windows than the page has: of how far what is acknowledged came, which it has at any zoom. */
import type { SeriesBins } from "../model.ts";
import { firstFrom } from "../pyramid.ts";

/** About so many windows are in sight … */
const windows = 150;
/** … and each has so many entries at least, or it would show single segments rather than a rate. */
const entriesInWindow = 4;

/** Windows longer than this share of the page's would show no more. */
const worthIt = 0.5;

/** A time, microseconds: what is in sight, or in which records were lost. */
interface Span {
  readonly from_us: number;
  readonly to_us: number;
}

export interface Rates {
  readonly window_us: number;
  /** Bit/s, as steps. */
  readonly bins: SeriesBins;
}

/**
 * Rates in a range, from a series that counts bytes and never falls. Null where windows of `known_us` are as short as
 * the series can tell. A record holds what was so before it, so what was acknowledged at a moment is told by the next
 * one. Windows whose beginning or end is not told are left out, and those in which records were lost: when what was
 * acknowledged meanwhile is not told.
 */
export function ratesOf(
  bytes: SeriesBins,
  { from_us, to_us }: Span,
  known_us: number,
  holes: readonly Span[],
): Rates | null {
  const { at_us, width_us } = bytes;
  const entries = firstFrom(at_us, to_us) - firstFrom(at_us, from_us);
  const shortest_us = (to_us - from_us) * Math.max(1 / windows, entriesInWindow / Math.max(entries, 1));
  // Of bins only their edges are told apart.
  const window_us = width_us === 0 ? niceStep(shortest_us) : width_us * Math.ceil(shortest_us / width_us);
  if (entries === 0 || window_us > worthIt * known_us) return null;
  return { window_us, bins: inWindows(bytes, { from_us, to_us }, window_us, holes) };
}

/** Likewise, over windows of a given length: a multiple of the width of the bins. */
export function inWindows(
  { at_us, min, width_us }: SeriesBins,
  { from_us, to_us }: Span,
  window_us: number,
  holes: readonly Span[],
): SeriesBins {
  const [times, values]: [number[], number[]] = [[], []];
  // The bin that begins at a moment has its records behind it.
  const startOf = (at: number): number => (width_us === 0 ? at_us[at]! : Math.floor(at_us[at]! / width_us) * width_us);
  let next = Math.max(firstFrom(at_us, Math.floor(from_us / window_us) * window_us) - 1, 0);
  const toldAt = (moment_us: number): number => {
    while (next < at_us.length && startOf(next) < moment_us) next++;
    const isTold = next < at_us.length && at_us.length > 0 && at_us[0]! <= moment_us;
    return isTold ? min[next]! : Number.NaN;
  };
  let before = toldAt(Math.floor(from_us / window_us) * window_us);
  for (let window = Math.floor(from_us / window_us); window * window_us < to_us; window++) {
    const after = toldAt((window + 1) * window_us);
    const bits = 8 * (after - before);
    before = after;
    const isLossy = holes.some((hole) => hole.from_us <= (window + 1) * window_us && hole.to_us >= window * window_us);
    if (bits >= 0 && !isLossy) {
      times.push(window * window_us);
      values.push((bits * 1e6) / window_us);
    } else if (values.length > 0 && !Number.isNaN(values.at(-1)!)) {
      times.push(window * window_us);
      values.push(Number.NaN);
    }
  }
  if (values.length > 0 && !Number.isNaN(values.at(-1)!)) {
    times.push(times.at(-1)! + window_us);
    values.push(Number.NaN);
  }
  const column = Float64Array.from(values);
  const count = new Float64Array(times.length).fill(1);
  return { width_us: 0, at_us: Float64Array.from(times), min: column, max: column, last: column, count };
}

/** The smallest of 1, 2, 5 x 10^n, whole microseconds, that is not below. */
function niceStep(least_us: number): number {
  const power = 10 ** Math.max(Math.floor(Math.log10(Math.max(least_us, 1))), 0);
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= least_us) ?? 10 * power;
}
