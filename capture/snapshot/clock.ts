/** The clocks, read together. */
import type { TppHeader } from "@tcpprobe-plus/tpp/write";

/**
 * CLOCK_REALTIME and CLOCK_MONOTONIC read together. Node tells the real time in whole milliseconds: waiting for the
 * next one to begin (1 ms at most) ties the two to within some microseconds.
 */
export function clockAnchors(): Omit<TppHeader["clock"], "zero_monotonic_ns"> {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  const monotonicNs = process.hrtime.bigint();
  return { realtime_ns: String(BigInt(now) * 1_000_000n), monotonic_ns: String(monotonicNs) };
}

/** By how much CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, to a millisecond. */
export function clockOffsetMs(): number {
  return Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
}
