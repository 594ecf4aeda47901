/**
 * The recoveries of each connection, counted from 1, and whether they lower its window. Algorithms that answer a loss
 * set ssthresh anew as a recovery begins (tcp_init_cwnd_reduction); others, as BBR, leave it, and their window comes
 * back.
 */

/** No value. */
const none = -1;
/** TCP_INFINITE_SSTHRESH: none was set yet. */
export const infinite = 0x7fffffff;

/** Of each connection. `set`: whether ssthresh was set anew in this recovery; `sets`: in how many of `known` it was. */
const fields = 7;
const at = { isOn: 0, number: 1, ssthresh: 2, cwnd: 3, set: 4, known: 5, sets: 6 } as const;

export interface RecoveryStep {
  /** Whether the record is in one. */
  readonly isOn: boolean;
  /** The window, and the one that was told before. -1: not told. */
  readonly window: number;
  readonly before: number;
  /**
   * ssthresh itself. -1 where the kernel tells at least three quarters of the window instead (tcp_current_ssthresh).
   */
  readonly ssthresh: number;
}

export class Recoveries {
  #of = new Float64Array(fields * 1024).fill(none);

  /** Makes room. `flows`: connections so far. */
  reach(flows: number): void {
    if (fields * (flows + 1) <= this.#of.length) return;
    const larger = new Float64Array(fields * Math.max(flows + 1, (this.#of.length / fields) * 2)).fill(none);
    larger.set(this.#of);
    this.#of = larger;
  }

  /** Twice the number of the recovery, and 1 if it lowers the window. -1: the record is in none, or tells no window. */
  take(connection: number, step: RecoveryStep): number {
    const of = this.#of;
    const base = connection * fields;
    const { window, ssthresh } = step;
    if (!step.isOn) {
      if (of[base + at.isOn] === 1 && window !== none) this.#end(base, window);
      if (ssthresh !== none) of[base + at.ssthresh] = ssthresh;
      return none;
    }
    if (window === none) return none;
    if (of[base + at.isOn] !== 1) this.#begin(base, step);
    of[base + at.ssthresh] = ssthresh;
    // It can be set to what it was: where most recoveries set it anew, it counts as set anew in all.
    const [known, sets] = [of[base + at.known]!, of[base + at.sets]!];
    const lowers = known > 0 && sets * 2 >= known ? 1 : of[base + at.set]!;
    return 2 * of[base + at.number]! + lowers;
  }

  #begin(base: number, { before, ssthresh }: RecoveryStep): void {
    const of = this.#of;
    const last = of[base + at.ssthresh]!;
    of[base + at.isOn] = 1;
    of[base + at.number] = Math.max(of[base + at.number]!, 0) + 1;
    of[base + at.cwnd] = before;
    of[base + at.set] = last === none || ssthresh !== last ? 1 : 0;
    // Of the first one in a capture that began later it is not known.
    if (last === none) return;
    of[base + at.known] = Math.max(of[base + at.known]!, 0) + 1;
    of[base + at.sets] = Math.max(of[base + at.sets]!, 0) + of[base + at.set]!;
  }

  /** By the end of a recovery that lowers it the window has come down to ssthresh (tcp_end_cwnd_reduction). */
  #end(base: number, window: number): void {
    const of = this.#of;
    const ssthresh = of[base + at.ssthresh]!;
    const cameDown = window >= ssthresh && window <= ssthresh + 1 && of[base + at.cwnd]! > window;
    if (of[base + at.set] === 0 && cameDown) of[base + at.sets]! += 1;
    of[base + at.isOn] = 0;
  }
}
