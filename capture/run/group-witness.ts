/**
 * A process of our own process group that does nothing. The system does not tell who sent a signal, and to whom: Ctrl-C
 * and `timeout` signal the whole group, and so the command under a capture, `kill PID` this process alone. Where the
 * witness has died of it, the command has got it, too.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { findProgram, programEnvironment } from "../system/programs.ts";

/** How long the group's other members may take to show a signal. */
const withinMs = 100;
const stepMs = 5;

export class GroupWitness {
  readonly #child: ChildProcess | null;

  constructor() {
    this.#child = start();
  }

  /** Whether the signal that has just come went to the whole group. */
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

/** It waits for the end of its input, which comes when this process ends, however that does. */
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
