/** Carries the source's bytes to the output until it is asked to stop, then what is still waiting in the source. */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Source } from "../sources/source.ts";
import type { StopRequest } from "./stop-request.ts";

/** What `record` needs of an output. */
export interface TextSink {
  /** Resolves when there is room for more. */
  write(text: Buffer): Promise<void>;
  readonly failure: Error | null;
  readonly isFull: boolean;
}

const bufferBytes = 256 * 1024;
/** A read is not begun with less room: the kernel hands out pieces of 4 or 8 KiB. */
const readBytes = 16 * 1024;
/** Pause after the source had nothing more: long enough to be cheap, short against a frame's second and the ring. */
const pauseMs = 10;
const idlePauseMs = 20;
const idleAfterPauses = 20;
/** A source that cannot be halted is not drained for longer. */
const drainMs = 10_000;

/** Returns why it ended. Throws what the source throws, and the output's failure. */
export async function record(source: Source, output: TextSink, stop: StopRequest): Promise<string> {
  const buffer = Buffer.allocUnsafeSlow(bufferBytes);
  let pauses = 0;
  let drainUntil = Number.POSITIVE_INFINITY;
  for (;;) {
    if (stop.reason !== null && drainUntil === Number.POSITIVE_INFINITY) {
      source.halt();
      drainUntil = performance.now() + drainMs;
    }
    if (stop.urgent) return `${stop.reason}, then stopped before the ring was empty`;
    const { bytes, more, ended, failure } = fill(source, buffer);
    if (bytes > 0) {
      const text = buffer.subarray(0, bytes);
      source.saw(text);
      await Promise.race([output.write(text), stop.whenUrgent]);
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

/** Reads until the source has nothing more or the buffer is full (`more`). */
function fill(source: Source, buffer: Buffer): Filled {
  let bytes = 0;
  try {
    while (buffer.length - bytes >= readBytes) {
      const got = source.read(buffer.subarray(bytes));
      if (got === "ended") return { bytes, more: false, ended: true };
      if (got === 0) return { bytes, more: false, ended: false };
      bytes += got;
    }
  } catch (failure) {
    return { bytes, more: false, ended: false, failure };
  }
  return { bytes, more: true, ended: false };
}
