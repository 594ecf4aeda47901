/** Times and peak memory of scripts in processes of their own. */
import { fork } from "node:child_process";

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export interface Run {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Runs a script in a process of its own, from its start to its end. */
export function timed(script: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let peakBytes = 0;
    const child = fork(new URL(script, import.meta.url), args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (message: { peakBytes: number }) => {
      peakBytes = message.peakBytes;
    });
    child.on("exit", (code) => {
      if (code === 0) resolve({ seconds: (performance.now() - begin) / 1000, peakBytes });
      else reject(new Error(`${script} ${args.join(" ")} ended with ${code}`));
    });
  });
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
export const show = (runs: readonly Run[]): string =>
  `${median(runs.map((run) => run.seconds)).toFixed(2)} s (${runs.map((run) => run.seconds.toFixed(2)).join(", ")}), peak ${megabytes(Math.max(...runs.map((run) => run.peakBytes)))}`;
