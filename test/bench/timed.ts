/** Times and peak memory of scripts in processes of their own. */
import { fork } from "node:child_process";

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export interface Run<Result = unknown> {
  readonly seconds: number;
  /** User and system. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** What else the script told, beside `tellUsage`. */
  readonly result: Result;
}

/** Runs a script in a process of its own, from its start to its end. */
export function timed<Result>(script: string, ...args: string[]): Promise<Run<Result>> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let told: Omit<Run, "seconds" | "result"> | undefined;
    const child = fork(new URL(script, import.meta.url), args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (message: Omit<Run, "seconds" | "result">) => {
      told = message;
    });
    child.on("exit", (code) => {
      if (code === 0 && told)
        resolve({ ...told, seconds: (performance.now() - begin) / 1000, result: told as unknown as Result });
      else reject(new Error(`${script} ${args.join(" ")} ended with ${code}`));
    });
  });
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
export const show = (runs: readonly Run[]): string =>
  `${median(runs.map((run) => run.seconds)).toFixed(2)} s (${runs.map((run) => run.seconds.toFixed(2)).join(", ")}), peak ${megabytes(Math.max(...runs.map((run) => run.peakBytes)))}`;
export const showOne = ({ seconds, cpuSeconds, peakBytes }: Run): string =>
  `${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)} s), peak ${megabytes(peakBytes)}`;
