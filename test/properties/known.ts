/** Faults that the mutations have found and that are still there: what of a figure may be wrong, and why. */
import type { Mutation } from "./mutations.ts";

export interface KnownFault {
  readonly why: string;
  readonly of: (mutation: Mutation) => boolean;
  readonly figure: RegExp;
}

export const knownFaults: readonly KnownFault[] = [];
