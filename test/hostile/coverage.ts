/** Tells whether some code has been run that had not been run before, by the blocks that V8 counts. */
import { Session } from "node:inspector/promises";

export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks of these files that were run since it was asked last, and never before. */
  async fresh(files: RegExp): Promise<number> {
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    const before = this.#seen.size;
    for (const { url, functions } of result) {
      if (!files.test(url)) continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0) this.#seen.add(`${url}:${startOffset}:${endOffset}`);
    }
    return this.#seen.size - before;
  }

  get blocks(): number {
    return this.#seen.size;
  }

  stop(): void {
    this.#session.disconnect();
  }
}
