/** Finds the processes that have the module's data file open. Like `fuser`, it searches /proc. */
import { readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from "node:fs";
import { foreignText } from "@tcpprobe-plus/tpp/base";

export interface Reader {
  readonly pid: number;
  /** Its command line, shortened. */
  readonly command: string;
  /** Name or number of its user. */
  readonly user: string;
}

/**
 * The file's name in links to a process's descriptors. Any file can have this name in a file system of a user's own, so
 * the name alone proves nothing.
 */
const dataFile = /^\/proc\/(?:\d+\/|self\/)?(?:task\/\d+\/)?net\/tcpprobe(?:_data)?$/;
const maxCommandLength = 60;

/** Paths in this network namespace and in that of the host's first process. */
const dataPaths = ["/proc/net/tcpprobe", "/proc/1/net/tcpprobe"].flatMap((path) => [path, `${path}_data`]);
/** PROC_SUPER_MAGIC (linux/magic.h). */
const procMagic = 0x9fa0;

/** The readers, as far as this user may see them. */
export function findReaders(): Reader[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const inodes = new Set(dataPaths.flatMap((path) => statSync(path, { throwIfNoEntry: false })?.ino ?? []));
  return pids
    .filter((pid) => readsData(pid, inodes))
    .flatMap((pid) => {
      const reader = describe(pid);
      return reader ? [reader] : [];
    });
}

function readsData(pid: string, inodes: ReadonlySet<number>): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => linksToData(`${folder}/${fd}`, inodes));
  } catch {
    return false; // it has ended, or belongs to another user
  }
}

/** `inodes` is empty if the file itself is not visible from here. Then only the name is compared. */
function linksToData(path: string, inodes: ReadonlySet<number>): boolean {
  try {
    if (!dataFile.test(readlinkSync(path))) return false;
    return inodes.size === 0 || (inodes.has(statSync(path).ino) && statfsSync(path).type === procMagic);
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
  const name = ({ pid, command, user }: Reader): string => `${foreignText(command)} (pid ${pid}, ${foreignText(user)})`;
  return readers.map(name).join(" and ");
}
