/** Messages between reading threads and the pass. */
import type { FrameResult } from "./read-frames.ts";

export type FromWorker =
  | { readonly kind: "frame"; readonly result: FrameResult }
  | { readonly kind: "failed"; readonly error: Error };

/** Returns the memory of a batch that the pass no longer needs. */
export interface ToWorker {
  readonly memory: SharedArrayBuffer;
}

/** Indexes into the shared flags: number of frames that the thread has posted, and that the pass has taken. */
export const flagPlaces = { posted: 0, taken: 1 } as const;
