/**
 * The rings of all CPUs, mapped and read in place. The kernel writes whole records and moves the producer's position; a
 * record that is still being written has its busy bit set. Nobody is woken: a reader looks when it likes.
 */
import { readFileSync } from "node:fs";
import { BpfPermissionError, NoBpfError, RingError } from "./errors.ts";
import { recordBytes, ringHeaderBytes, strideBytes } from "./layout.ts";
import { type Libbpf, type Pointer, protRead, protWrite } from "./library.ts";

const busyBit = 0x80000000;
const discardBit = 0x40000000;
/** Where a record has its time, in words of 32 bits from the ring's own header on. */
const timeWord = ringHeaderBytes / 4;

/** CPUs that are there now, from `0-3,8`. */
export function onlineCpus(text: string = readFileSync("/sys/devices/system/cpu/online", "latin1")): number[] {
  return text
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** The largest size that the kernel takes, a power of two of pages, that is not above the one wished for. */
export const ringBytes = (wishedKb: number, pageBytes: number): number =>
  Math.max(pageBytes, 2 ** Math.floor(Math.log2(wishedKb * 1024)));

export class Ring {
  readonly cpu: number;
  readonly #library: Libbpf;
  readonly #fd: number;
  readonly #bytes: number;
  readonly #maps: [Pointer, number][] = [];
  readonly #consumer: BigInt64Array;
  readonly #producer: BigInt64Array;
  /** Twice in a row, so that what crosses the end is in one run. */
  readonly #data: Uint8Array;
  readonly #words: Uint32Array;
  #closed = false;

  /** Throws a BpfPermissionError or NoBpfError. */
  constructor(library: Libbpf, cpu: number, bytes: number) {
    this.cpu = cpu;
    this.#library = library;
    this.#bytes = bytes;
    this.#fd = library.createRing(bytes);
    if (this.#fd < 0) throw ringFailure(library.errno(), bytes);
    const page = library.pageBytes();
    this.#consumer = new BigInt64Array(this.#map(page, protRead | protWrite, 0), 0, 1);
    const rest = this.#map(page + 2 * bytes, protRead, page);
    this.#producer = new BigInt64Array(rest, 0, 1);
    this.#data = new Uint8Array(rest, page, 2 * bytes);
    this.#words = new Uint32Array(rest, page, (2 * bytes) / 4);
  }

  get fd(): number {
    return this.#fd;
  }

  #map(bytes: number, protection: number, offset: number): ArrayBuffer {
    const address = this.#library.mmap(bytes, protection, this.#fd, offset);
    if (address === null) throw ringFailure(this.#library.errno(), this.#bytes);
    this.#maps.push([address, bytes]);
    return this.#library.view(address, bytes);
  }

  /** Bytes that the kernel has reserved so far; the last of them may still be written. */
  get position(): number {
    return this.#closed ? 0 : Number(Atomics.load(this.#producer, 0));
  }

  /** Bytes not read yet. */
  get waiting(): number {
    return this.#closed ? 0 : this.position - Number(Atomics.load(this.#consumer, 0));
  }

  /** CLOCK_MONOTONIC of the next record, ns, to some ns; infinite where there is none yet. */
  nextTimeNs(): number {
    if (this.waiting === 0) return Number.POSITIVE_INFINITY;
    const word = (Number(this.#consumer[0]) & (this.#bytes - 1)) >>> 2;
    return Atomics.load(this.#words, word) & busyBit ? Number.POSITIVE_INFINITY : this.#timeAt(word);
  }

  #timeAt(word: number): number {
    return this.#words[word + timeWord + 1]! * 2 ** 32 + this.#words[word + timeWord]!;
  }

  /**
   * Copies whole records, as they lie there, up to the first one later than `untilNs`, and makes their room free.
   * Returns how many bytes. Throws a RingError.
   */
  read(into: Buffer, untilNs: number): number {
    if (this.#closed) return 0;
    const start = Number(Atomics.load(this.#consumer, 0));
    const mask = this.#bytes - 1;
    const most = Math.min(this.position - start, into.length - (into.length % strideBytes));
    let length = 0;
    for (; length < most; length += strideBytes) {
      const word = ((start + length) & mask) >>> 2;
      const header = Atomics.load(this.#words, word);
      if (header & busyBit) break;
      // The length stands alone: nothing is ever discarded.
      if (header !== recordBytes) throw new RingError(this.cpu, header & ~(busyBit | discardBit));
      if (this.#timeAt(word) > untilNs) break;
    }
    if (length === 0) return 0;
    const from = start & mask;
    into.set(this.#data.subarray(from, from + length));
    Atomics.store(this.#consumer, 0, BigInt(start + length));
    return length;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const [address, bytes] of this.#maps) this.#library.munmap(address, bytes);
    this.#library.closeFd(this.#fd);
  }
}

function ringFailure(errno: number, bytes: number): Error {
  if (errno === 1 || errno === 13) return new BpfPermissionError("the kernel refuses BPF maps to this process");
  const kib = bytes / 1024;
  return new NoBpfError(
    `a ring of ${kib} KiB for each CPU cannot be made (errno ${errno})`,
    errno === 22 ? "Linux 5.8 has such rings." : "Give a smaller --buffer-size-kb.",
  );
}
