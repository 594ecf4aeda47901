/** Carries the source's bytes to the output until it is asked to stop, then what is still waiting in the source. */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Source } from "../sources/source.ts";
import type { StopRequest } from "./stop-request.ts";

/** What `record` needs of an output. */
export interface TextSink {
  /** Where at least so many bytes can be put. */
  space(bytes: number): Buffer;
  /** Takes the first bytes of `space`. Null, or what resolves when there is room for more. */
  filled(bytes: number): Promise<void> | null;
  readonly failure: Error | null;
  readonly isFull: boolean;
}

/** Signals and timers are looked after when so much was read. */
const turnBytes = 256 * 1024;
/** A read is not begun with less room: the kernel hands out chunks of 4 or 8 KiB. */
const readBytes = 16 * 1024;
/** Pause after the source had nothing more: long enough to be cheap, short against a frame's second and the ring. */
const pauseMs = 10;
const idlePauseMs = 20;
const idleAfterPauses = 20;
/** A source that cannot be halted is not drained for longer. */
const drainMs = 10_000;

/** Returns why it ended. Throws what the source throws, and the output's failure. */
export async function record(source: Source, output: TextSink, stop: StopRequest): Promise<string> {
  let pauses = 0;
  let drainUntil = Number.POSITIVE_INFINITY;
  for (;;) {
    if (stop.reason !== null && drainUntil === Number.POSITIVE_INFINITY) {
      source.halt();
      drainUntil = performance.now() + drainMs;
    }
    // What waits may be without end where it cannot be halted, and the size is reached.
    if (stop.reason === "max size" && !source.halts) return stop.reason;
    if (stop.urgent) return `${stop.reason}, then stopped before the ring was empty`;
    const space = output.space(readBytes).subarray(0, turnBytes);
    const { bytes, more, ended, failure } = fill(source, space);
    if (bytes > 0) {
      source.saw(space.subarray(0, bytes));
      const room = output.filled(bytes);
      if (room) await stop.unlessUrgent(room);
    }
    if (output.failure) throw output.failure;
    if (failure !== undefined) throw failure;
    if (output.isFull) stop.request("max size", false);
    if (ended) return "source ended";
    if (stop.reason !== null && (!more || performance.now() > drainUntil)) return stop.reason;
    pauses = bytes > 0 ? 0 : pauses + 1;
    if (more) await yieldToEvents();
    else await stop.sleep(pauses > idleAfterPauses ? idlePauseMs : pauseMs);
  }
}

interface Filled {
  readonly bytes: number;
  readonly more: boolean;
  readonly ended: boolean;
  /** What ended it; the bytes read before are good. */
  readonly failure?: unknown;
}

/** Reads until the source has nothing more or the space is full (`more`). */
function fill(source: Source, space: Buffer): Filled {
  let bytes = 0;
  try {
    while (space.length - bytes >= readBytes) {
      const got = source.read(space.subarray(bytes));
      if (got === "ended") return { bytes, more: false, ended: true };
      if (got === 0) return { bytes, more: false, ended: false };
      bytes += got;
    }
  } catch (failure) {
    return { bytes, more: false, ended: false, failure };
  }
  return { bytes, more: true, ended: false };
}
