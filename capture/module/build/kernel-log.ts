/** What the kernel says about the module, from its log. */
import { closeSync, constants, openSync, readSync } from "node:fs";

const maxRecords = 1_000_000;
const about = /tcpprobe_plus|Lockdown: (?:insmod|modprobe)/;

/** Follows the log from the moment on at which it was made. */
export class KernelLog {
  readonly #fd: number | null;
  readonly #record = Buffer.alloc(8192);

  constructor() {
    this.#fd = openLog();
    this.lastOfModule();
  }

  /** The newest line on the module since this was last asked; null where there is none, or the log may not be read. */
  lastOfModule(): string | null {
    let last: string | null = null;
    for (let count = 0; count < maxRecords; count += 1) {
      const text = this.#next();
      if (text === null) break;
      const message = /^[^;\n]*;(.*)$/m.exec(text)?.[1] ?? "";
      if (about.test(message)) last = message;
    }
    return last;
  }

  /** Null at the log's end; a record that was overwritten meanwhile (EPIPE) is empty. */
  #next(): string | null {
    if (this.#fd === null) return null;
    try {
      return this.#record.toString("utf8", 0, readSync(this.#fd, this.#record));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EPIPE" ? "" : null;
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }
}

function openLog(): number | null {
  try {
    return openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}
