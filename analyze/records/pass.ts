/** The single pass over a capture: reads its files and returns records in order, with connection and 64-bit numbers. */
import { basename } from "node:path";
import { capabilitiesOf } from "../captures/capabilities.ts";
import { type Capture, type CaptureFile, type Loss, socketsAtEndOf } from "../captures/capture.ts";
import type { Growth } from "../captures/growing.ts";
import { settleLosses } from "../captures/losses.ts";
import { lostBy, missingBefore, missingFiles } from "../captures/set.ts";
import { NotACaptureError } from "../errors.ts";
import { type BadLine, Batch, type BatchData, type Ends, type Layout } from "./batch.ts";
import { Changes, changeSpecs } from "./changes.ts";
import type { CarriedSpec } from "./columns.ts";
import { Connections } from "./connections.ts";
import { Expiries, expirySpecs } from "./expiries.ts";
import { Following } from "./follow.ts";
import type { FrameJob } from "./frames.ts";
import { KnownWindow, knownWindowSpecs } from "./known-window.ts";
import { LossPlaces } from "./losses.ts";
import { gather, TimeOrder } from "./order.ts";
import { Processes } from "./processes.ts";
import { readerOf } from "./read-frames.ts";
import { Recoveries } from "./recoveries.ts";
import { Rounds, roundSpecs } from "./rounds.ts";
import { type FrameSource, frameSource, type GrowingSource, growingSource, type SourceOptions } from "./source.ts";
import { Timeouts } from "./timeouts.ts";

export interface PassInput {
  readonly path: string;
  readonly files: readonly CaptureFile[];
  /** Number of the capture. */
  readonly number: number;
}

export interface PassOptions extends SourceOptions {
  /**
   * The capture is still being written: `next` returns null where its records end for now, and goes on after `grow`.
   * All its lists of frames must only ever grow.
   */
  readonly following?: boolean;
}

/**
 * A followed capture's records are handed on when they are this much older than the latest one. Live sources are late
 * by less: rings of different CPUs are read every few milliseconds.
 */
const settledNs = 0.25e9;

type Job = FrameJob & { readonly firstLine: number };

/** Most distinct reasons for bad lines that are kept. */
const mostReasons = 200;

export class Pass {
  #input: PassInput;
  readonly #source: FrameSource;
  /** The same source where the capture is followed and has not ended. */
  #growing: GrowingSource | null = null;
  #isIdle = false;
  #jobs: readonly Job[];
  /** By file: number of frames that have become jobs. */
  #framesOf: number[];
  readonly #order = new TimeOrder((memory) => this.#source.release(memory));
  readonly #losses: LossPlaces;
  readonly #connections: Connections;
  readonly #processes: Processes | null;
  readonly #timeouts: Timeouts | null;
  readonly #following: Following;
  readonly #recoveries = new Recoveries();
  #expiries: Expiries | null;
  #knownWindow: KnownWindow | null;
  #rounds: Rounds | null;
  #changes: Changes | null;
  /** Both ends of each 4-tuple, by number. */
  readonly ends: Ends[] = [];
  readonly #endsByText = new Map<string, number>();
  /** By reader, then by the reader's own number of a pair of ends: its index in `ends`. */
  readonly #numbersOfReaders: number[][] = [];
  #job = 0;
  #place = 0;
  #file = -1;
  #ready: Batch[] = [];
  #ended = false;
  /** For ss: time of the last poll, null where it is not known. */
  #poll: number | null = null;
  readonly #bad = new Map<string, BadLine>();
  readonly #damage: string[] = [];

  constructor(input: PassInput, { following = false, ...options }: PassOptions = {}) {
    this.#input = input;
    const { files } = input;
    const { header } = files[0]!;
    this.#jobs = files.flatMap((_, file) => jobsOf(files, file, 0));
    this.#framesOf = files.map(({ walk }) => walk.frames.length);
    // Records name their CPU where something can be lost: a capture's counts tell that at its end, and so do single
    // lines of a text of tracepoints.
    const canLose = (file: CaptureFile): boolean => file.walk.trailer === null || Object.keys(lostBy(file)).length > 0;
    const cpus = following || header.source === "import" || header.text === "trace_pipe" || files.some(canLose);
    const settings = { header, cpus };
    const refusal = readerOf(settings).refusal(settings);
    if (refusal !== null) throw new NotACaptureError(input.path, refusal);
    if (following) this.#growing = growingSource(settings, options);
    this.#growing?.add(this.#jobs);
    this.#source = this.#growing ?? frameSource(settings, this.#jobs, options);
    const relative = header.records ? header.records.sequence === "relative" : header.text === "probe";
    this.#connections = new Connections(relative && header.source !== "import");
    this.#processes = Processes.of(this.layout);
    this.#timeouts = Timeouts.of(header, this.#source.layout);
    const { sees_ca_state, sees_sends, sees_timers, counts_packets, tells_samples } = capabilitiesOf(header);
    const states = counts_packets ? "always" : sees_ca_state ? "changes" : "never";
    const untilClosing = header.bpf !== undefined && !sees_sends;
    this.#following = new Following({ states, tellsSamples: tells_samples, untilClosing });
    this.#expiries = Expiries.of({ seesTimers: sees_timers, seesStates: sees_ca_state }, this.layout);
    this.#knownWindow = KnownWindow.of(this.layout);
    this.#rounds = Rounds.of(this.layout);
    this.#changes = Changes.of(states, this.layout);
    this.#losses = new LossPlaces({
      startsAtOne: (header.set?.number ?? 1) === 1,
      oneCpu: files.every(({ walk }) => /^Ring: .*\bcpus 1\b/m.test(walk.trailer?.statistics?.start ?? "")),
    });
  }

  get layout(): Layout {
    return this.#source.layout;
  }

  /** Says which columns are read. What only others are made by is left out. Call this before the first `next`. */
  supplyOnly(names: ReadonlySet<string>): void {
    const isRead = (specs: readonly CarriedSpec[]) => specs.some(({ name }) => names.has(name));
    if (!isRead(expirySpecs)) this.#expiries = null;
    if (!isRead(knownWindowSpecs)) this.#knownWindow = null;
    if (!isRead(roundSpecs)) this.#rounds = null;
    if (!isRead(changeSpecs)) this.#changes = null;
  }

  /** Nanoseconds since 1970 at the capture's zero. */
  get zeroRealtimeNs(): bigint {
    const { clock, text } = this.#input.files[0]!.header;
    const { realtime_ns, monotonic_ns, zero_monotonic_ns } = clock;
    return text === "probe"
      ? BigInt(realtime_ns) - BigInt(monotonic_ns) + BigInt(zero_monotonic_ns)
      : BigInt(realtime_ns);
  }

  /** Goes on with a capture that is followed, until it has ended. Files may be added at the end. */
  grow({ files, hasEnded, isIdle }: Omit<Growth, "stopped">): void {
    if (this.#growing === null) return;
    const added = files.flatMap((_, file) => jobsOf(files, file, this.#framesOf[file] ?? 0));
    this.#input = { ...this.#input, files };
    this.#framesOf = files.map(({ walk }) => walk.frames.length);
    this.#jobs = [...this.#jobs.slice(this.#job), ...added];
    this.#job = 0;
    this.#isIdle = isIdle;
    this.#growing.add(added);
    if (hasEnded) this.#growing = null;
  }

  /** Whether records wait for later ones, to be put in order with them. */
  get isHolding(): boolean {
    return this.#order.isHolding;
  }

  /** How often a record came too late to be put in its place. */
  get restarts(): number {
    return this.#order.restarts;
  }

  /**
   * The next records in order of time. Null at the end, or where a capture that is followed ends for now. Call
   * `release` when they are no longer used.
   */
  next(): Batch | null {
    while (this.#ready.length === 0 && !this.#ended) {
      const isAtEnd = this.#growing !== null && !this.#jobs[this.#job];
      this.#ready.push(...this.#advance());
      if (isAtEnd) break;
    }
    const batch = this.#ready.shift();
    if (!batch) return null;
    this.#connections.follow(batch, this.ends);
    this.#processes?.follow(batch, this.ends);
    this.#timeouts?.follow(batch, this.#connections.count);
    this.#following.follow(batch, this.#connections.count);
    this.#recoveries.follow(batch, this.#connections.count);
    this.#expiries?.follow(batch, this.#connections.count);
    this.#knownWindow?.follow(batch, this.#connections.count);
    this.#rounds?.follow(batch, this.#connections.count);
    this.#changes?.follow(batch, this.#connections.count);
    return batch;
  }

  /** Whether `next` can return without waiting for another thread. */
  get isReady(): boolean {
    return this.#ready.length > 0 || this.#ended || !this.#jobs[this.#job] || this.#source.isReady;
  }

  release(batch: Batch): void {
    this.#source.release(batch.data.memory);
  }

  #advance(): Batch[] {
    const job = this.#jobs[this.#job];
    if (!job) {
      if (this.#growing !== null) return this.#order.settled(this.#isIdle ? 0 : settledNs);
      this.#leaveFiles(this.#input.files.length - 1);
      this.#ended = true;
      return this.#order.end();
    }
    this.#job++;
    this.#enterFile(job.file);
    const { batches, lines, damage, reader } = this.#source.next();
    if (damage !== null) {
      for (const data of batches) {
        this.#takeEnds(data, reader);
        this.#source.release(data.memory);
      }
      this.#say(job.file, damage);
      return [];
    }
    const missing = job.firstLine - this.#place;
    if (missing > 0) {
      this.#losses.mark(missing, "frame", "damage");
      this.#poll = null;
    }
    this.#place = job.firstLine + lines;
    return batches.flatMap((data) => this.#take(data, reader));
  }

  #enterFile(file: number): void {
    while (this.#file < file) {
      if (this.#file >= 0) this.#leaveFiles(this.#file);
      const index = ++this.#file;
      const { files } = this.#input;
      if (index > 0 && missingBefore(files[index]!, files[index - 1])) this.#losses.mark(null, "file", "set");
      for (const { text } of files[index]!.walk.damage) this.#say(index, text);
      this.#place = 0;
    }
  }

  #leaveFiles(last: number): void {
    if (this.#file < last) this.#enterFile(last);
    const missing = (this.#input.files[last]!.walk.trailer?.lines ?? 0) - this.#place;
    if (missing > 0) this.#losses.mark(missing, "frame", "damage");
    this.#place = Number.POSITIVE_INFINITY;
  }

  #say(file: number, text: string): void {
    const { files } = this.#input;
    this.#damage.push(files.length > 1 ? `${basename(files[file]!.path)}: ${text}` : text);
  }

  #takeEnds({ newEnds, endsAnew }: BatchData, reader: number): void {
    if (endsAnew || !this.#numbersOfReaders[reader]) this.#numbersOfReaders[reader] = [];
    for (const ends of newEnds) this.#numbersOfReaders[reader]!.push(this.#numberOf(ends));
  }

  #numberOf(ends: Ends): number {
    const text = `${ends.saddr} ${ends.sport} ${ends.daddr} ${ends.dport} ${ends.connection ?? ""}`;
    let number = this.#endsByText.get(text);
    if (number === undefined) {
      number = this.ends.length;
      this.ends.push(ends);
      this.#endsByText.set(text, number);
    }
    return number;
  }

  #take(data: BatchData, reader: number): Batch[] {
    let batch = new Batch(this.layout, data);
    this.#takeEnds(data, reader);
    const numbers = this.#numbersOfReaders[reader] ?? [];
    renumber(batch.column<Uint32Array>("ends"), batch.rows, numbers);
    for (const bad of data.bad) this.#countBad(bad);
    this.#processes?.learn(data.processes);
    if (data.polls) batch = this.#placePolls(batch);
    for (const ns of data.failedPolls) this.#losses.markAt(ns, 1, "poll", "poll");
    this.#losses.follow(batch);
    return this.#order.push(batch);
  }

  /** Gives rows before the first poll of a batch the time of the last poll of an earlier batch. */
  #placePolls(batch: Batch): Batch {
    const { waiting, lastNs } = batch.data.polls!;
    const before = this.#poll;
    this.#poll = lastNs === null ? before : Math.max(lastNs, before ?? lastNs);
    if (waiting === 0) return batch;
    if (before === null) {
      this.#countBad({ why: "belongs to a poll that is not known", line: "", count: waiting });
      const rest = Array.from({ length: batch.rows - waiting }, (_, row) => row + waiting);
      return gather([batch], rest);
    }
    const ns = batch.column<Float64Array>("ns").fill(before, 0, waiting);
    const data = { ...batch.data, firstNs: ns[0]!, lastNs: ns[batch.rows - 1]!, sorted: true };
    return new Batch(this.layout, data);
  }

  #countBad({ why, line, count }: BadLine): void {
    const reason = this.#bad.has(why) || this.#bad.size < mostReasons ? why : "of other kinds";
    const known = this.#bad.get(reason);
    if (known) known.count += count;
    else this.#bad.set(reason, { why: reason, line, count });
  }

  /** What is known once all records so far have been taken. */
  end(): { readonly capture: Capture; readonly losses: Loss[]; readonly flows: number } {
    const { path, files, number } = this.#input;
    const seconds = (ns: number | null) => (ns === null ? null : ns / 1e9);
    const placed = this.#losses.end().map(
      ({ afterOrd, lost, cause, knownBy, fromNs, toNs }): Loss => ({
        capture: number,
        after_ord: afterOrd,
        lost,
        cause,
        from_s: seconds(fromNs),
        to_s: seconds(toNs),
        known_by: knownBy,
      }),
    );
    const capture: Capture = {
      path,
      header: files[0]!.header,
      files,
      records: this.#losses.rows,
      rejected: [...this.#bad.values()].sort((a, b) => b.count - a.count),
      damage: this.#damage,
      incomplete: missingFiles(files, this.#growing !== null),
      socketsAtEnd: socketsAtEndOf(files),
    };
    return { capture, losses: settleLosses(number, files, placed), flows: this.#connections.count };
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** The frames of a file from index `from` on. */
const jobsOf = (files: readonly CaptureFile[], file: number, from: number): Job[] => {
  const { path, frames } = files[file]!.walk;
  return frames.slice(from).map((frame) => ({ path, file, frame, firstLine: frame.firstLine }));
};

function renumber(ends: Uint32Array, rows: number, numbers: readonly number[]): void {
  for (let row = 0; row < rows; row++) ends[row] = numbers[ends[row]!]!;
}
