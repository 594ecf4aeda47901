/** Directories that are ours while a command runs. They go on every way out: the end, an error, a signal. */
import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";

const ours = new Set<string>();

/**
 * Makes a directory that nobody else may enter, its name `prefix` and six characters of chance. Throws what the file
 * system says. It is made at once, and not in another thread, so that no signal comes between it and its entry here.
 */
export function makeTemporaryDirectory(prefix: string): string {
  const path = mkdtempSync(prefix);
  ours.add(path);
  return path;
}

export async function removeTemporaryDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  ours.delete(path);
}

function removeAll(): void {
  for (const path of ours) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // The others still go.
    }
  }
  ours.clear();
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** For a program, not for a library: a signal ends it as it would have, but for what is temporary. */
export function removeOnEveryWayOut(): void {
  process.on("exit", removeAll);
  for (const signal of endingSignals) {
    process.once(signal, () => {
      removeAll();
      process.kill(process.pid, signal); // its handler is gone, so the kernel's own action follows
    });
  }
}
