/** A status line at the bottom of a terminal. It shows the current activity after this has taken a second. */

/** Work that takes less time shows no status. */
const patienceMs = 1000;
const betweenMs = 250;
const clear = "\r\x1b[K";

export interface StatusOptions {
  /** Writes to the terminal immediately. */
  readonly write: (text: string) => void;
  readonly columns?: () => number;
  readonly now?: () => number;
  /** Calls `work` every `ms` milliseconds. Returns a function that stops this. */
  readonly every?: (ms: number, work: () => void) => () => void;
}

export class Status {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  readonly #now: () => number;
  readonly #every: NonNullable<StatusOptions["every"]>;
  #text = "";
  #since = 0;
  #stop: (() => void) | null = null;
  #isShown = false;

  constructor({
    write,
    columns = () => 80,
    now = performance.now.bind(performance),
    every = repeatedly,
  }: StatusOptions) {
    this.#write = write;
    this.#columns = columns;
    this.#now = now;
    this.#every = every;
  }

  /** Sets the current activity, in plain text. */
  say(text: string): void {
    this.#text = text;
    if (this.#stop) return;
    this.#since = this.#now();
    this.#stop = this.#every(betweenMs, () => this.#draw());
  }

  #draw(): void {
    const ms = this.#now() - this.#since;
    if (ms < patienceMs) return;
    const line = `${this.#text}, ${Math.floor(ms / 1000)} s`;
    this.#write(`${clear}${line.slice(0, Math.max(this.#columns() - 1, 10))}`);
    this.#isShown = true;
  }

  /** Clears the line so that something else can be written. It is drawn again later. */
  hide(): void {
    if (this.#isShown) this.#write(clear);
    this.#isShown = false;
  }

  /** Removes the status line. */
  end(): void {
    this.#stop?.();
    this.#stop = null;
    this.hide();
  }
}

function repeatedly(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  timer.unref(); // it must not keep the program running
  return () => clearInterval(timer);
}
