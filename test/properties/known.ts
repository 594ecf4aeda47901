/** What the mutations make another number and nothing in what is left could tell: of which figures, and why. */
import type { Mutation } from "./mutations.ts";

export interface KnownFault {
  readonly why: string;
  readonly of: (mutation: Mutation) => boolean;
  readonly figure: RegExp;
}

export const knownFaults: readonly KnownFault[] = [
  {
    // Nothing else in a record names the algorithm. Tables print these with "about".
    why: "a record without the algorithm's name does not tell BBR, whose pacing leaves as much of a full window as offload",
    of: ({ name }) => ["without cong", "without extended fields"].includes(name),
    figure: /^((limits|flows)\.(cwnd|pacing)_share|limits_by_window\.(cwnd|pacing)_s)\b/,
  },
];
