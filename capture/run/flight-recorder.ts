/**
 * `--last`: keeps the records of the last seconds, compressed in memory, and writes them to a file on request or when a
 * rule holds. Records are kept and dropped in blocks of about a second. Recording continues during a dump.
 */
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { type LossTotals, OutputExistsError, type TppHeader, TppWriter } from "@tcpprobe-plus/tpp/write";
import { headerNow, type Snapshot } from "../snapshot/header.ts";
import { recordsIn, type Source, sumOfLosses } from "../sources/source.ts";
import { numberedPath } from "./file-set.ts";
import type { OutputOptions } from "./output.ts";
import type { TextSink } from "./record.ts";
import { RuleWatch } from "./rule-watch.ts";
import type { Rule } from "./rules.ts";
import type { Status } from "./status-line.ts";

export interface FlightOptions extends Pick<OutputOptions, "path" | "owner" | "mode" | "level" | "command" | "say"> {
  readonly lastS: number;
  readonly rules: readonly Rule[];
  /** Most memory for the records that are kept. */
  readonly maxMemoryBytes: number;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const blockBytes = 1024 * 1024;
const blockMs = 1000;
const newsMs = 700;
/** Fast compression, because all records are compressed and few are ever written. */
const packing = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Most blocks that are being compressed at a time. Further blocks stay uncompressed. */
const maxPacking = 4;
const maxAttempts = 1000;

class Block {
  readonly fromMs: number;
  toMs: number;
  readonly rawBytes: number;
  #held: Buffer;
  #packed = false;

  constructor(raw: Buffer, fromMs: number, toMs: number) {
    this.#held = raw;
    this.rawBytes = raw.length;
    this.fromMs = fromMs;
    this.toMs = toMs;
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  async pack(): Promise<void> {
    this.#held = await compress(this.#held, packing);
    this.#packed = true;
  }

  async raw(): Promise<Buffer> {
    return this.#packed ? decompress(this.#held) : this.#held;
  }
}

export class FlightRecorder implements TextSink {
  readonly failure = null;
  readonly isFull = false;
  readonly #source: Source;
  readonly #snapshot: Snapshot;
  readonly #options: FlightOptions;
  readonly #watch: RuleWatch | null;
  readonly #blocks: Block[] = [];
  #open = Buffer.allocUnsafe(blockBytes);
  #used = 0;
  #openMs = performance.now();
  #heldBytes = 0;
  #packing = 0;
  #records = 0;
  #rawBytes = 0;
  readonly #startMs = performance.now();
  readonly #losses: { readonly atMs: number; readonly lost: LossTotals }[] = [];
  #lost: LossTotals = {};
  #newsMs = performance.now();
  #saidShort = false;
  #due: { readonly rule: Rule; readonly timer: NodeJS.Timeout } | null = null;
  #lastDumpMs = Number.NEGATIVE_INFINITY;
  #dumping: Promise<void> = Promise.resolve();
  #number = 0;
  #fileBytes = 0;
  /** Paths of the files written. */
  readonly paths: string[] = [];

  /** Throws a BadRuleError. */
  constructor(source: Source, snapshot: Snapshot, options: FlightOptions) {
    this.#source = source;
    this.#snapshot = snapshot;
    this.#options = options;
    this.#watch = options.rules.length === 0 ? null : new RuleWatch(options.rules, source.records!);
  }

  get status(): Status {
    const duration_s = (performance.now() - this.#startMs) / 1000;
    return {
      duration_s,
      records: this.#records,
      raw_bytes: this.#rawBytes,
      file_bytes: this.#fileBytes,
      lost: this.#lost,
    };
  }

  space(bytes: number): Buffer {
    if (this.#open.length - this.#used < bytes) this.#close();
    return this.#open.subarray(this.#used);
  }

  filled(bytes: number): null {
    const now = performance.now();
    const came = this.#open.subarray(this.#used, this.#used + bytes);
    if (this.#used === 0) this.#openMs = now;
    this.#used += bytes;
    this.#rawBytes += bytes;
    this.#records += recordsIn(this.#source)(came);
    if (now - this.#newsMs > newsMs) this.#news(now);
    const held = this.#watch?.holds(came);
    if (held) this.#heldRule(held, now);
    if (now - this.#openMs > blockMs) this.#close();
    return null;
  }

  /** Ends the current block, and drops blocks that are too old or take too much memory. */
  #close(): void {
    if (this.#used === 0) return;
    const now = performance.now();
    // In text, the last line may continue in the next block. A dump joins them again.
    const block = new Block(Buffer.from(this.#open.subarray(0, this.#used)), this.#openMs, now);
    this.#used = 0;
    this.#blocks.push(block);
    this.#heldBytes += block.heldBytes;
    if (this.#packing < maxPacking) void this.#pack(block);
    this.#forget(now);
  }

  async #pack(block: Block): Promise<void> {
    this.#packing += 1;
    await block.pack();
    this.#packing -= 1;
    if (this.#blocks.includes(block)) this.#heldBytes += block.heldBytes - block.rawBytes;
  }

  #forget(now: number): void {
    const oldestMs = now - this.#options.lastS * 1000;
    while (this.#blocks.length > 0 && this.#blocks[0]!.toMs < oldestMs) this.#drop();
    while (this.#blocks.length > 1 && this.#heldBytes > this.#options.maxMemoryBytes) {
      const { toMs } = this.#drop();
      if (this.#saidShort) continue;
      this.#saidShort = true;
      const seconds = ((now - toMs) / 1000).toFixed(1);
      this.#options.say(`memory holds the last ${seconds} s only at this rate; raise --last-memory for more`);
    }
    while (this.#losses.length > 0 && this.#losses[0]!.atMs < oldestMs) this.#losses.shift();
  }

  #drop(): Block {
    const block = this.#blocks.shift()!;
    this.#heldBytes -= block.heldBytes;
    return block;
  }

  #news(now: number): void {
    this.#newsMs = now;
    const { lost } = this.#source.news();
    if (Object.values(lost).every((count) => count === 0)) return;
    this.#losses.push({ atMs: now, lost });
    this.#lost = sumOfLosses([this.#lost, lost]);
  }

  /**
   * Schedules the dump for half of the time later, so that the moment when the rule held is in the middle of the file.
   */
  #heldRule(rule: Rule, now: number): void {
    const { lastS } = this.#options;
    if (this.#due !== null || now - this.#lastDumpMs < lastS * 1000) return;
    this.#lastDumpMs = now + lastS * 500;
    const timer = setTimeout(() => void this.dump(rule.text), lastS * 500);
    this.#due = { rule, timer };
    this.#options.say(`${rule.text}: holds; the ${lastS} s around this moment will be written in ${lastS / 2} s`);
  }

  /**
   * Writes the current contents to a file, one file at a time. Resolves when it is complete. Reports errors with `say`.
   */
  dump(reason: string): Promise<void> {
    this.#due = null;
    this.#lastDumpMs = Math.max(this.#lastDumpMs, performance.now());
    this.#news(performance.now());
    this.#close();
    this.#forget(performance.now()); // nothing may have arrived for a while
    const [blocks, losses] = [[...this.#blocks], [...this.#losses]];
    const fromMs = blocks[0]?.fromMs ?? performance.now();
    this.#dumping = this.#dumping.then(() =>
      this.#write(reason, blocks, losses, fromMs).catch((error: Error) =>
        this.#options.say(`${reason}: nothing written, the recording goes on. ${error.message}`),
      ),
    );
    return this.#dumping;
  }

  async #write(
    reason: string,
    blocks: readonly Block[],
    losses: readonly { readonly lost: LossTotals }[],
    fromMs: number,
  ): Promise<void> {
    const { command, level, owner, mode, lastS, say } = this.#options;
    const now = headerNow(this.#source, this.#snapshot, command ? { command } : {});
    const header: TppHeader = {
      ...now,
      clock: moved(now.clock, BigInt(Math.round((performance.now() - fromMs) * 1e6))),
      notes: [...(now.notes ?? []), `the last ${lastS} s of a recording in memory, written on: ${reason}`],
    };
    const recordsOf = this.#source.recordsIn ? { recordsIn: this.#source.recordsIn } : {};
    const writer = await this.#create(header, { level, owner, ...(mode == null ? {} : { mode }), ...recordsOf });
    for (const { lost } of losses)
      for (const [cause, records] of Object.entries(lost)) if (records > 0) writer.addLoss(cause, records);
    for (const [index, block] of blocks.entries()) {
      const raw = await block.raw();
      const whole =
        index === 0 && this.#source.text !== "records" ? raw.subarray(Math.max(0, this.#source.cutAt(raw))) : raw;
      if (!writer.write(whole)) await writer.drained();
    }
    const totals = await writer.close({ reason: `dump, ${reason}` });
    this.#fileBytes += totals.fileBytes;
    this.paths.push(writer.path);
    say(`${writer.path}: ${totals.records} records of the last ${totals.duration_s.toFixed(1)} s (${reason})`);
  }

  async #create(header: TppHeader, options: Parameters<typeof TppWriter.create>[2]): Promise<TppWriter> {
    for (let attempt = 0; ; attempt += 1) {
      this.#number += 1;
      try {
        return await TppWriter.create(numberedPath(this.#options.path, this.#number), header, options);
      } catch (error) {
        if (!(error instanceof OutputExistsError) || attempt === maxAttempts) throw error;
      }
    }
  }

  /** Writes a scheduled dump now, and waits for a dump that is being written. */
  async close(): Promise<void> {
    if (this.#due !== null) {
      clearTimeout(this.#due.timer);
      await this.dump(this.#due.rule.text);
    }
    await this.#dumping;
    this.#news(performance.now());
  }
}

/** Both clocks at a time `ns` earlier. */
function moved(clock: TppHeader["clock"], ns: bigint): TppHeader["clock"] {
  const earlier = (time: string): string => String(BigInt(time) - ns);
  return { ...clock, realtime_ns: earlier(clock.realtime_ns), monotonic_ns: earlier(clock.monotonic_ns) };
}
