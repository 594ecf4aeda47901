/**
 * Mounts tracefs where it is not mounted, such as under `ip netns exec`, which mounts a new /sys. The mount is in a
 * mount namespace of its own, held by a helper process that reads from a pipe of ours. The helper ends when the pipe
 * closes, even after a kill -9, and the mount ends with it. Its files are reached through /proc.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram, programEnvironment } from "../system/programs.ts";

const mountPoint = "/sys/kernel/tracing";
const script = `mount -t tracefs tracefs ${mountPoint} && echo mounted && exec cat >/dev/null`;

export interface PrivateMount {
  /** The root of tracefs, as a path for this process. */
  readonly root: string;
  release(): void;
}

/** Null if it is not possible: not root, no tracefs in this kernel, or no `unshare`. */
export async function mountPrivately(): Promise<PrivateMount | null> {
  const unshare = findProgram("unshare");
  const shell = findProgram("sh");
  if (process.geteuid?.() !== 0 || unshare === null || shell === null) return null;
  // In a session of its own, so that Ctrl-C does not reach it: the capture still has to read what is left.
  const holder = spawn(unshare, ["--mount", "--propagation", "private", shell, "-c", script], {
    stdio: ["pipe", "pipe", "ignore"],
    env: programEnvironment(),
    detached: true,
  });
  holder.on("error", () => {});
  holder.stdin.on("error", () => {});
  const ended = new Promise<null>((resolve) => {
    holder.once("close", () => resolve(null));
    holder.once("error", () => resolve(null));
  });
  const first = await Promise.race([once(holder.stdout, "data"), ended]);
  const release = (): void => {
    holder.stdin.destroy();
  };
  if (first === null || holder.pid === undefined) {
    release();
    return null;
  }
  holder.unref();
  for (const pipe of [holder.stdin, holder.stdout]) (pipe as unknown as { unref(): void }).unref();
  return { root: `/proc/${holder.pid}/root${mountPoint}`, release };
}
