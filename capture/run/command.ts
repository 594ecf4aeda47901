/** Runs the command under a capture. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants as files, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { CommandEnd } from "@tcpprobe-plus/tpp/write";
import { CommandStartError, NoSetprivError } from "../errors.ts";
import { processFields } from "../system/process.ts";
import { findProgram } from "../system/programs.ts";
import type { StopSignal } from "../terminal/io.ts";
import { GroupWitness } from "./group-witness.ts";
import type { User } from "./user.ts";

export interface CommandOptions {
  /** Send its standard output to standard error, because our standard output carries the capture. */
  readonly keepStdout: boolean;
  /** The user to run it as. Null for the user of the capture. */
  readonly as: User | null;
}

export class Command {
  readonly #child: ChildProcess;
  readonly #witness = new GroupWitness();
  readonly ended: Promise<CommandEnd>;
  /** How it ended. Null while it runs. */
  end: CommandEnd | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        const ended_monotonic_ns = String(process.hrtime.bigint());
        this.end = signal ? { signal, ended_monotonic_ns } : { exit_code: code ?? 0, ended_monotonic_ns };
        this.#witness.end();
        resolve(this.end);
      });
    });
  }

  /** Starts the command on this process's terminal. Throws a CommandStartError or NoSetprivError. */
  static async start(argv: readonly string[], options: CommandOptions): Promise<Command> {
    const [program, ...args] = options.as === null ? (argv as [string, ...string[]]) : asUser(argv, options.as);
    const child = spawn(program, args, {
      stdio: ["inherit", options.keepStdout ? 2 : "inherit", "inherit"],
      env: options.as === null ? process.env : options.as.environment,
    });
    const spawned = once(child, "spawn");
    const command = new Command(child);
    try {
      await spawned;
    } catch (error) {
      command.#witness.end();
      throw new CommandStartError(argv[0]!, error as NodeJS.ErrnoException);
    }
    child.on("error", () => {}); // from a signal that was sent too late
    return command;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets the command continue after this process ends. */
  leave(): void {
    this.#witness.end();
    this.#child.unref();
  }

  /** Passes on a signal that this process received, unless the command received it itself. */
  async passOn(signal: StopSignal): Promise<void> {
    const ownGroup = processFields(process.pid)?.[2];
    const inGroup = processFields(this.pid)?.[2] === ownGroup;
    if (inGroup && (await this.#witness.diedOfIt())) return;
    if (this.end === null) this.#child.kill(signal);
  }
}

/** setpriv changes to the user with all their groups, then executes the command in its own place. */
function asUser(argv: readonly string[], user: User): [string, ...string[]] {
  const setpriv = findProgram("setpriv");
  if (setpriv === null) throw new NoSetprivError();
  const [program] = argv as [string];
  if (!isThere(program, user.environment.PATH ?? "")) {
    throw new CommandStartError(program, Object.assign(new Error("ENOENT"), { code: "ENOENT" }));
  }
  return [setpriv, `--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups", "--", ...argv];
}

function isThere(program: string, path: string): boolean {
  const places = program.includes("/") ? [program] : path.split(delimiter).map((folder) => join(folder, program));
  return places.some((place) => {
    try {
      accessSync(place, files.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
}
