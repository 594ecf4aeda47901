/** Lets a bounded number of queries run at a time. Others wait for their turn, in order. */

export class TooBusyError extends Error {
  constructor() {
    super("too many questions are waiting. Ask again in a moment");
  }
}

export class Turns {
  readonly #most: number;
  readonly #mostWaiting: number;
  #running = 0;
  readonly #waiting: { readonly begin: () => void; readonly signal: AbortSignal }[] = [];

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Runs `work` when it is its turn. Throws a TooBusyError, the signal's reason if that comes first, or what it throws.
   */
  async take<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    if (this.#running >= this.#most) await this.#wait(signal);
    else this.#running++;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      this.#next();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) throw new TooBusyError();
    return new Promise((resolve, reject) => {
      const one = { begin: resolve, signal };
      this.#waiting.push(one);
      signal.addEventListener(
        "abort",
        () => {
          const at = this.#waiting.indexOf(one);
          if (at < 0) return;
          this.#waiting.splice(at, 1);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** Passes the turn on, so that the number of those running stays the same. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next) next.begin();
    else this.#running--;
  }
}
