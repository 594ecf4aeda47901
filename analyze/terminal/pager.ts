/** A pager for what is longer than the screen, found as git finds its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { OutputClosedError, PagerError } from "../errors.ts";

/** Options of less where the user has none: end at once if all fits the screen, keep colours, leave the text there. */
const lessOptions = "FRX";

/**
 * The command line of the pager: ANALYZE_PAGER, else PAGER, else less. Null where there is none to be used: the value
 * is empty or cat, or the terminal can do nothing.
 */
export function pagerOf(env: NodeJS.ProcessEnv): string | null {
  const command = (env.ANALYZE_PAGER ?? env.PAGER ?? "less").trim();
  return command === "" || command === "cat" || env.TERM === "dumb" ? null : command;
}

/** A running pager. Write to it, and wait for its end: the user may still read. */
export class Pager {
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(command: string, env: NodeJS.ProcessEnv) {
    this.#command = command;
    this.#child = spawn("/bin/sh", ["-c", command], {
      stdio: ["pipe", "inherit", "inherit"],
      env: { LESS: lessOptions, ...env },
    });
    this.#child.stdin!.on("error", () => {}); // `write` reports it
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", () => resolve(null));
      this.#child.once("close", (code) => resolve(code));
    });
    // Ctrl-C is for the pager: it stops a search there. Were this process to end, two would read the keyboard.
    process.on("SIGINT", ignore);
  }

  /** Waits until the pager takes more. Throws an OutputClosedError once it has ended. */
  write(chunk: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.stdin!.write(chunk, (error) => (error ? reject(new OutputClosedError()) : resolve()));
    });
  }

  /** Ends the text and waits for the user to leave the pager. Throws a PagerError if it could not be run. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    const code = await this.#ended;
    process.off("SIGINT", ignore);
    // The shell's codes for a command that is not there or cannot be run.
    if (code === null || code === 126 || code === 127) throw new PagerError(this.#command);
  }
}

function ignore(): void {}
