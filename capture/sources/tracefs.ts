/** The kernel's TCP tracepoints, recorded through a private tracing instance, as the text of trace_pipe. */
import { readSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { LossTotals } from "@tcpprobe-plus/tpp/write";
import { InstanceBusyError, NoEventError, NoTracefsError, SourceGoneError } from "../errors.ts";
import type { Filter } from "../filter/filter.ts";
import { removeLeftovers } from "../tracefs/left-instances.ts";
import { LostCounter } from "../tracefs/lost-counter.ts";
import { mountPrivately } from "../tracefs/private-mount.ts";
import { planEvents, type TraceEvent } from "../tracefs/trace-events.ts";
import { defaultBufferKb, findTracefs, TraceInstance, tracedCpus } from "../tracefs/trace-instance.ts";
import { traceRecordsIn } from "../tracefs/trace-lines.ts";
import { afterFirstLine, type Source, type SourceEnd, type SourceNews, type Usability } from "./source.ts";

export interface TracefsOptions {
  readonly filter: Filter;
  /** Ring for each CPU, KiB. */
  readonly bufferSizeKb: number | null;
  /** Called with messages about what was cleaned up. */
  readonly say: (line: string) => void;
  readonly roots?: readonly string[];
}

/**
 * Sets everything up with recording still off. Throws what `findTracefs` throws, a NoEventError or a TracingSetupError.
 */
export async function openTracefs(options: TracefsOptions): Promise<Source> {
  const { root, release: unmount } = await reachTracefs(options.roots);
  let instance: TraceInstance;
  try {
    for (const line of removeLeftovers(root)) options.say(line);
    instance = new TraceInstance(root);
  } catch (error) {
    unmount();
    throw error;
  }
  try {
    const plan = planEvents(join(instance.path, "events"), options.filter.ports);
    if (plan.missing) throw new NoEventError(plan.missing, release());
    const bufferSizeKb = options.bufferSizeKb ?? defaultBufferKb(tracedCpus(instance.path));
    setUp(instance, plan.events, bufferSizeKb);
    return new TracefsSource(instance, options, plan.events, plan.notes, bufferSizeKb, unmount);
  } catch (error) {
    await instance.remove().catch(() => {}); // the first error is the one to report
    unmount();
    throw error;
  }
}

/** Finds a mounted tracefs, or mounts one for this capture alone. Throws what `findTracefs` throws. */
export async function reachTracefs(roots?: readonly string[]): Promise<{ root: string; release: () => void }> {
  try {
    return { root: findTracefs(roots), release: () => {} };
  } catch (error) {
    const isElsewhere = error instanceof NoTracefsError && roots === undefined;
    const mounted = isElsewhere ? await mountPrivately() : null;
    if (mounted === null) throw error;
    return mounted;
  }
}

/** A new instance inherits the options of the host's own tracing. These options restore the documented text format. */
const plainText = ["overwrite", "context-info", "noraw", "nohex", "nobin", "nofields", "irq-info", "hash-ptr"];

function setUp(instance: TraceInstance, events: readonly TraceEvent[], bufferSizeKb: number): void {
  instance.set("tracing_on", "0");
  for (const option of plainText) instance.trySet("trace_options", option);
  instance.set("trace_clock", "mono", "This kernel lacks the mono trace clock (Linux 3.17 has it).");
  instance.set("buffer_size_kb", String(bufferSizeKb), "Not enough memory: give a smaller --buffer-size-kb.");
  for (const event of events) {
    if (event.filter) instance.set(join("events", event.name, "filter"), event.filter);
  }
  for (const event of events) instance.set(join("events", event.name, "enable"), "1");
}

class TracefsSource implements Source {
  readonly name = "tracefs";
  readonly text = "trace_pipe";
  readonly columns = null;
  readonly zeroMonotonicNs = "0";
  readonly halts = true;
  readonly recordsIn = traceRecordsIn;
  readonly events: Readonly<Record<string, string>>;
  readonly path: string;
  readonly notes: readonly string[];
  readonly filter: Filter;
  readonly #bufferSizeKb: number;
  readonly #instance: TraceInstance;
  readonly #unmount: () => void;
  readonly #lost = new LostCounter();
  readonly #say: (line: string) => void;
  #statisticsAtStart: string | null = null;
  /** Number of lost events reported so far. */
  #reported = 0;

  constructor(
    instance: TraceInstance,
    { filter, say }: TracefsOptions,
    events: readonly TraceEvent[],
    notes: readonly string[],
    bufferSizeKb: number,
    unmount: () => void,
  ) {
    this.#unmount = unmount;
    this.#instance = instance;
    this.#say = say;
    this.events = Object.fromEntries(events.map((event) => [event.name.split("/")[1], event.printFormat]));
    this.path = join(instance.path, "trace_pipe");
    this.notes = [...notes, `ring of ${bufferSizeKb} KiB for each CPU`];
    this.filter = filter;
    this.#bufferSizeKb = bufferSizeKb;
  }

  start(): void {
    this.#statisticsAtStart = this.#instance.ringStatistics().text;
    this.#instance.set("tracing_on", "1");
  }

  read(into: Buffer): number {
    try {
      return readSync(this.#instance.pipe, into);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw new SourceGoneError(this.path, error as NodeJS.ErrnoException);
    }
  }

  saw(text: Buffer): void {
    this.#lost.add(text);
  }

  news(): SourceNews {
    return { lost: { ring: this.#lostBeyond(this.#lost.events) } };
  }

  cutAt(text: Buffer): number {
    return afterFirstLine(text);
  }

  halt(): void {
    this.#instance.set("tracing_on", "0");
  }

  waiting(): number {
    return this.#instance.ringStatistics().entries;
  }

  /** Uses the ring's counters: a LOST line appears only once something newer has been read on that CPU. */
  finish(): SourceEnd {
    const { lost, text } = this.#instance.ringStatistics();
    return {
      lost: { ring: this.#lostBeyond(Math.max(lost, this.#lost.events)) },
      statistics: { start: this.#statisticsAtStart, end: text },
    };
  }

  advice(lost: LossTotals): readonly string[] {
    if (!lost.ring) return [];
    const narrow = this.filter.ports.length === 0 ? ", or narrow it with --port" : "";
    return [`Raise --buffer-size-kb (now ${this.#bufferSizeKb})${narrow}.`];
  }

  #lostBeyond(events: number): number {
    const unreported = events - this.#reported;
    this.#reported = events;
    return unreported;
  }

  /** An instance that another process has open stays, which is reported. The capture is complete in any case. */
  async dispose(): Promise<void> {
    try {
      await this.#instance.remove();
    } catch (error) {
      if (!(error instanceof InstanceBusyError)) throw error;
      this.#say(error.message);
    } finally {
      this.#unmount();
    }
  }
}

/** Whether `--source tracefs` works here. Throws a CaptureError if it does not. */
export async function lookAtTracefs(): Promise<Usability> {
  const reached = await reachTracefs();
  const { root } = reached;
  const plan = planEvents(join(root, "events"), []);
  reached.release();
  if (plan.missing) throw new NoEventError(plan.missing, release());
  if (plan.notes.length > 0) return ["note", `usable; ${plan.notes.join("; ")}`];
  return ["ok", `usable: ${plan.events.length} kinds of events in ${root}`];
}
