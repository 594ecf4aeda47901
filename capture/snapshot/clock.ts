/** Reads the clocks together. */
import type { TppHeader } from "@tcpprobe-plus/tpp/write";

/**
 * Reads CLOCK_REALTIME and CLOCK_MONOTONIC together. Node returns the real time in whole milliseconds, so this waits at
 * most 1 ms for the next one to begin. That makes the pair accurate to a few microseconds.
 */
export function clockAnchors(): Omit<TppHeader["clock"], "zero_monotonic_ns"> {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  const monotonicNs = process.hrtime.bigint();
  return { realtime_ns: String(BigInt(now) * 1_000_000n), monotonic_ns: String(monotonicNs) };
}

/** How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, with a resolution of 1 ms. */
export function clockOffsetMs(): number {
  return Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
}
