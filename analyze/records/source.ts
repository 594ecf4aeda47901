/** Frames of a capture as batches, in order. Threads read them, or this thread where there is little to read. */
import * as nodeModule from "node:module";
import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { batchRows, type Layout } from "./batch.ts";
import type { FrameJob } from "./frames.ts";
import { FrameReader, type FrameResult, layoutOf } from "./read-frames.ts";
import type { ReaderSettings } from "./texts/reader.ts";
import { type FromWorker, flagPlaces, type ToWorker } from "./threads.ts";
import type { WorkerData } from "./worker.ts";

/** Less text than this is read here: starting threads would take longer. */
const inlineBytes = 24 * 2 ** 20;
const mostThreads = 6;
/** Most frames that each thread reads ahead. */
const ahead = 4;
/** A thread that sends nothing for this long has died without a message. */
const silenceMs = 300_000;

export interface SourceOptions {
  /** Number of reading threads, 0 for none. The default depends on the amount of text and the number of CPUs. */
  readonly threads?: number | undefined;
  /** Rows in a batch. */
  readonly rows?: number | undefined;
}

export interface FrameSource {
  readonly layout: Layout;
  /** The contents of the next frame, in the order of the jobs, and the index of its reader. Waits if necessary. */
  next(): FrameResult & { readonly reader: number };
  /** Whether `next` can return without waiting for another thread. */
  readonly isReady: boolean;
  /** Gives back the memory of a batch for reuse. */
  release(memory: SharedArrayBuffer): void;
  close(): Promise<void>;
}

/** A source whose jobs become known bit by bit. */
export interface GrowingSource extends FrameSource {
  add(jobs: readonly FrameJob[]): void;
}

/** For a capture that is followed. This thread reads it: little is added at a time. */
export const growingSource = (settings: ReaderSettings, { rows }: SourceOptions = {}): GrowingSource =>
  new HereSource(settings, layoutOf(settings, rows ?? batchRows), []);

export function frameSource(
  settings: ReaderSettings,
  jobs: readonly FrameJob[],
  options: SourceOptions = {},
): FrameSource {
  const layout = layoutOf(settings, options.rows ?? batchRows);
  const bytes = jobs.reduce((sum, { frame }) => sum + frame.rawBytes, 0);
  const threads =
    options.threads ?? (bytes < inlineBytes ? 0 : Math.min(Math.max(1, availableParallelism() - 1), mostThreads));
  return threads === 0 || jobs.length < 2
    ? new HereSource(settings, layout, jobs)
    : new ThreadSource(settings, layout, jobs, Math.min(threads, jobs.length));
}

class HereSource implements GrowingSource {
  readonly layout: Layout;
  readonly #reader: FrameReader;
  #jobs: readonly FrameJob[];
  readonly #spare: SharedArrayBuffer[] = [];
  #next = 0;

  constructor(settings: ReaderSettings, layout: Layout, jobs: readonly FrameJob[]) {
    this.layout = layout;
    this.#jobs = jobs;
    this.#reader = new FrameReader(settings, layout, () => this.#spare.pop() ?? new SharedArrayBuffer(layout.bytes));
  }

  next(): FrameResult & { readonly reader: number } {
    return { ...this.#reader.read(this.#jobs[this.#next++]!), reader: 0 };
  }

  add(jobs: readonly FrameJob[]): void {
    this.#jobs = [...this.#jobs.slice(this.#next), ...jobs];
    this.#next = 0;
  }

  get isReady(): boolean {
    return true;
  }

  release(memory: SharedArrayBuffer): void {
    this.#spare.push(memory);
  }

  async close(): Promise<void> {
    this.#reader.close();
  }
}

/** Node's directory for compiled code. Deno has none. */
const codeDirectoryOf = ({ getCompileCacheDir }: { getCompileCacheDir?: () => string | undefined }): string | null =>
  getCompileCacheDir?.() ?? null;

/** The data that start-worker.js needs. */
interface StartData {
  /** URL of the module that the thread runs. */
  readonly worker: string;
  /** Directory for compiled code, or null for none. */
  readonly codeDirectory: string | null;
}

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly flags: Int32Array;
}

/** Thread k reads frames k, k + n, k + 2n …, so taking one frame from each thread in turn keeps their order. */
class ThreadSource implements FrameSource {
  readonly layout: Layout;
  readonly #threads: readonly Thread[];
  readonly #owners = new Map<SharedArrayBuffer, MessagePort>();
  #next = 0;
  /** A message already taken from the port that `next` has not returned yet. */
  #message: FromWorker | null = null;

  constructor(settings: ReaderSettings, layout: Layout, jobs: readonly FrameJob[], count: number) {
    this.layout = layout;
    const script = new URL("./start-worker.js", import.meta.url);
    const worker = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url).href;
    const codeDirectory = codeDirectoryOf(nodeModule);
    this.#threads = Array.from({ length: count }, (_, index) => {
      const { port1, port2 } = new MessageChannel();
      const shared = new SharedArrayBuffer(8);
      const own = jobs.filter((_, job) => job % count === index);
      const workerData: WorkerData & StartData = {
        settings,
        jobs: own,
        port: port2,
        flags: shared,
        ahead,
        rows: layout.rows,
        worker,
        codeDirectory,
      };
      const thread = new Worker(script, { workerData, transferList: [port2] });
      thread.unref();
      thread.on("error", () => {}); // the error arrives through the port
      return { worker: thread, port: port1, flags: new Int32Array(shared) };
    });
  }

  next(): FrameResult & { readonly reader: number } {
    const reader = this.#next++ % this.#threads.length;
    const { port, flags } = this.#threads[reader]!;
    const message = this.#message ?? receive(port, flags);
    this.#message = null;
    Atomics.add(flags, flagPlaces.taken, 1);
    Atomics.notify(flags, flagPlaces.taken);
    if (message.kind === "failed") throw message.error;
    for (const { memory } of message.result.batches) this.#owners.set(memory, port);
    return { ...message.result, reader };
  }

  get isReady(): boolean {
    const { port } = this.#threads[this.#next % this.#threads.length]!;
    this.#message ??= (receiveMessageOnPort(port)?.message as FromWorker | undefined) ?? null;
    return this.#message !== null;
  }

  release(memory: SharedArrayBuffer): void {
    this.#owners.get(memory)?.postMessage({ memory } satisfies ToWorker);
    this.#owners.delete(memory);
  }

  async close(): Promise<void> {
    for (const { port } of this.#threads) port.close();
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function receive(port: MessagePort, flags: Int32Array): FromWorker {
  for (let waited = 0; ; ) {
    const posted = Atomics.load(flags, flagPlaces.posted);
    const found = receiveMessageOnPort(port);
    if (found) return found.message as FromWorker;
    if (Atomics.wait(flags, flagPlaces.posted, posted, 1000) === "timed-out") waited += 1000;
    if (waited >= silenceMs) throw new Error("a reading thread has said nothing for five minutes");
  }
}
