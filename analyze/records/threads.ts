/** What reading threads and the pass say to each other. */
import type { FrameResult } from "./read-frames.ts";

export type FromWorker =
  | { readonly kind: "frame"; readonly result: FrameResult }
  | { readonly kind: "failed"; readonly error: Error };

/** Memory of a batch that the pass needs no more. */
export interface ToWorker {
  readonly memory: SharedArrayBuffer;
}

/** Places in the shared flags: frames that the thread has told, frames that the pass has taken. */
export const flagPlaces = { posted: 0, taken: 1 } as const;
