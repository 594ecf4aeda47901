/** Reads the kernel's log for messages about the module. */
import { closeSync, constants, openSync, readSync } from "node:fs";

const maxRecords = 1_000_000;
const about = /tcpprobe_plus|Lockdown: (?:insmod|modprobe)/;

/** Follows the log, from the time when the object is created. */
export class KernelLog {
  readonly #fd: number | null;
  readonly #record = Buffer.alloc(8192);

  constructor() {
    this.#fd = openLog();
    this.lastOfModule();
  }

  /** The newest line about the module since the last call. Null if there is none, or the log may not be read. */
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

  /** The next record of the log, or null at its end. A record that was overwritten meanwhile (EPIPE) is empty. */
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
