/** Which processes have the module's data file open, as `fuser` finds it: from /proc. */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

export interface Reader {
  readonly pid: number;
  /** Its command line, cut. */
  readonly command: string;
  /** Name of its user, or the number. */
  readonly user: string;
}

const dataFile = /^\/proc\/(?:\d+\/|self\/)?(?:task\/\d+\/)?net\/tcpprobe(?:_data)?$/;
const maxCommandLength = 60;

/** Those that this user may look at. */
export function findReaders(): Reader[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter(readsData).flatMap((pid) => {
    const reader = describe(pid);
    return reader ? [reader] : [];
  });
}

function readsData(pid: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => linksToData(`${folder}/${fd}`));
  } catch {
    return false; // gone meanwhile, or another user's
  }
}

function linksToData(path: string): boolean {
  try {
    return dataFile.test(readlinkSync(path));
  } catch {
    return false;
  }
}

function describe(pid: string): Reader | null {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
    const command = words.join(" ");
    const short = command.length > maxCommandLength ? `${command.slice(0, maxCommandLength - 1)}…` : command;
    return { pid: Number(pid), command: short, user: userName(statSync(`/proc/${pid}`).uid) };
  } catch {
    return null;
  }
}

function userName(uid: number): string {
  try {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((one) => one.split(":")[2] === String(uid));
    return line?.split(":")[0] ?? String(uid);
  } catch {
    return String(uid);
  }
}

/** `capture run … (pid 812, root) and cat … (pid 9, ann)`. */
export function nameReaders(readers: readonly Reader[]): string {
  if (readers.length === 0) {
    return process.geteuid?.() === 0
      ? "a process that cannot be seen from here (in another container)"
      : "a process that only root can see";
  }
  return readers.map(({ pid, command, user }) => `${command} (pid ${pid}, ${user})`).join(" and ");
}
