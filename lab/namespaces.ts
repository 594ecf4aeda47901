/** Network namespaces named after this process. They are removed with it, as are those left by processes that died. */
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
    // The directory does not exist if there was never a namespace.
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

  /** Makes a namespace with its loopback interface up. Returns its name. */
  async add(role: string): Promise<string> {
    count += 1;
    const name = `tpp-${process.pid}-${count}${role}`;
    await run(["ip", "netns", "add", name]);
    this.#names.push(name);
    await run(["ip", "-n", name, "link", "set", "lo", "up"]);
    return name;
  }

  /** Ends the processes that still run in the namespaces (nobody else uses them), and removes the namespaces. */
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
    // The process has ended meanwhile.
  }
}

/** The command line that runs a command in a namespace. */
export const inNamespace = (name: string, ...command: string[]): string[] => ["ip", "netns", "exec", name, ...command];
