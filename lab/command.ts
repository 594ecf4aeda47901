/** Runs programs: to their end, or in the background until they are stopped. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { systemPath } from "./machine.ts";

const env = { ...process.env, PATH: systemPath };

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** Runs a command to its end and returns its output. No exit code is an error here. */
export function output(command: readonly string[], options: { readonly cwd?: string } = {}): Promise<Output> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const code = error?.code;
      if (typeof code === "string") reject(new Error(`${command.join(" ")}: ${code}`, { cause: error }));
      else resolve({ stdout, stderr, status: error ? (code ?? 1) : 0 });
    });
  });
}

/** Runs a command to its end and returns its standard output. Throws with its messages if it fails. */
export async function run(command: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await output(command);
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${(stderr + stdout).trim()}`);
  return stdout;
}

/** A program in the background. `await using` stops it. */
export class Background implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly command: string;
  text = "";
  readonly #closed: Promise<unknown>;

  constructor(command: readonly string[], options: { readonly cwd?: string } = {}) {
    const [program, ...args] = command as [string, ...string[]];
    this.command = command.join(" ");
    this.child = spawn(program, args, { ...options, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#closed = once(this.child, "close");
    this.#closed.catch(() => {}); // those that wait for it report the error
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.text += text;
      });
    }
  }

  /** Waits until its output matches. Throws if it ends first, or after `seconds`. */
  async prints(pattern: RegExp, seconds = 20): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (!pattern.test(this.text)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`${this.command} did not print ${pattern}, but: ${this.text.trim()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits for its end. Returns its exit code, or -1 after a signal. */
  async ended(): Promise<number> {
    await this.#closed;
    return this.child.exitCode ?? -1;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    this.child.kill(signal);
    return this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop();
  }
}
