/**
 * Decides what a signal that asks to stop means, which depends on when it arrives:
 *
 * | when                        | the first                  | the second               | the third               |
 * |-----------------------------|----------------------------|--------------------------|-------------------------|
 * | starting                    | nothing begins             | the same                 | ends the process        |
 * | capturing                   | reads what is left, ends   | ends at once             | ends the process        |
 * | capturing, a command runs   | is the command's           | reads what is left, ends | ends at once            |
 * | only the command still runs | is the command's           | leaves without it        | ends the process        |
 */
import { constants } from "node:os";
import type { CommandEnd } from "@tcpprobe-plus/tpp/write";
import type { StopSignal } from "../terminal/io.ts";
import type { Command } from "./command.ts";
import type { StopRequest } from "./stop-request.ts";

/** `timeout` sends its signal to its child and then to the whole group, so one request arrives twice. */
const sameSignalMs = 100;

/** The exit code of a shell for a signal. */
export const exitCodeOfSignal = (signal: string): number => 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);

/** The exit code of a shell for the command's end. */
export const exitCodeOf = (end: CommandEnd): number =>
  end.signal === undefined ? (end.exit_code ?? 0) : exitCodeOfSignal(end.signal);

export class Signals {
  /** The first signal that arrived. */
  first: StopSignal | null = null;
  readonly #stop: StopRequest;
  readonly #say: (line: string) => void;
  #count = 0;
  #last = { signal: "", atMs: Number.NEGATIVE_INFINITY };
  #command: Command | null = null;
  #waitsForCommand = false;
  #leave: () => void = () => {};

  constructor(stop: StopRequest, say: (line: string) => void) {
    this.#stop = stop;
    this.#say = say;
  }

  /** From now on, the first signal is passed to the command. */
  commandRuns(command: Command): void {
    this.#command = command;
  }

  /** The capture is complete. Resolves when the command has ended, or when a signal ends the wait. */
  async waitForCommand(command: Command): Promise<"ended" | "left"> {
    if (this.#count > 1) return "left";
    this.#waitsForCommand = true;
    const left = new Promise<"left">((resolve) => {
      this.#leave = () => resolve("left");
    });
    return await Promise.race([left, command.ended.then(() => "ended" as const)]);
  }

  /** Handles a signal. Returns whether the next one should be left to the system's default action. */
  came(signal: StopSignal): boolean {
    if (this.#isSame(signal)) return false;
    this.#count += 1;
    this.first ??= signal;
    const command = this.#command?.end === null ? this.#command : null;
    if (command !== null && this.#count === 1) {
      void command.passOn(signal);
      const what = this.#waitsForCommand
        ? "another signal leaves it running"
        : "another signal ends the capture without it";
      this.#say(`${signal}: waiting for the command to end; ${what}`);
      return false;
    }
    if (this.#waitsForCommand) {
      this.#leave();
      return true;
    }
    this.#stop.request(`signal ${signal}`, true);
    return this.#stop.urgent;
  }

  #isSame(signal: StopSignal): boolean {
    const { signal: before, atMs } = this.#last;
    this.#last = { signal, atMs: performance.now() };
    return signal === before && this.#last.atMs - atMs < sameSignalMs;
  }
}
