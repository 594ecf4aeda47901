/**
 * The system's libbpf and C library, called through koffi. Only functions that libbpf has had from 0.3 to 1.x, so that
 * both of its sonames work.
 */
import type { KoffiFunc, LibraryHandle } from "koffi";
import { NoBpfError } from "./errors.ts";
import { loadKoffi } from "./koffi.ts";

/** A pointer of koffi's; null for NULL. */
export type Pointer = unknown;

export interface Libbpf {
  /** For messages, such as `libbpf.so.1`. */
  readonly file: string;
  /** `options`: `bpf_object_open_opts` as far as it is needed. */
  openMemory(bytes: Buffer, size: number, options: { readonly sz: number; readonly object_name: string }): Pointer;
  load(object: Pointer): number;
  close(object: Pointer): void;
  program(object: Pointer, name: string): Pointer;
  setAutoload(program: Pointer, load: boolean): number;
  programFd(program: Pointer): number;
  attach(program: Pointer): Pointer;
  destroyLink(link: Pointer): number;
  map(object: Pointer, name: string): Pointer;
  mapFd(map: Pointer): number;
  setInitialValue(map: Pointer, value: Buffer, size: number): number;
  updateElement(fd: number, key: Buffer, value: Buffer, flags: number): number;
  infoByFd(fd: number, info: Buffer, length: Buffer): number;
  createRing(bytes: number): number;
  mmap(bytes: number, protection: number, fd: number, offset: number): Pointer;
  munmap(address: Pointer, bytes: number): number;
  closeFd(fd: number): number;
  pageBytes(): number;
  /** Ticks a second, CONFIG_HZ. */
  hz(): number;
  /** Memory at a pointer; never to be touched after `munmap`. */
  view(address: Pointer, bytes: number): ArrayBuffer;
  errno(): number;
  /** Lifts the limit of locked memory, which kernels before 5.11 count maps against. */
  unlimitMemory(): void;
}

export const protRead = 1;
export const protWrite = 2;
const mapShared = 1;

/** bpf(2) by machine: only the creation of a map needs it, whose wrapper was renamed. */
const bpfSyscall: Readonly<Record<string, number>> = {
  x64: 321,
  arm64: 280,
  riscv64: 280,
  loong64: 280,
  ppc64: 361,
  ia32: 357,
  arm: 386,
};
const createMap = 0;
const typeRing = 27;
const clockMonotonicCoarse = 6;
const rlimitMemlock = 8;

let loaded: Promise<Libbpf> | undefined;

/** Throws a NoBpfError. */
export function loadLibbpf(): Promise<Libbpf> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Libbpf> {
  const koffi = await loadKoffi();
  const syscallNumber = bpfSyscall[process.arch];
  if (syscallNumber === undefined || process.platform !== "linux")
    throw new NoBpfError(`not known on ${process.platform} ${process.arch}`, "Use another source.");
  const [file, bpf] = firstLibrary(["libbpf.so.1", "libbpf.so.0"], (name) => koffi.load(name));
  const [, c] = firstLibrary(["libc.so.6", "libc.musl-x86_64.so.1", "libc.so"], (name) => koffi.load(name));
  // biome-ignore lint/suspicious/noExplicitAny: the signature is the C declaration beside it
  const of = <Call extends (...given: any[]) => unknown>(
    library: LibraryHandle,
    declaration: string,
  ): KoffiFunc<Call> => {
    try {
      return library.func(declaration) as unknown as KoffiFunc<Call>;
    } catch (error) {
      throw new NoBpfError(`${file} lacks ${declaration}`, "Install libbpf 0.3 or newer.", error);
    }
  };
  koffi.struct("tcpprobe_open_opts", { sz: "size_t", object_name: "const char *" });
  const setPrint = of<(print: Pointer) => Pointer>(bpf, "void *libbpf_set_print(void *)");
  setPrint(null); // what it has to say comes back as an error
  const syscall = of<(number: number, command: number, attributes: Buffer, size: number) => number>(
    c,
    "long syscall(long, long, void *, long)",
  );
  const mmap = of<
    (at: Pointer, bytes: number, protection: number, flags: number, fd: number, offset: number) => Pointer
  >(c, "void *mmap(void *, size_t, int, int, int, long)");
  const clockResolution = of<(clock: number, time: Buffer) => number>(c, "int clock_getres(int, void *)");
  const setLimit = of<(which: number, limit: Buffer) => number>(c, "int setrlimit(int, void *)");
  const failed = 2n ** 64n - 1n;
  const openMemory = of<Libbpf["openMemory"]>(bpf, "void *bpf_object__open_mem(void *, size_t, tcpprobe_open_opts *)");
  const attach = of<Libbpf["attach"]>(bpf, "void *bpf_program__attach(void *)");
  let told: number | null = null;
  /** Before 1.0 a failure is a pointer to one of the last 4095 bytes; since then it is NULL, with errno. */
  const checked = (pointer: Pointer): Pointer => {
    const address = pointer === null ? 0n : koffi.address(pointer);
    told = address > failed - 4095n ? Number(failed - address) + 1 : null;
    return told === null ? pointer : null;
  };
  return {
    file,
    openMemory: (bytes, size, options) => checked(openMemory(bytes, size, options)),
    load: of(bpf, "int bpf_object__load(void *)"),
    close: of(bpf, "void bpf_object__close(void *)"),
    program: of(bpf, "void *bpf_object__find_program_by_name(void *, const char *)"),
    setAutoload: of(bpf, "int bpf_program__set_autoload(void *, bool)"),
    programFd: of(bpf, "int bpf_program__fd(void *)"),
    attach: (program) => checked(attach(program)),
    destroyLink: of(bpf, "int bpf_link__destroy(void *)"),
    map: of(bpf, "void *bpf_object__find_map_by_name(void *, const char *)"),
    mapFd: of(bpf, "int bpf_map__fd(void *)"),
    setInitialValue: of(bpf, "int bpf_map__set_initial_value(void *, void *, size_t)"),
    updateElement: of(bpf, "int bpf_map_update_elem(int, void *, void *, uint64_t)"),
    infoByFd: of(bpf, "int bpf_obj_get_info_by_fd(int, void *, void *)"),
    createRing: (bytes) => {
      const attributes = Buffer.alloc(72);
      attributes.writeUInt32LE(typeRing, 0);
      attributes.writeUInt32LE(bytes, 12);
      return syscall(syscallNumber, createMap, attributes, attributes.length);
    },
    mmap: (bytes, protection, fd, offset) => {
      const address = mmap(null, bytes, protection, mapShared, fd, offset);
      return address === null || koffi.address(address) === failed ? null : address;
    },
    munmap: of(c, "int munmap(void *, size_t)"),
    closeFd: of(c, "int close(int)"),
    pageBytes: of(c, "int getpagesize(void)"),
    hz: () => {
      const time = Buffer.alloc(16);
      clockResolution(clockMonotonicCoarse, time);
      return Math.round(1e9 / Number(time.readBigInt64LE(8)));
    },
    view: (address, bytes) => koffi.view(address, bytes) as unknown as ArrayBuffer,
    errno: () => told ?? koffi.errno(),
    unlimitMemory: () => {
      const limit = Buffer.alloc(16, 0xff);
      setLimit(rlimitMemlock, limit); // not allowed to all; newer kernels do not ask
    },
  };
}

function firstLibrary(names: readonly string[], load: (name: string) => LibraryHandle): [string, LibraryHandle] {
  let cause: unknown;
  for (const name of names) {
    try {
      return [name, load(name)];
    } catch (error) {
      cause = error;
    }
  }
  throw new NoBpfError(
    `the library ${names[0]} is not installed`,
    "It comes with iproute2: apt install libbpf1, dnf install libbpf.",
    cause,
  );
}
