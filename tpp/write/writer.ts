/** Writes a capture: frames of whole lines, a checkpoint behind each, a trailer. */
import { DiskFullError, OutputClosedError } from "../errors.ts";
import type { CheckpointExtras, TppHeader, TppTrailer } from "../format/header.ts";
import { LineBuffer, type LineChunk } from "../format/line-buffer.ts";
import { compressFrame } from "./compress-frame.ts";
import type { FileIdentity } from "./file-identity.ts";
import { type CheckpointNotes, FrameSink } from "./frame-sink.ts";
import type { TargetOptions } from "./target.ts";

export interface TppWriterOptions extends TargetOptions {
  /** zstd level, 3 unless told. */
  readonly level?: number;
  /** A frame is closed when it holds this many raw bytes (4 MiB) … */
  readonly frameBytes?: number;
  /** … or when its first byte is this old (1 s). */
  readonly frameMs?: number;
  /** Raw bytes that may wait for compression and disk before `write` asks to wait (32 MiB). */
  readonly pendingBytes?: number;
  /** Called when a frame is closed; what it returns goes into the checkpoint. It may add losses (`addLoss`) first. */
  readonly atCheckpoint?: (writer: TppWriter) => CheckpointExtras;
  /** How many records are in some whole lines, where not every line is one. */
  readonly recordsIn?: (lines: Buffer) => number;
}

/** What the caller knows of a trailer. */
export type CloseOptions = Pick<TppTrailer, "reason" | "statistics" | "module_sysctl" | "sockets" | "command">;

export interface TppTotals {
  readonly fileBytes: number;
  readonly frames: number;
  readonly lines: number;
  /** Of the lines. */
  readonly records: number;
  readonly rawBytes: number;
  /** Of these, what is not in the file yet. */
  readonly waitingRawBytes: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly duration_s: number;
}

/** The trailer's reason when writing failed, whatever the caller gives. */
export function failureReason(failure: Error): string {
  if (failure instanceof DiskFullError) return "disk full";
  return failure instanceof OutputClosedError ? "output closed" : "writing failed";
}

/** CLOCK_REALTIME in ns, known to a millisecond. */
const realtimeNs = (): string => String(BigInt(Date.now()) * 1_000_000n);

/** Writes one capture. Frames are compressed in the background, one after the other, in the order of the bytes. */
export class TppWriter {
  readonly #sink: FrameSink;
  readonly #header: TppHeader;
  readonly #level: number;
  readonly #frameMs: number;
  readonly #pendingLimit: number;
  readonly #atCheckpoint: (writer: TppWriter) => CheckpointExtras;
  readonly #recordsIn: ((lines: Buffer) => number) | undefined;
  readonly #waiting: LineBuffer;
  readonly #lost: Record<string, number> = {};
  #timer: NodeJS.Timeout | undefined;
  #pendingBytes = 0;
  #pendingLines = 0;
  /** Of frames in the file or on their way there. */
  #records = 0;
  #queue: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  #closed = false;

  private constructor(sink: FrameSink, header: TppHeader, options: TppWriterOptions) {
    this.#sink = sink;
    this.#header = header;
    this.#level = options.level ?? 3;
    this.#frameMs = options.frameMs ?? 1000;
    this.#pendingLimit = options.pendingBytes ?? 32 * 1024 * 1024;
    this.#atCheckpoint = options.atCheckpoint ?? (() => ({}));
    this.#recordsIn = options.recordsIn;
    this.#waiting = new LineBuffer(options.frameBytes ?? 4 * 1024 * 1024, header.records?.bytes ?? null);
  }

  /**
   * Creates the file with its header; `-` is standard output. Throws the errors of `openTarget`, a
   * MetadataTooLargeError or DiskFullError.
   */
  static async create(path: string, header: TppHeader, options: TppWriterOptions = {}): Promise<TppWriter> {
    return new TppWriter(await FrameSink.create(path, header, options), header, options);
  }

  /** As it was given; `standard output` for `-`. */
  get path(): string {
    return this.#sink.path;
  }

  /** What tells the file from all others; null for standard output and what else is no regular file. */
  get identity(): FileIdentity | null {
    return this.#sink.identity;
  }

  /** For an output that nobody takes anything from: what waits for it fails, and `close` says so. */
  giveUp(): void {
    this.#sink.giveUp();
  }

  /** Set once writing has failed (disk full): nothing more is taken, and `close` tells what was not written. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** All that was taken so far; `fileBytes` and `frames` are what is in the file already. */
  get totals(): TppTotals {
    const written = this.#sink.totals;
    const waitingRawBytes = this.#pendingBytes + this.#waiting.bytes;
    return {
      fileBytes: written.fileBytes,
      frames: written.frames,
      lines: written.lines + this.#pendingLines + this.#waiting.lines,
      records: this.#records + this.#waitingRecords(),
      rawBytes: written.rawBytes + waitingRawBytes,
      waitingRawBytes,
      lost: { ...this.#lost },
      duration_s: this.#durationS(process.hrtime.bigint()),
    };
  }

  #waitingRecords(): number {
    return this.#recordsIn ? this.#recordsIn(this.#waiting.wholeLines()) : this.#waiting.lines;
  }

  /**
   * Takes source bytes in any chunks; they are copied. False asks the caller to wait for `drained()` before it goes on:
   * the bytes given are taken all the same.
   */
  write(chunk: Buffer): boolean {
    if (this.#closed) throw new Error("write after close");
    let rest = chunk;
    while (rest.length > 0) {
      rest = rest.subarray(this.#waiting.add(rest));
      if (rest.length > 0) this.#enqueue(this.#waiting.take());
    }
    return this.#took();
  }

  /**
   * Room for at least `bytes`, to be filled from its beginning and then told to `filled`, with no other call between.
   */
  space(bytes: number): Buffer {
    for (;;) {
      const space = this.#waiting.space();
      if (space.length >= bytes) return space;
      this.#enqueue(this.#waiting.take(bytes));
    }
  }

  /** Takes what was put at the beginning of `space`, without copying it. Returns what `write` does. */
  filled(bytes: number): boolean {
    if (this.#closed) throw new Error("write after close");
    this.#waiting.filled(bytes);
    return this.#took();
  }

  /** Resolves when everything queued is in the file. Never rejects: see `failure`. */
  drained(): Promise<void> {
    return this.#queue;
  }

  /** Counts records that the source lost; the next checkpoint carries the sum. */
  addLoss(cause: string, records: number): void {
    this.#lost[cause] = (this.#lost[cause] ?? 0) + records;
  }

  /** Closes the frame in hand at once, without waiting for its second to pass. */
  async flush(): Promise<void> {
    this.#enqueue(this.#waiting.take());
    await this.#queue;
  }

  /** Writes what is left, trailer and seek table, and closes the file. Throws when any of it could not be written. */
  async close(options: CloseOptions): Promise<TppTotals> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#enqueue(this.#waiting.take());
    this.#enqueue(this.#waiting.takeRest());
    await this.#queue;
    const finished = this.#finish(options);
    if (this.#failure) {
      await finished.catch(() => {}); // the trailer may or may not fit; the file is whole up to its last frame
      throw this.#failure;
    }
    await finished;
    return this.totals;
  }

  #finish(options: CloseOptions): Promise<void> {
    const monotonicNs = process.hrtime.bigint();
    const { frames, lines, rawBytes } = this.#sink.totals;
    const trailer: TppTrailer = {
      ...options,
      capture_id: this.#header.capture_id,
      reason: this.#failure ? failureReason(this.#failure) : options.reason,
      frames,
      lines,
      raw_bytes: rawBytes,
      lost: { ...this.#lost },
      duration_s: this.#durationS(monotonicNs),
      realtime_ns: realtimeNs(),
      monotonic_ns: String(monotonicNs),
    };
    return this.#sink.finish(trailer);
  }

  #durationS(monotonicNs: bigint): number {
    return Math.max(0, Number((monotonicNs - BigInt(this.#header.clock.monotonic_ns)) / 1000n) / 1e6);
  }

  #took(): boolean {
    if (this.#waiting.bytes > 0) this.#timer ??= setTimeout(() => this.#tick(), this.#frameMs);
    return this.#pendingBytes < this.#pendingLimit;
  }

  #tick(): void {
    this.#timer = undefined;
    this.#enqueue(this.#waiting.take());
    if (this.#waiting.bytes > 0) this.#timer = setTimeout(() => this.#tick(), this.#frameMs);
  }

  #enqueue(chunk: LineChunk | undefined): void {
    if (!chunk) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pendingBytes += chunk.raw.length;
    this.#pendingLines += chunk.lines;
    const records = this.#recordsIn ? this.#recordsIn(chunk.raw) : chunk.lines;
    this.#records += records;
    const extras = this.#atCheckpoint(this);
    const notes = {
      monotonic_ns: String(process.hrtime.bigint()),
      realtime_ns: realtimeNs(),
      lost: { ...this.#lost },
      ...extras,
    };
    this.#queue = this.#queue.then(() => this.#store(chunk, records, notes));
  }

  async #store(chunk: LineChunk, records: number, notes: CheckpointNotes): Promise<void> {
    try {
      if (this.#failure) throw this.#failure;
      const compressed = await compressFrame(chunk.raw, this.#level);
      await this.#sink.appendData({ compressed, rawBytes: chunk.raw.length, lines: chunk.lines }, notes);
    } catch (error) {
      this.#failure ??= error as Error;
      this.#records -= records;
      this.addLoss("output", records);
    }
    this.#pendingBytes -= chunk.raw.length;
    this.#pendingLines -= chunk.lines;
    this.#waiting.recycle(chunk);
  }
}
