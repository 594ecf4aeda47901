/** Faults that the mutations have found and that are still there: what of a figure may be wrong, and why. */
import type { Mutation } from "./mutations.ts";

export interface KnownFault {
  readonly why: string;
  readonly of: (mutation: Mutation) => boolean;
  readonly figure: RegExp;
}

const isSampled = ({ kind }: Mutation): boolean => kind === "sampled";
const hasNoStates = ({ name }: Mutation): boolean => name === "without tcp_cong_state_set";

export const knownFaults: readonly KnownFault[] = [
  {
    why: "runs of states that no record shows are not counted, and those that are end with the record before",
    of: isSampled,
    figure: /^(episodes\.(duration_s|cwnd_end|retransmits)|flows\.\w+_episodes)\b/,
  },
  {
    why: "slow start is said to end with the first record behind it",
    of: isSampled,
    figure: /^(slow_start\.|flows\.slow_start_)/,
  },
  {
    why: "means, extremes and shares are those of the records that are left",
    of: isSampled,
    figure: /^(flows\.(\w+_(mean|mean_us|max|max_us|mean_bytes|share|p95_us|p99_us|median_us|min_us))|limits\.\w+)\b/,
  },
  {
    why: "the last segment before a timeout has no record",
    of: isSampled,
    figure: /^rto_events\.since_ack_s\b/,
  },
  {
    why: "the record of the SYN or FIN is left out, so its number counts as a byte",
    of: (mutation) => isSampled(mutation) || mutation.kind === "lost",
    figure: /^flows\.(acked_bytes|goodput_bps)\b/,
  },
  {
    why: "without congestion states recovery counts as something else, and silence before a timeout as time in that window",
    of: hasNoStates,
    figure: /^(limits\.\w+_share|flows\.(\w+_share|\w+_mean|\w+_mean_us|\w+_mean_bytes))\b/,
  },
  {
    why: "a record of a congestion state takes away one RTT sample",
    of: hasNoStates,
    figure: /^flows\.rtt_/,
  },
  {
    why: "a record of a congestion state hides the window before it, though it was told",
    of: hasNoStates,
    figure: /^(slow_start\.exit_|flows\.slow_start_exit_)/,
  },
];
