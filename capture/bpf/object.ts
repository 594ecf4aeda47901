/**
 * The BPF object: which of its programs the kernel takes, loaded with the settings of the run, attached and detached.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { fileURLToPath } from "node:url";
import type { Filter } from "../filter/filter.ts";
import { assetNames, readAsset } from "../system/single-executable.ts";
import { BpfPermissionError, NoBpfError } from "./errors.ts";
import type { Libbpf, Pointer } from "./library.ts";
import { settingsOf } from "./settings.ts";

const objectName = "tcpprobe";
/** The programs' variables: `counters` of tcpprobe.bpf.c alone. */
export const countersMap = `${objectName}.bss`;
/** Where the running kernel describes its types. */
export const kernelTypes = "/sys/kernel/btf/vmlinux";

export interface ObjectOptions {
  readonly filter: Filter;
  readonly extended: boolean;
}

/** A program and where it is attached. `optional`: not every kernel has that. */
interface Program {
  readonly name: string;
  readonly hook: string;
  readonly optional?: true;
}

/** At the functions where the kernel module looks: everything. */
const functions: readonly Program[] = [
  { name: "on_destroy", hook: "tp_btf/tcp_destroy_sock" },
  { name: "on_state", hook: "tp_btf/inet_sock_set_state" },
  { name: "on_transmit", hook: "fentry/__tcp_transmit_skb" },
  { name: "on_v4_receive", hook: "fentry/tcp_v4_do_rcv" },
  { name: "on_v6_receive", hook: "fentry/tcp_v6_do_rcv", optional: true },
  { name: "on_retransmit_timer", hook: "fentry/tcp_retransmit_timer" },
  { name: "on_probe_timer", hook: "fentry/tcp_send_probe0" },
  { name: "on_done", hook: "fentry/tcp_done" },
  { name: "on_graft", hook: "fentry/security_sock_graft", optional: true },
];

/** Does what the kernel skips of tp_receive; that itself is skipped at times loses nothing more. */
const receiveInside = "tp_receive_inside";

/** By how many arguments the function has: two since 6.10. */
const accept: Program = { name: "on_accept", hook: "fexit/inet_csk_accept", optional: true };
const acceptBefore: Program = { ...accept, name: "on_accept_4" };

/** Whether a kernel is of a version or a later one. */
export function isSince(kernel: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = kernel.split(/[.-]/).map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Where functions cannot be hooked. */
const tracepoints: readonly Program[] = [
  { name: "tp_state", hook: "tp_btf/inet_sock_set_state" },
  { name: "tp_receive", hook: "tp_btf/tcp_probe" },
  { name: receiveInside, hook: "tp_btf/tcp_probe" },
  { name: "tp_retransmit", hook: "tp_btf/tcp_retransmit_skb" },
  { name: "tp_cong_state", hook: "tp_btf/tcp_cong_state_set", optional: true },
  { name: "tp_reset_sent", hook: "tp_btf/tcp_send_reset", optional: true },
  { name: "tp_reset_received", hook: "tp_btf/tcp_receive_reset", optional: true },
];

/** What a process sends or reads on is its own: only where one is asked for. */
const ownFunctions: readonly Program[] = [
  { name: "own_send", hook: "fentry/tcp_sendmsg" },
  { name: "own_receive", hook: "fentry/tcp_recvmsg" },
];
const ownTracepoints: readonly Program[] = [
  { name: "tp_own_destroy", hook: "tp_btf/tcp_destroy_sock" },
  { name: "tp_own_send", hook: "tp_btf/sock_send_length", optional: true },
  { name: "tp_own_receive", hook: "tp_btf/sock_recv_length", optional: true },
];

const all = [...functions, accept, acceptBefore, ...tracepoints, ...ownFunctions, ...ownTracepoints];

export function readObject(): Buffer {
  const name = "bpf/tcpprobe.bpf.o";
  return assetNames(name) ? readAsset(name) : readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)));
}

/** What a hook's refusal means, by errno. */
const whyRefused = (errno: number): string => {
  const why: Readonly<Record<number, string>> = {
    1: "not permitted",
    2: "not in this kernel",
    3: "not in this kernel",
    13: "refused by the verifier",
    22: "not possible in this kernel",
    524: "not supported",
  };
  // From 4000 on they are libbpf's own.
  return why[errno] ?? (errno >= 4000 ? "refused by the verifier" : `error ${errno}`);
};

export class BpfObject {
  readonly sha256: string;
  readonly refused: Readonly<Record<string, string>>;
  readonly #library: Libbpf;
  readonly #programs: readonly (Program & { readonly pointer: Pointer; readonly fd: number })[];
  #object: Pointer;
  #links: Pointer[] = [];

  private constructor(
    library: Libbpf,
    object: Pointer,
    { sha256, programs, refused }: { sha256: string; programs: readonly Program[]; refused: Record<string, string> },
  ) {
    this.#library = library;
    this.#object = object;
    this.sha256 = sha256;
    this.refused = refused;
    this.#programs = programs.map((program) => {
      const pointer = library.program(object, program.name);
      return { ...program, pointer, fd: library.programFd(pointer) };
    });
  }

  /**
   * Loads what this kernel takes: function hooks, else tracepoints; of either without the optional ones that it lacks.
   * Each try takes some ten milliseconds, and there are no more than the hooks. Throws a NoBpfError or
   * BpfPermissionError.
   */
  static load(library: Libbpf, options: ObjectOptions): BpfObject {
    if (!existsSync(kernelTypes)) {
      throw new NoBpfError("this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)", "Use another source.");
    }
    library.unlimitMemory();
    const bytes = readObject();
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const settings = settingsOf(options);
    const refused: Record<string, string> = {};
    let errno = 0;
    const acceptHere = isSince(release(), 6, 10) ? accept : acceptBefore;
    const own = options.filter.pid !== null;
    const atFunctions = [...functions, acceptHere, ...(own ? ownFunctions : [])];
    const atTracepoints = [...tracepoints, ...(own ? ownTracepoints : [])];
    for (const wanted of [atFunctions, atTracepoints]) {
      let programs = wanted;
      for (;;) {
        const tried = tryLoad(library, bytes, settings, programs);
        if (tried.object !== null) {
          const failure = tryAttach(library, bytes, settings, programs);
          if (failure === 0) return new BpfObject(library, tried.object, { sha256, programs, refused });
          library.close(tried.object);
          errno = failure;
          for (const { hook } of programs.filter(isFunction)) refused[hook] = whyRefused(errno);
          break;
        }
        errno = tried.errno;
        const { culprit } =
          tried.errno === 1 ? { culprit: undefined } : findCulprit(library, bytes, settings, programs);
        if (!culprit?.program.optional) {
          const whose = culprit ? [culprit.program] : programs.filter(isFunction);
          for (const { hook } of whose) refused[hook] = whyRefused(culprit?.errno ?? errno);
          break;
        }
        refused[culprit.program.hook] = whyRefused(culprit.errno);
        programs = programs.filter((program) => program !== culprit.program);
      }
    }
    if (errno === 1) throw new BpfPermissionError("the kernel refuses BPF programs to this process");
    const [hook, why] = Object.entries(refused).at(-1) ?? ["", `error ${errno}`];
    throw new NoBpfError(`${hook} is ${why}`, "Use another source.");
  }

  get hooks(): string[] {
    return [...new Set(this.#programs.map(({ hook }) => hook))].filter((hook) => !(hook in this.refused));
  }

  mapFd(name: string): number {
    return this.#library.mapFd(this.#library.map(this.#object, name));
  }

  /** Records are made from here on. Throws a NoBpfError. */
  attach(): void {
    for (const { pointer, hook } of this.#programs) {
      const link = this.#library.attach(pointer);
      if (link === null) {
        const errno = this.#library.errno();
        this.detach();
        throw new NoBpfError(`${hook} cannot be attached (errno ${errno})`, "Use another source.");
      }
      this.#links.push(link);
    }
  }

  detach(): void {
    for (const link of this.#links.splice(0).reverse()) this.#library.destroyLink(link);
  }

  /**
   * Runs that the kernel skipped since they interrupted another one of the same program; 0 before Linux 5.12, which
   * skips none. Without those that another program has made up for.
   */
  misses(): number {
    let sum = 0;
    for (const { fd, name } of this.#programs) {
      if (name === receiveInside) continue;
      const info = Buffer.alloc(infoBytes);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(infoBytes);
      if (this.#library.infoByFd(fd, info, length) === 0) sum += Number(info.readBigUInt64LE(missesOffset));
    }
    return sum;
  }

  close(): void {
    this.detach();
    if (this.#object !== null) this.#library.close(this.#object);
    this.#object = null;
  }
}

/** struct bpf_prog_info of include/uapi/linux/bpf.h up to recursion_misses. */
const missesOffset = 208;
const infoBytes = 216;

const isFunction = ({ hook }: Program): boolean => !hook.startsWith("tp_btf/");

/**
 * On other machines than x86 kernels can load programs for functions and attach none (arm64 before 6.0): one is tried
 * there, that of a rare event, loaded for this alone, as older kernels attach none twice. 0, or an errno.
 */
function tryAttach(library: Libbpf, bytes: Buffer, settings: Buffer, programs: readonly Program[]): number {
  const rare = programs.find(({ hook }) => hook === "fentry/tcp_send_probe0");
  if (!rare || process.arch === "x64") return 0;
  const { object, errno } = tryLoad(library, bytes, settings, [rare]);
  if (object === null) return errno;
  const link = library.attach(library.program(object, rare.name));
  const failure = link === null ? library.errno() || 22 : 0;
  if (link !== null) library.destroyLink(link);
  library.close(object);
  return failure;
}

type Tried = { readonly object: Pointer; readonly errno: number };

function tryLoad(library: Libbpf, bytes: Buffer, settings: Buffer, programs: readonly Program[]): Tried {
  const object = library.openMemory(bytes, bytes.length, { sz: 16, object_name: objectName });
  if (object === null) throw new NoBpfError(`${library.file} cannot read the BPF object`, "Install a newer libbpf.");
  for (const program of all) library.setAutoload(library.program(object, program.name), programs.includes(program));
  library.setInitialValue(library.map(object, `${objectName}.rodata`), settings, settings.length);
  const result = library.load(object);
  if (result === 0) return { object, errno: 0 };
  library.close(object);
  return { object: null, errno: -result };
}

/** The first program that does not load by itself. */
function findCulprit(
  library: Libbpf,
  bytes: Buffer,
  settings: Buffer,
  programs: readonly Program[],
): { culprit?: { program: Program; errno: number } } {
  for (const program of programs) {
    const { object, errno } = tryLoad(library, bytes, settings, [program]);
    if (object === null) return { culprit: { program, errno } };
    library.close(object);
  }
  return {};
}
