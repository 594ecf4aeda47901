/** The output of a capture: one .tpp, or a set of them, one after the other. Only `write` waits for a disk. */
import { randomUUID } from "node:crypto";
import {
  type CheckpointExtras,
  type CloseOptions,
  type FileIdentity,
  OutputExistsError,
  removeFile,
  type TppHeader,
  type TppTotals,
  TppWriter,
  type TppWriterOptions,
} from "@tcpprobe-plus/tpp/write";
import { clockOffsetMs } from "../snapshot/clock.ts";
import { headerNow, type Snapshot } from "../snapshot/header.ts";
import { recordsIn, type Source, sumOfLosses } from "../sources/source.ts";
import { clearEarlierSet, numberedPath } from "./file-set.ts";
import type { Rotation } from "./limits.ts";

export interface OutputOptions {
  readonly path: string;
  readonly overwrite: boolean;
  /** Files that are being read and must not be overwritten. */
  readonly inputs: readonly string[];
  /** Aborted if the capture is cancelled before its first file is created. */
  readonly signal?: AbortSignal;
  /** Owner of the files. Null for this user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Permission bits of the files. Null for access by their owner only. */
  readonly mode?: number | null;
  /** zstd's compression level. */
  readonly level: number;
  readonly rotate: Rotation | null;
  /** How many files of a set are kept, including the one being written. Null for all. */
  readonly keep: number | null;
  /** The capture ends when its files hold about this much, not counting headers. Null for no limit. */
  readonly maxBytes: number | null;
  readonly command: TppHeader["command"] | null;
  readonly say: (line: string) => void;
}

/**
 * A frame is closed this long after its first record. Including the time to read, compress and write it, less than 1 s
 * of records is at risk.
 */
const frameMs = 700;
/** A file's size can be controlled only to within a frame. So frames are small for a small size limit. */
const frameBytesFor = (limit: number): number => Math.min(4 * 1024 * 1024, Math.max(64 * 1024, limit));
/** Assumed compressed size for each byte of text, until a frame has been written. */
const assumedRatio = 1 / 5;
/** Most names tried for a file of a set. */
const maxAttempts = 1000;
/** A change of the clock offset above this is a step: slewing changes it by less in a second. */
const clockStepMs = 20;

interface WrittenFile {
  readonly path: string;
  readonly identity: FileIdentity | null;
}

export class Output {
  readonly #source: Source;
  readonly #snapshot: Snapshot;
  readonly #options: OutputOptions;
  readonly #setId = randomUUID();
  /** Totals of files that are closed or being closed, in the order in which they were begun. */
  readonly #earlier: TppTotals[] = [];
  #earlierBytes = 0;
  readonly #files: WrittenFile[] = [];
  #writer: TppWriter | undefined;
  #space: Buffer = Buffer.alloc(0);
  #number = 0;
  #begunMs = 0;
  #headerBytes = 0;
  /** File bytes for each byte of text. */
  #ratio = assumedRatio;
  #closing: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  #moduleSysctl: TppHeader["module_sysctl"] | undefined;
  /** The smallest size limit that was given. */
  readonly #sizeLimit: number;
  #clockOffsetMs = clockOffsetMs();

  private constructor(source: Source, snapshot: Snapshot, options: OutputOptions) {
    this.#source = source;
    this.#snapshot = snapshot;
    this.#options = options;
    const { rotate, maxBytes } = options;
    const ofFile = rotate !== null && "bytes" in rotate ? rotate.bytes : Number.POSITIVE_INFINITY;
    this.#sizeLimit = Math.min(ofFile, maxBytes ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Creates the (first) file with its header. The source must have started. Throws the errors of `TppWriter.create`.
   */
  static async create(source: Source, snapshot: Snapshot, options: OutputOptions): Promise<Output> {
    const output = new Output(source, snapshot, options);
    if (options.rotate) {
      const removed = await clearEarlierSet(options.path, options.overwrite);
      if (removed > 0) options.say(`removed ${removed} files of an earlier set of that name`);
    }
    await output.#begin();
    return output;
  }

  /** Files that were written and not removed, the oldest first. */
  get paths(): readonly string[] {
    return this.#files.map(({ path }) => path);
  }

  get isSet(): boolean {
    return this.#options.rotate !== null;
  }

  get failure(): Error | null {
    return this.#failure ?? this.#writer?.failure ?? null;
  }

  /** Totals over all files. */
  get totals(): TppTotals {
    const all = [...this.#earlier, this.#writer!.totals];
    const sum = (of: (totals: TppTotals) => number): number => all.reduce((total, one) => total + of(one), 0);
    return {
      fileBytes: sum((one) => one.fileBytes),
      frames: sum((one) => one.frames),
      lines: sum((one) => one.lines),
      records: sum((one) => one.records),
      rawBytes: sum((one) => one.rawBytes),
      waitingRawBytes: sum((one) => one.waitingRawBytes),
      lost: sumOfLosses(all.map((one) => one.lost)),
      duration_s: sum((one) => one.duration_s),
    };
  }

  /** Whether --max-size is reached. */
  get isFull(): boolean {
    const { maxBytes } = this.#options;
    if (maxBytes === null) return false;
    return this.#earlierBytes + this.#expectedBytes() >= maxBytes;
  }

  /** Free space for at least this many bytes of source text. */
  space(bytes: number): Buffer {
    this.#space = this.#writer!.space(bytes);
    return this.#space;
  }

  /** Accepts the first bytes of `space`. Returns null, or a promise that resolves when there is room for more. */
  filled(bytes: number): Promise<void> | null {
    const text = this.#space.subarray(0, bytes);
    const cut = this.#isDue() ? this.#source.cutAt(text) : -1;
    if (cut >= 0) return this.#fillAcross(cut, Buffer.from(text.subarray(cut)));
    const hasRoom = this.#writer!.filled(bytes);
    return hasRoom && !this.#isBlind() ? null : this.#writer!.drained();
  }

  /**
   * Whether more than a frame of text is waiting before the compression ratio is known, so the size limit could be
   * missed.
   */
  #isBlind(): boolean {
    if (this.#sizeLimit === Number.POSITIVE_INFINITY || this.#earlier.length > 0) return false;
    const { rawBytes, waitingRawBytes } = this.#writer!.totals;
    return rawBytes === waitingRawBytes && waitingRawBytes > frameBytesFor(this.#sizeLimit);
  }

  /** Ends a file with the first bytes of `space` and begins the next one with `rest`. */
  async #fillAcross(bytes: number, rest: Buffer): Promise<void> {
    if (!this.#writer!.filled(bytes)) await this.#writer!.drained();
    try {
      await this.#rotate();
    } catch (error) {
      this.#failure = error as Error;
      this.addLoss("output", recordsIn(this.#source)(rest));
      throw error;
    }
    if (!this.#writer!.write(rest)) await this.#writer!.drained();
  }

  /** For an output that nobody reads: closing it no longer waits. */
  giveUp(): void {
    this.#writer!.giveUp();
  }

  addLoss(cause: string, records: number): void {
    this.#writer!.addLoss(cause, records);
  }

  /** Closes the last file. Throws what writing any of the files threw. */
  async close(options: CloseOptions): Promise<TppTotals> {
    const closed = this.#writer!.close(options);
    closed.catch(() => {}); // an earlier file's failure takes precedence
    await this.#closing;
    if (this.#failure) throw this.#failure;
    await closed;
    return this.totals;
  }

  #isDue(): boolean {
    const { rotate } = this.#options;
    if (!rotate) return false;
    if ("seconds" in rotate) return performance.now() - this.#begunMs >= rotate.seconds * 1000;
    return this.#expectedBytes() >= rotate.bytes;
  }

  /**
   * The expected size of the current file, without its header, once everything given to it has been written. The
   * compression ratio is that of the frames stored so far, or of the previous file before the first frame.
   */
  #expectedBytes(): number {
    const { fileBytes, rawBytes, waitingRawBytes } = this.#writer!.totals;
    const stored = rawBytes - waitingRawBytes;
    const storedBytes = fileBytes - this.#headerBytes;
    if (stored > 0) this.#ratio = storedBytes / stored;
    return storedBytes + waitingRawBytes * this.#ratio;
  }

  /** Begins a new file. The old one is finished in the background. Two rotations never overlap. */
  async #rotate(): Promise<void> {
    await this.#closing;
    if (this.#failure) throw this.#failure;
    const old = this.#writer!;
    const headerBytes = this.#headerBytes;
    await this.#begin();
    const closed = old.close({ reason: "rotated" });
    const index = this.#earlier.push(old.totals) - 1;
    this.#closing = closed.then(
      (totals) => {
        this.#earlier[index] = totals;
        this.#earlierBytes += totals.fileBytes - headerBytes;
        return this.#removeOldest();
      },
      (error: Error) => {
        this.#failure ??= error;
      },
    );
  }

  async #begin(): Promise<void> {
    const { path, rotate, overwrite, inputs, owner, mode, signal, level, command } = this.#options;
    const number = this.#number + 1;
    const header = headerNow(this.#source, this.#snapshot, {
      ...(rotate ? { set: { id: this.#setId, number } } : {}),
      ...(command ? { command } : {}),
      ...(this.#moduleSysctl ? { module_sysctl: this.#moduleSysctl } : {}),
    });
    const options = {
      ...{ overwrite, inputs, owner, level, frameMs },
      frameBytes: frameBytesFor(this.#sizeLimit),
      atCheckpoint: (writer: TppWriter): CheckpointExtras => this.#atCheckpoint(writer),
      ...(mode == null ? {} : { mode }),
      ...(signal && this.#files.length === 0 ? { signal } : {}),
      ...(this.#source.recordsIn ? { recordsIn: this.#source.recordsIn } : {}),
    };
    this.#writer = rotate
      ? await this.#createNumbered(number, header, { ...options, overwrite: false })
      : await TppWriter.create(path, header, options);
    this.#headerBytes = this.#writer.totals.fileBytes;
    this.#number = number;
    this.#begunMs = performance.now();
    this.#files.push({ path: this.#writer.path, identity: this.#writer.identity });
  }

  /** Creates the next file. If its name has been taken meanwhile, another name is used. */
  async #createNumbered(number: number, header: TppHeader, options: TppWriterOptions): Promise<TppWriter> {
    for (let attempt = 1; ; attempt += 1) {
      const file = numberedPath(this.#options.path, number, attempt);
      try {
        const writer = await TppWriter.create(file, header, options);
        if (attempt > 1) this.#options.say(`${file} is file ${number} of the set: its usual name is taken`);
        return writer;
      } catch (error) {
        if (!(error instanceof OutputExistsError) || attempt === maxAttempts) throw error;
      }
    }
  }

  async #removeOldest(): Promise<void> {
    const { keep, say } = this.#options;
    while (keep !== null && this.#files.length > keep) {
      const { path, identity } = this.#files.shift()!;
      if (identity !== null && !(await removeFile(path, identity)))
        say(`${path} stays: it cannot be removed, or is another file now`);
    }
  }

  #atCheckpoint(writer: TppWriter): CheckpointExtras {
    const { lost, module, moduleSysctl } = this.#source.news();
    for (const [cause, records] of Object.entries(lost)) if (records > 0) writer.addLoss(cause, records);
    if (moduleSysctl) this.#moduleSysctl = moduleSysctl;
    this.#watchClock();
    return { ...(module ? { module } : {}), ...(moduleSysctl ? { module_sysctl: moduleSysctl } : {}) };
  }

  #watchClock(): void {
    const offsetMs = clockOffsetMs();
    const stepMs = offsetMs - this.#clockOffsetMs;
    this.#clockOffsetMs = offsetMs;
    if (Math.abs(stepMs) < clockStepMs) return;
    const step = `${stepMs > 0 ? "+" : ""}${(stepMs / 1000).toFixed(3)} s`;
    this.#options.say(`the clock was set, by ${step}; records are not affected, because they have the monotonic clock`);
  }
}
