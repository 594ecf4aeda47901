/** The tcpprobe_plus module's text, or any file or FIFO with text of that form. */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { documentedWireNames } from "@tcpprobe-plus/tpp";
import { NoModuleError, SourceFileError, SourceGoneError } from "../errors.ts";
import type { Source, SourceStatistics } from "./source.ts";

export const moduleDataPath = "/proc/net/tcpprobe";
export const moduleStatisticsPath = "/proc/net/stat/tcpprobe_plus";

export interface KmodOptions {
  /** Read this instead of the module's file. */
  readonly file: string | null;
  readonly port: number | null;
}

/** Throws a NoModuleError, or for a file that was named a SourceFileError. */
export function openKmod(options: KmodOptions): Source {
  const path = options.file ?? moduleDataPath;
  if (options.file === null && !existsSync(path)) throw new NoModuleError(path);
  const openedAtNs = process.hrtime.bigint();
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new KmodSource(path, fd, options, String(openedAtNs));
  } catch (error) {
    throw new SourceFileError(path, error as NodeJS.ErrnoException);
  }
}

/** A regular file ends, the module's never does, and a FIFO does when its last writer has gone. */
type End = "at end of file" | "never" | "after first data";

class KmodSource implements Source {
  readonly name = "kmod";
  readonly text = "probe";
  readonly columns = documentedWireNames;
  readonly path: string;
  readonly notes: readonly string[];
  readonly zeroMonotonicNs: string;
  readonly lossLines = 0;
  readonly lossAdvice = "Raise the module's bufsize.";
  readonly #ends: End;
  readonly #statisticsAtStart = moduleStatistics();
  #fd: number | null;
  #gotData = false;

  constructor(path: string, fd: number, options: KmodOptions, zeroMonotonicNs: string) {
    this.path = path;
    this.#fd = fd;
    this.zeroMonotonicNs = zeroMonotonicNs;
    const stat = fstatSync(fd);
    if (path.startsWith("/proc/")) this.#ends = "never";
    else this.#ends = stat.isFile() ? "at end of file" : "after first data";
    this.notes = notesFor(options);
  }

  start(): void {}

  read(into: Buffer): number | "ended" {
    try {
      const got = readSync(this.#fd!, into);
      if (got > 0) this.#gotData = true;
      else if (this.#ends === "at end of file" || (this.#ends === "after first data" && this.#gotData)) return "ended";
      return got;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw new SourceGoneError(this.path, error as NodeJS.ErrnoException);
    }
  }

  lostIn(): number {
    return 0;
  }

  /** The module goes on while its file is open: draining ends at the first moment that nothing waits. */
  halt(): void {}

  waiting(): number {
    return 0;
  }

  finish(): { lost: number; statistics: SourceStatistics } {
    return { lost: 0, statistics: { start: this.#statisticsAtStart, end: moduleStatistics() } };
  }

  async dispose(): Promise<void> {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

function notesFor(options: KmodOptions): string[] {
  const notes: string[] = [];
  if (options.file !== null) notes.push("times count from a moment that is not known: the text came from a file");
  if (options.port !== null)
    notes.push("--port was not applied: the module's own `port` setting decides what it records");
  return notes;
}

function moduleStatistics(): string | null {
  return existsSync(moduleStatisticsPath) ? readFileSync(moduleStatisticsPath, "utf8") : null;
}
