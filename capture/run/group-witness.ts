/**
 * An idle process in our own process group. The system does not report whether a signal was sent to this process alone,
 * as by `kill PID`, or to its whole group, which includes the command under a capture, as by Ctrl-C and `timeout`. If
 * the signal has killed the witness, the command has received it, too.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { findProgram, programEnvironment } from "../system/programs.ts";

/** How long to wait for the witness to die. */
const withinMs = 100;
const stepMs = 5;

export class GroupWitness {
  readonly #child: ChildProcess | null;

  constructor() {
    this.#child = start();
  }

  /** Whether the signal that has just arrived was sent to the whole group. */
  async diedOfIt(): Promise<boolean> {
    if (this.#child === null) return false;
    for (let waitedMs = 0; waitedMs < withinMs && this.#child.signalCode === null; waitedMs += stepMs) {
      await wait(stepMs);
    }
    return this.#child.signalCode !== null;
  }

  end(): void {
    this.#child?.kill("SIGKILL");
  }
}

/** Starts the witness. It reads its input, which ends when this process ends for whatever reason. */
function start(): ChildProcess | null {
  const [shell, cat] = [findProgram("sh"), findProgram("cat")];
  if (shell === null || cat === null) return null;
  const child = spawn(shell, ["-c", 'ulimit -c 0; exec "$0"', cat], {
    env: programEnvironment(),
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return child;
}
