/** Runs the system's programs in the network namespace of the traffic. */
import { findProgram, runProgram } from "../system/programs.ts";

const timeoutMs = 2000;

export class Within {
  /** A file that refers to the namespace. Null for this process's own. */
  readonly path: string | null;
  readonly #signal: AbortSignal | undefined;

  constructor(path: string | null, signal?: AbortSignal) {
    this.path = path;
    this.#signal = signal;
  }

  /**
   * The program's output. Null if it is not installed or failed. With `inPart`, a program that failed after it printed
   * something counts as successful.
   */
  async output(name: string, args: readonly string[], inPart = false): Promise<string | null> {
    const program = findProgram(name);
    const nsenter = this.path === null ? null : findProgram("nsenter");
    if (program === null || this.#signal?.aborted || (this.path !== null && nsenter === null)) return null;
    const [first, rest] = nsenter === null ? [program, args] : [nsenter, [`--net=${this.path}`, program, ...args]];
    const ended = await runProgram(first, rest, { timeoutMs, ...(this.#signal ? { signal: this.#signal } : {}) });
    const isGood = ended.status === 0 || (inPart && ended.stdout.length > 0);
    return isGood ? ended.stdout.toString() : null;
  }
}
