/** The command that runs under a capture. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { CommandEnd } from "@tcpprobe-plus/tpp";
import { CommandStartError } from "../errors.ts";
import type { StopSignal } from "../io.ts";

export class Command {
  readonly #child: ChildProcess;
  readonly ended: Promise<CommandEnd>;
  /** Null while it runs. */
  end: CommandEnd | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        const ended_monotonic_ns = String(process.hrtime.bigint());
        this.end = signal ? { signal, ended_monotonic_ns } : { exit_code: code ?? 0, ended_monotonic_ns };
        resolve(this.end);
      });
    });
  }

  /**
   * Starts it on our own terminal. `keepStdout`: its standard output goes to standard error, as ours carries the
   * capture. Throws a CommandStartError.
   */
  static async start(argv: readonly string[], keepStdout: boolean): Promise<Command> {
    const [program, ...args] = argv as [string, ...string[]];
    const child = spawn(program, args, { stdio: ["inherit", keepStdout ? 2 : "inherit", "inherit"] });
    const command = new Command(child);
    try {
      await once(child, "spawn");
    } catch (error) {
      throw new CommandStartError(program, error as NodeJS.ErrnoException);
    }
    child.on("error", () => {}); // a signal that came too late
    return command;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: StopSignal): void {
    this.#child.kill(signal);
  }
}

/** As a shell passes it on. */
export function exitCodeOf(end: CommandEnd): number {
  if (end.signal === undefined) return end.exit_code ?? 0;
  return 128 + (constants.signals[end.signal as NodeJS.Signals] ?? 0);
}
