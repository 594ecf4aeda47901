/** Why and how urgently a running capture is to stop; also the capture's alarm clock. */
export class StopRequest {
  /** Null until it was asked for. */
  reason: string | null = null;
  /** A signal came when it was stopping already: leave the rest. */
  urgent = false;
  readonly #asked = new AbortController();
  #wake: (() => void) | null = null;
  #becomeUrgent: () => void = () => {};
  readonly #urgentListeners: (() => void)[] = [];

  request(reason: string, signal: boolean): void {
    if (this.reason !== null && signal && !this.urgent) {
      this.urgent = true;
      this.#becomeUrgent();
      for (const listener of this.#urgentListeners) listener();
    }
    this.reason ??= reason;
    this.#asked.abort();
    this.#wake?.();
  }

  /** Aborted at the first request: for programs that are asked something at the start. */
  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** Calls it when the request becomes urgent, at once where it is. */
  onUrgent(listener: () => void): void {
    if (this.urgent) listener();
    else this.#urgentListeners.push(listener);
  }

  /** Waits for `work`, but not past a request: null then, and what comes of it all the same goes to `undo`. */
  async unlessAsked<Result>(work: Promise<Result>, undo: (result: Result) => unknown): Promise<Result | null> {
    const asked = new Promise<null>((resolve) => {
      if (this.signal.aborted) resolve(null);
      else this.signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const first = await Promise.race([asked, work.then((result) => ({ result }))]);
    if (first !== null) return first.result;
    void work.then(undo, () => {}); // nobody asks any more what was wrong
    return null;
  }

  /** Waits for `work`, but not past an urgent request; one at a time. */
  unlessUrgent(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#becomeUrgent = resolve;
      work.then(resolve, reject);
    });
  }

  /** Waits, but not past a request. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}
