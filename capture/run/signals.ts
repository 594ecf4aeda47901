/**
 * What a signal that asks to stop means, by the moment at which it comes. The one place that decides it:
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

/** `timeout` sends its signal to its child and then to the whole group: one request that comes twice. */
const sameSignalMs = 100;

/** As a shell passes it on. */
export const exitCodeOfSignal = (signal: string): number => 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);

/** How the command ended, as a shell passes it on. */
export const exitCodeOf = (end: CommandEnd): number =>
  end.signal === undefined ? (end.exit_code ?? 0) : exitCodeOfSignal(end.signal);

export class Signals {
  /** The first that came. */
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

  /** From now on a first signal is the command's. */
  commandRuns(command: Command): void {
    this.#command = command;
  }

  /** The capture is done. Resolves when the command has ended, or is to be left. */
  async waitForCommand(command: Command): Promise<"ended" | "left"> {
    if (this.#count > 1) return "left";
    this.#waitsForCommand = true;
    const left = new Promise<"left">((resolve) => {
      this.#leave = () => resolve("left");
    });
    return await Promise.race([left, command.ended.then(() => "ended" as const)]);
  }

  /** Returns whether the next signal should be the system's to handle. */
  came(signal: StopSignal): boolean {
    if (this.#isSame(signal)) return false;
    this.#count += 1;
    this.first ??= signal;
    const command = this.#command?.end === null ? this.#command : null;
    if (command !== null && this.#count === 1) {
      void command.passOn(signal);
      const what = this.#waitsForCommand ? "once more leaves it running" : "once more stops the capture without it";
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
