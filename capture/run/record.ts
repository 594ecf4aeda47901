/** Copies the source's bytes to the output until a stop is requested, then what is still waiting in the source. */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Source } from "../sources/source.ts";
import type { StopRequest } from "./stop-request.ts";

/** The parts of an output that `record` uses. */
export interface TextSink {
  /** Free space for at least this many bytes. */
  space(bytes: number): Buffer;
  /** Accepts the first bytes of `space`. Returns null, or a promise that resolves when there is room for more. */
  filled(bytes: number): Promise<void> | null;
  readonly failure: Error | null;
  readonly isFull: boolean;
}

/** After this many bytes, signals and timers get their turn. */
const turnBytes = 256 * 1024;
/** No read is started with less room, because the kernel returns chunks of 4 or 8 KiB. */
const readBytes = 16 * 1024;
/** Pause when the source has nothing more: long enough to be cheap, and short compared with `frameMs` and the ring. */
const pauseMs = 10;
const idlePauseMs = 20;
const idleAfterPauses = 20;
/** A source is drained for at most this long, because some cannot be halted. */
const drainMs = 10_000;

/** Returns why the capture ended. Throws what the source throws, and the output's failure. */
export async function record(source: Source, output: TextSink, stop: StopRequest): Promise<string> {
  let pauses = 0;
  let drainUntil = Number.POSITIVE_INFINITY;
  for (;;) {
    if (stop.reason !== null && drainUntil === Number.POSITIVE_INFINITY) {
      source.halt();
      drainUntil = performance.now() + drainMs;
    }
    // A source that cannot be halted may never run dry, and the size limit is reached.
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
  /** The error that ended reading. Bytes read before it are valid. */
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
