/** A request to stop the capture: its reason and urgency. Also lets the capture sleep until a request arrives. */
export class StopRequest {
  /** Null until a stop is requested. */
  reason: string | null = null;
  /** A signal arrived while the capture was stopping already. It should end at once. */
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

  /** Aborted at the first request, for programs that run at the start. */
  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** Calls `listener` when the request becomes urgent, or immediately if it is. */
  onUrgent(listener: () => void): void {
    if (this.urgent) listener();
    else this.#urgentListeners.push(listener);
  }

  /** Waits for `work` until a stop is requested. Then it returns null, and a later result of `work` goes to `undo`. */
  async unlessAsked<Result>(work: Promise<Result>, undo: (result: Result) => unknown): Promise<Result | null> {
    const asked = new Promise<null>((resolve) => {
      if (this.signal.aborted) resolve(null);
      else this.signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const first = await Promise.race([asked, work.then((result) => ({ result }))]);
    if (first !== null) return first.result;
    void work.then(undo, () => {}); // an error no longer matters
    return null;
  }

  /** Waits for `work` until a request becomes urgent. One call at a time. */
  unlessUrgent(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#becomeUrgent = resolve;
      work.then(resolve, reject);
    });
  }

  /** Sleeps until the time is over or a stop is requested. */
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
