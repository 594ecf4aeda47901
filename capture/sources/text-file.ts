/** `--kmod-file`: text in the module's format, from a file or a FIFO. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { documentedWireNames } from "@tcpprobe-plus/tpp/write";
import { SourceFileError, SourceGoneError } from "../errors.ts";
import { everything } from "../filter/filter.ts";
import { afterFirstLine, type Source, type SourceEnd, type SourceNews } from "./source.ts";

/** Throws a SourceFileError. */
export function openTextFile(path: string): Source {
  try {
    return new TextFileSource(path, openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    throw new SourceFileError(path, error as NodeJS.ErrnoException);
  }
}

class TextFileSource implements Source {
  readonly name = "kmod";
  readonly text = "probe";
  readonly columns = documentedWireNames;
  readonly path: string;
  readonly filter = everything;
  readonly notes = ["times count from a moment that is not known: the text came from a file"];
  readonly zeroMonotonicNs = String(process.hrtime.bigint());
  readonly halts = true;
  /** A FIFO returns end of file until its first writer has opened it. */
  readonly #isFifo: boolean;
  #fd: number | null;
  #gotData = false;
  #halted = false;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
    this.#isFifo = !fstatSync(fd).isFile();
  }

  start(): void {}

  read(into: Buffer): number | "ended" {
    if (this.#halted) return 0;
    try {
      const got = readSync(this.#fd!, into);
      if (got > 0) this.#gotData = true;
      else if (!this.#isFifo || this.#gotData) return "ended";
      return got;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw new SourceGoneError(this.path, error as NodeJS.ErrnoException);
    }
  }

  saw(): void {}

  news(): SourceNews {
    return { lost: {} };
  }

  cutAt(text: Buffer): number {
    return afterFirstLine(text);
  }

  /** Nothing can be stopped here: the writer may continue forever. What is not read stays in the FIFO. */
  halt(): void {
    this.#halted = true;
  }

  waiting(): number {
    return 0;
  }

  finish(): SourceEnd {
    return { lost: {} };
  }

  advice(): readonly string[] {
    return [];
  }

  async dispose(): Promise<void> {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}
