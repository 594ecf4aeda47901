// Several runs may go on at the same time on one machine: each has its own folders, and the trees are made by one.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { cacheFolder } from "./kernels.ts";

const alive = (pid: number) => existsSync(`/proc/${pid}`);

/** A fresh folder NAME.PID in the cache; those of processes that have ended are removed. */
export function ownFolder(...parts: string[]): string {
  const name = parts.at(-1) as string;
  const parent = cacheFolder(...parts.slice(0, -1));
  mkdirSync(parent, { recursive: true });
  const pidOf = (folder: string) => Number(folder.slice(name.length + 1));
  const old = readdirSync(parent).filter(
    (f) => f.startsWith(`${name}.`) && Number.isInteger(pidOf(f)) && !alive(pidOf(f)),
  );
  for (const folder of old) rmSync(path.join(parent, folder), { recursive: true, force: true });
  const own = path.join(parent, `${name}.${process.pid}`);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  return own;
}

/** Runs `work` while no other process does work of that name. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = cacheFolder(`${name}.lock`);
  mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(readFileSync(lock, "utf8") || "0");
      if (holder > 0 && !alive(holder)) rmSync(lock, { force: true });
      else await setTimeout(500);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
