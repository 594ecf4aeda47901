/** Network namespaces of our own: named after this process, gone with it, and those of processes that died, too. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { run } from "./command.ts";

const ours = /^tpp-(\d+)-/;
let count = 0;

function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function removeLeftovers(): void {
  try {
    for (const name of readdirSync("/run/netns")) {
      const pid = Number(ours.exec(name)?.[1]);
      if (pid && !processRuns(pid)) spawnSync("ip", ["netns", "del", name]);
    }
  } catch {
    // Never had one: the directory is not there.
  }
}

export class Namespaces implements Disposable {
  readonly #names: string[] = [];
  readonly #onExit = (): void => this[Symbol.dispose]();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this[Symbol.dispose]();
    process.kill(process.pid, signal);
  };

  constructor() {
    removeLeftovers();
    process.on("exit", this.#onExit);
    process.once("SIGINT", this.#onSignal).once("SIGTERM", this.#onSignal);
  }

  /** Makes one with its loopback up and returns its name. */
  async add(role: string): Promise<string> {
    count += 1;
    const name = `tpp-${process.pid}-${count}${role}`;
    await run(["ip", "netns", "add", name]);
    this.#names.push(name);
    await run(["ip", "-n", name, "link", "set", "lo", "up"]);
    return name;
  }

  /** Ends what still runs in them (they are ours alone) and removes them. */
  [Symbol.dispose](): void {
    process.off("exit", this.#onExit).off("SIGINT", this.#onSignal).off("SIGTERM", this.#onSignal);
    for (const name of this.#names.splice(0)) {
      const { stdout } = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" });
      for (const pid of (stdout ?? "").split("\n").map(Number)) if (pid > 1 && pid !== process.pid) kill(pid);
      spawnSync("ip", ["netns", "del", name]);
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** The command as it runs in a namespace. */
export const inNamespace = (name: string, ...command: string[]): string[] => ["ip", "netns", "exec", name, ...command];
