/**
 * Records from our BPF programs, which the kernel runs at the same points as the module's hooks. Records are saved in
 * the binary form of the rings. Open files of this process hold everything that is loaded, so nothing stays when it
 * dies.
 */

import { release } from "node:os";
import type { LossTotals, TppHeader } from "@tcpprobe-plus/tpp/write";
import { NoBpfError } from "../bpf/errors.ts";
import { hooksFunctions } from "../bpf/hooks.ts";
import { layoutOf, strideBytes } from "../bpf/layout.ts";
import { type Libbpf, loadLibbpf, type Pointer, protRead } from "../bpf/library.ts";
import { BpfObject, countersMap, isSince } from "../bpf/object.ts";
import { onlineCpus, Ring, ringBytes } from "../bpf/rings.ts";
import { everything, type Filter } from "../filter/filter.ts";
import { defaultBufferKb } from "../tracefs/trace-instance.ts";
import type { Source, SourceEnd, SourceNews, Usability } from "./source.ts";

export interface BpfOptions {
  readonly filter: Filter;
  /** Ring for each CPU, KiB. */
  readonly bufferSizeKb: number | null;
  readonly extended: boolean;
}

/** Sets everything up. Nothing is recorded yet. Throws a NoBpfError or BpfPermissionError. */
export async function openBpf(options: BpfOptions): Promise<Source> {
  const library = await loadLibbpf();
  const object = BpfObject.load(library, options);
  const rings: Ring[] = [];
  try {
    const bytes = ringBytes(options.bufferSizeKb ?? defaultBufferKb(), library.pageBytes());
    const outer = object.mapFd("rings");
    for (const cpu of onlineCpus()) {
      const ring = new Ring(library, cpu, bytes);
      rings.push(ring);
      library.updateElement(outer, u32(cpu), u32(ring.fd), 0);
    }
    return new BpfSource(library, object, rings, options, bytes);
  } catch (error) {
    for (const ring of rings) ring.close();
    object.close();
    throw error;
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** `struct counters` of tcpprobe.bpf.c, one for each possible CPU. */
const counterCpus = 1024;
const counterBytes = 64;
/** Place of `made_up` in it. */
const madeUpAt = 5;

/** How far records may be out of order: a record of one CPU may precede records of another that are this much older. */
const sliceNs = 20e6;

class BpfSource implements Source {
  readonly name = "bpf";
  readonly text = "records";
  readonly columns = null;
  readonly zeroMonotonicNs = "0";
  readonly halts = true;
  readonly path: string;
  readonly filter: Filter;
  readonly notes: readonly string[];
  readonly records: NonNullable<TppHeader["records"]>;
  readonly bpf: NonNullable<TppHeader["bpf"]>;
  readonly #library: Libbpf;
  readonly #object: BpfObject;
  readonly #rings: readonly Ring[];
  readonly #ringKib: number;
  #counters: Pointer;
  readonly #counts: BigUint64Array;
  readonly #told: Record<string, number> = {};
  #lastMisses = 0;

  constructor(library: Libbpf, object: BpfObject, rings: readonly Ring[], options: BpfOptions, ringSize: number) {
    this.#library = library;
    this.#object = object;
    this.#rings = rings;
    this.#ringKib = ringSize / 1024;
    this.path = library.file;
    this.filter = options.filter;
    this.records = layoutOf(library.hz(), options.extended, isSince(release(), 5, 12));
    this.bpf = { object_sha256: object.sha256, hooks: object.hooks, refused: object.refused };
    this.notes = [`ring of ${this.#ringKib} KiB for each of ${rings.length} CPUs`];
    const counters = library.mmap(counterCpus * counterBytes, protRead, object.mapFd(countersMap), 0);
    if (counters === null) throw new NoBpfError("its counters cannot be mapped", "Use another source.");
    this.#counters = counters;
    this.#counts = new BigUint64Array(library.view(counters, counterCpus * counterBytes));
  }

  start(): void {
    this.#object.attach();
  }

  /**
   * Reads from the ring with the oldest record, up to `sliceNs` past the oldest record of any other ring. So records of
   * all CPUs are in order of time to within `sliceNs`, however late the reader is.
   */
  read(into: Buffer): number {
    let oldest: Ring | null = null;
    let first = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (const ring of this.#rings) {
      const time = ring.nextTimeNs();
      if (time < first) {
        second = first;
        first = time;
        oldest = ring;
      } else if (time < second) second = time;
    }
    return oldest === null ? 0 : oldest.read(into, second + sliceNs);
  }

  saw(): void {}

  news(): SourceNews {
    return { lost: this.#untold() };
  }

  /** Every chunk consists of whole records. */
  cutAt(bytes: Buffer): number {
    return bytes.length < strideBytes ? -1 : strideBytes;
  }

  halt(): void {
    this.#object.detach();
  }

  waiting(): number {
    return this.#rings.reduce((sum, { waiting }) => sum + waiting / strideBytes, 0);
  }

  finish(): SourceEnd {
    return { lost: this.#untold() };
  }

  advice(lost: LossTotals): readonly string[] {
    if (!lost.ring) return [];
    const narrow = this.filter === everything ? ", or narrow it with --port or --sample" : "";
    return [`Raise --buffer-size-kb (now ${this.#ringKib})${narrow}.`];
  }

  /** Losses not reported yet: records for which there was no room, and program runs that the kernel skipped. */
  #untold(): LossTotals {
    const untold: Record<string, number> = {};
    if (this.#counters === null) return untold;
    let [refused, madeUp] = [0n, 0n];
    const skipped = this.#object.misses();
    for (let at = 0; at < this.#counts.length; at += counterBytes / 8) {
      refused += this.#counts[at]!;
      madeUp += this.#counts[at + madeUpAt]!;
    }
    this.#lastMisses = Math.max(this.#lastMisses, skipped - Number(madeUp));
    for (const [cause, count] of [
      ["ring", Number(refused)],
      ["hooks", this.#lastMisses],
    ] as const) {
      const more = count - (this.#told[cause] ?? 0);
      if (more > 0) untold[cause] = more;
      this.#told[cause] = count;
    }
    return untold;
  }

  async dispose(): Promise<void> {
    if (this.#counters === null) return;
    for (const ring of this.#rings) ring.close();
    this.#library.munmap(this.#counters, counterCpus * counterBytes);
    this.#counters = null;
    this.#object.close();
  }
}

/**
 * Whether `--source bpf` works here. It loads everything with small rings, but attaches nothing. Throws a CaptureError
 * if it does not work.
 */
export async function lookAtBpf(): Promise<Usability> {
  const source = await openBpf({ filter: everything, bufferSizeKb: 64, extended: true });
  const { hooks, refused } = source.bpf!;
  await source.dispose();
  if (hooksFunctions({ hooks })) return ["ok", `usable: ${hooks.length} hooks, by ${source.path}`];
  const why = Object.values(refused)[0] ?? "refused";
  return ["note", `usable, but hooks on functions are ${why}: no sends except retransmissions, and no timeouts`];
}
