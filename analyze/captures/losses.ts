/** Finds where and how many records a capture has lost, from its text, its record numbers and its checkpoints. */
import type { CaptureFile, Loss } from "./capture.ts";
import { lostBy } from "./set.ts";

/** All losses of a capture: those with a place in the text, and any more that its counters show. */
export function settleLosses(number: number, files: readonly CaptureFile[], placed: readonly Loss[]): Loss[] {
  const losses: Loss[] = [];
  const causes = new Set(files.flatMap((file) => Object.keys(lostBy(file))));
  for (const cause of causes) {
    const total = files.reduce((sum, file) => sum + (lostBy(file)[cause] ?? 0), 0);
    const inText = placed.filter((loss) => loss.cause === cause);
    const bounded = inText.every((loss) => loss.from_s !== null || loss.after_ord === 0);
    const counted = files.flatMap((_, index) => counterRises(files, index, number, cause));
    // A gap in record numbers shows how many and until when. A counter read each second also shows since when.
    if (bounded || counted.length === 0) losses.push(...inText);
    const rest = total - sumOf(inText);
    if (bounded && inText.length > 0) {
      if (rest > 0) losses.push({ ...unplaced(number, cause, rest), from_s: inText.at(-1)?.to_s ?? null });
    } else if (counted.length > 0) losses.push(...counted);
    else if (rest > 0) losses.push(unplaced(number, cause, rest));
  }
  losses.push(...placed.filter(({ cause }) => !causes.has(cause)));
  const key = ({ from_s, to_s }: Loss): number => from_s ?? to_s ?? Number.POSITIVE_INFINITY;
  return losses.sort((a, b) => key(a) - key(b));
}

const sumOf = (losses: readonly { readonly lost: number | null }[]): number =>
  losses.reduce((sum, { lost }) => sum + (lost ?? 0), 0);

const unplaced = (capture: number, cause: string, lost: number): Loss => ({
  capture,
  after_ord: null,
  lost,
  cause,
  from_s: null,
  to_s: null,
  known_by: "total",
});

/** Increases of a cause's count from one checkpoint to the next in one file of the capture. */
function counterRises(files: readonly CaptureFile[], index: number, capture: number, cause: string): Loss[] {
  const first = files[0]!;
  const { header, walk } = files[index]!;
  const { checkpoints, trailer } = walk;
  const reads = [
    ...checkpoints.map(({ monotonic_ns, lost }) => ({ ns: monotonic_ns, total: lost[cause] ?? 0 })),
    ...(trailer ? [{ ns: trailer.monotonic_ns, total: trailer.lost[cause] ?? 0 }] : []),
  ];
  // If the checkpoints never counted this cause, only its total is known.
  if (!reads.slice(0, checkpoints.length).some(({ total }) => total > 0) && !checkpoints.some(({ module }) => module))
    return [];
  const rises: Loss[] = [];
  // Each file of a set counts from 0 again, and begins where the one before it ended.
  let before = { ns: files[index - 1]?.walk.trailer?.monotonic_ns ?? header.clock.monotonic_ns, total: 0 };
  for (const read of reads) {
    const lost = read.total - before.total;
    if (lost > 0)
      rises.push({
        capture,
        after_ord: null,
        lost,
        cause,
        from_s: secondsOf(first, before.ns),
        to_s: secondsOf(first, read.ns),
        known_by: "drop counter",
      });
    before = read;
  }
  return rises;
}

/** A moment of CLOCK_MONOTONIC as `t`. */
function secondsOf({ header }: CaptureFile, ns: string): number {
  const { clock, text } = header;
  const zero = text === "probe" ? clock.zero_monotonic_ns : clock.monotonic_ns;
  return Number(BigInt(ns) - BigInt(zero)) / 1e9;
}
