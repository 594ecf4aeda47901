/** Where the text goes: one .tpp, or a set of them, one after the other. Nothing here waits for a disk but `write`. */
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
  /** Files that are read. */
  readonly inputs: readonly string[];
  /** Aborted where the capture is called off before its first file is made. */
  readonly signal?: AbortSignal;
  /** Whose the files are to be; null for this user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Who may read them; null for their user alone. */
  readonly mode?: number | null;
  /** zstd's. */
  readonly level: number;
  readonly rotate: Rotation | null;
  /** How many files of a set stay, the one being written among them; null for all. */
  readonly keep: number | null;
  /** The capture ends when its files hold about so much, their headers not counted. */
  readonly maxBytes: number | null;
  readonly command: TppHeader["command"] | null;
  readonly say: (line: string) => void;
}

/**
 * A frame is closed this long after its first record: with reading, compressing and writing, less than 1 s is at risk.
 */
const frameMs = 700;
/** A frame is the step in which a file's size can be met: for a small size it is small, for others the writer's own. */
const frameBytesFor = (limit: number): number => Math.min(4 * 1024 * 1024, Math.max(64 * 1024, limit));
/** Of text, until a frame has told it. */
const assumedRatio = 1 / 5;
/** How many names are tried for a file of a set. */
const maxAttempts = 1000;
/** More than slewing does in a second. */
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
  /** Of files that are closed or being closed, by the order in which they were begun. */
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
  /** The smallest that was asked for. */
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
   * Creates the (first) file with its header; the source must have started. Throws the errors of `TppWriter.create`.
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

  /** Files written and still there, the oldest first. */
  get paths(): readonly string[] {
    return this.#files.map(({ path }) => path);
  }

  get isSet(): boolean {
    return this.#options.rotate !== null;
  }

  get failure(): Error | null {
    return this.#failure ?? this.#writer?.failure ?? null;
  }

  /** Sums over all files. */
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

  /** Where source text of at least so many bytes can be put. */
  space(bytes: number): Buffer {
    this.#space = this.#writer!.space(bytes);
    return this.#space;
  }

  /** Takes the first bytes of `space`. Null, or what resolves when there is room for more. */
  filled(bytes: number): Promise<void> | null {
    const text = this.#space.subarray(0, bytes);
    const cut = this.#isDue() ? this.#source.cutAt(text) : -1;
    if (cut >= 0) return this.#fillAcross(cut, Buffer.from(text.subarray(cut)));
    const hasRoom = this.#writer!.filled(bytes);
    return hasRoom && !this.#isBlind() ? null : this.#writer!.drained();
  }

  /** Whether a frame's worth of text has come and no frame has told yet what becomes of it: a size could not be met. */
  #isBlind(): boolean {
    if (this.#sizeLimit === Number.POSITIVE_INFINITY || this.#earlier.length > 0) return false;
    const { rawBytes, waitingRawBytes } = this.#writer!.totals;
    return rawBytes === waitingRawBytes && waitingRawBytes > frameBytesFor(this.#sizeLimit);
  }

  /** The first bytes of `space` end a file, and `rest` begins the next. */
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

  /** For an output that nobody takes anything from: closing it waits no longer. */
  giveUp(): void {
    this.#writer!.giveUp();
  }

  addLoss(cause: string, records: number): void {
    this.#writer!.addLoss(cause, records);
  }

  /** Throws what writing any of the files threw. */
  async close(options: CloseOptions): Promise<TppTotals> {
    const closed = this.#writer!.close(options);
    closed.catch(() => {}); // an earlier file's failure comes first
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
   * What the file in hand will hold behind its header once all that was given to it is in it. How text shrinks is told
   * by the frames that are stored, before the first by those of the file before.
   */
  #expectedBytes(): number {
    const { fileBytes, rawBytes, waitingRawBytes } = this.#writer!.totals;
    const stored = rawBytes - waitingRawBytes;
    const storedBytes = fileBytes - this.#headerBytes;
    if (stored > 0) this.#ratio = storedBytes / stored;
    return storedBytes + waitingRawBytes * this.#ratio;
  }

  /** The old file is finished in the background; two rotations never overlap. */
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

  /** A name that somebody has taken meanwhile is left to them. */
  async #createNumbered(number: number, header: TppHeader, options: TppWriterOptions): Promise<TppWriter> {
    for (let attempt = 1; ; attempt += 1) {
      const file = numberedPath(this.#options.path, number, attempt);
      try {
        const writer = await TppWriter.create(file, header, options);
        if (attempt > 1) this.#options.say(`${file} is file ${number} of the set: the name before it is taken`);
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
    this.#options.say(`the clock was set, by ${step}; records keep the monotonic clock, which goes on`);
  }
}
