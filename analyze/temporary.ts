/** Temporary directories. They are removed however the command ends: normally, by an error or by a signal. */
import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";

const ours = new Set<string>();

/**
 * Makes a directory that nobody else may enter, named `prefix` and six random characters. Throws the file system's
 * error. It is made synchronously, so that no signal can arrive between making it and noting it here.
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

/** What the next signal does instead of ending the program, or null. */
let instead: (() => void) | null = null;

/** For a command that goes on until it is ended: resolves at a signal. The next one ends the program at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    instead = resolve;
  });
}

/** For a program, not for a library. A signal still ends it, after the temporary directories are removed. */
export function removeOnEveryWayOut(): void {
  process.on("exit", removeAll);
  for (const signal of endingSignals) {
    const end = () => {
      if (instead !== null) {
        const resolve = instead;
        instead = null;
        return resolve();
      }
      removeAll();
      process.off(signal, end);
      process.kill(process.pid, signal); // its handler is gone, so the kernel's own action follows
    };
    process.on(signal, end);
  }
}
