/** Why and how urgently a running capture is to stop; also the capture's alarm clock. */
export class StopRequest {
  /** Null until it was asked for. */
  reason: string | null = null;
  /** A signal came when it was stopping already: leave the rest. */
  urgent = false;
  #wake: (() => void) | null = null;
  #becomeUrgent: () => void = () => {};

  request(reason: string, signal: boolean): void {
    if (this.reason !== null && signal) {
      this.urgent = true;
      this.#becomeUrgent();
    }
    this.reason ??= reason;
    this.#wake?.();
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
