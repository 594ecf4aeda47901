/**
 * tracefs where it is not mounted, as behind `ip netns exec`, which mounts /sys anew: mounted in a mount namespace that
 * nobody else is in. It is held by a process that waits for the end of a pipe of ours, and goes with it, also after a
 * kill -9; it is looked into through /proc.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram, programEnvironment } from "../system/programs.ts";

const mountPoint = "/sys/kernel/tracing";
const script = `mount -t tracefs tracefs ${mountPoint} && echo mounted && exec cat >/dev/null`;

export interface PrivateMount {
  /** tracefs' root, as this process reaches it. */
  readonly root: string;
  release(): void;
}

/** Null where it cannot be: not root, no tracefs in this kernel, no `unshare`. */
export async function mountPrivately(): Promise<PrivateMount | null> {
  const unshare = findProgram("unshare");
  const shell = findProgram("sh");
  if (process.geteuid?.() !== 0 || unshare === null || shell === null) return null;
  // A session of its own: Ctrl-C is for the capture, which still has to read what is left.
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
