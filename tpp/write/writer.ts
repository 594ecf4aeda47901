/** Writes a capture: frames of whole lines, each followed by a checkpoint, and a trailer. */
import { DiskFullError, OutputClosedError } from "../errors.ts";
import type { CheckpointExtras, TppHeader, TppTrailer } from "../format/header.ts";
import { LineBuffer, type LineChunk } from "../format/line-buffer.ts";
import { compressFrame } from "./compress-frame.ts";
import type { FileIdentity } from "./file-identity.ts";
import { type CheckpointNotes, FrameSink } from "./frame-sink.ts";
import type { TargetOptions } from "./target.ts";

export interface TppWriterOptions extends TargetOptions {
  /** zstd level. The default is 3. */
  readonly level?: number;
  /** A frame is closed when it holds this many raw bytes (4 MiB) … */
  readonly frameBytes?: number;
  /** … or when its first byte is this old (1 s). */
  readonly frameMs?: number;
  /** Raw bytes that may wait for compression and disk before `write` asks to wait (32 MiB). */
  readonly pendingBytes?: number;
  /** Called when a frame is closed. Its result goes into the checkpoint. It may call `addLoss`. */
  readonly atCheckpoint?: (writer: TppWriter) => CheckpointExtras;
  /** Counts the records in some whole lines, for text in which not every line is a record. */
  readonly recordsIn?: (lines: Buffer) => number;
}

/** The parts of a trailer that the caller supplies. */
export type CloseOptions = Pick<TppTrailer, "reason" | "statistics" | "module_sysctl" | "sockets" | "command">;

export interface TppTotals {
  readonly fileBytes: number;
  readonly frames: number;
  readonly lines: number;
  /** Number of records among the lines. */
  readonly records: number;
  readonly rawBytes: number;
  /** Those of the raw bytes that are not in the file yet. */
  readonly waitingRawBytes: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly duration_s: number;
}

/** The trailer's reason after writing failed. It replaces the caller's. */
export function failureReason(failure: Error): string {
  if (failure instanceof DiskFullError) return "disk full";
  return failure instanceof OutputClosedError ? "output closed" : "writing failed";
}

/** CLOCK_REALTIME in ns, with a resolution of 1 ms. */
const realtimeNs = (): string => String(BigInt(Date.now()) * 1_000_000n);

/** Writes one capture. Frames are compressed in the background, one at a time and in order. */
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
  /** Number of records in frames that are in the file or on their way there. */
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

  /** The path as given; `standard output` for `-`. */
  get path(): string {
    return this.#sink.path;
  }

  /** Identifies the file. Null for standard output and anything else that is not a regular file. */
  get identity(): FileIdentity | null {
    return this.#sink.identity;
  }

  /** For an output that nobody reads: makes waiting writes fail, which `close` reports. */
  giveUp(): void {
    this.#sink.giveUp();
  }

  /** Set once writing has failed, for example on a full disk. No more bytes are accepted, and `close` throws. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Totals of everything accepted so far. `fileBytes` and `frames` count only what is already in the file. */
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
   * Accepts source bytes in chunks of any size, and copies them. Returns false if the caller should wait for
   * `drained()` before the next call. The bytes are accepted in any case.
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
   * Free space for at least `bytes`. Fill it from its beginning and call `filled`, with no other call in between.
   */
  space(bytes: number): Buffer {
    for (;;) {
      const space = this.#waiting.space();
      if (space.length >= bytes) return space;
      this.#enqueue(this.#waiting.take(bytes));
    }
  }

  /** Accepts bytes at the beginning of `space` without copying them. Returns the same as `write`. */
  filled(bytes: number): boolean {
    if (this.#closed) throw new Error("write after close");
    this.#waiting.filled(bytes);
    return this.#took();
  }

  /** Resolves when everything queued is in the file. Never rejects; see `failure`. */
  drained(): Promise<void> {
    return this.#queue;
  }

  /** Counts records that the source lost. The next checkpoint has the sum. */
  addLoss(cause: string, records: number): void {
    this.#lost[cause] = (this.#lost[cause] ?? 0) + records;
  }

  /** Closes the current frame at once, without waiting for `frameMs`. */
  async flush(): Promise<void> {
    this.#enqueue(this.#waiting.take());
    await this.#queue;
  }

  /** Writes the rest, the trailer and the seek table, and closes the file. Throws if any of it could not be written. */
  async close(options: CloseOptions): Promise<TppTotals> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#enqueue(this.#waiting.take());
    this.#enqueue(this.#waiting.takeRest());
    await this.#queue;
    const finished = this.#finish(options);
    if (this.#failure) {
      await finished.catch(() => {}); // the trailer may not fit; the file is whole up to its last frame
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
