/** Types of the header, the checkpoints and the trailer of a file. */
import type { SourceName, TextKind } from "../columns/columns.ts";
import type { RecordLayout } from "./record-layout.ts";

/** JSON of the header frame. Numbers that may pass 2^53 are decimal strings. */
export interface TppHeader {
  readonly format: 1;
  /** Random for each capture. Every checkpoint repeats it, so that frames from another file are noticed. */
  readonly capture_id: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly source: SourceName | "import" | "synthetic";
  readonly text: TextKind;
  /** Field names in wire order for `probe` text; null for the others. */
  readonly columns: readonly string[] | null;
  /** For `trace_pipe`: the kernel's `print fmt` line of each event recorded, by event name. */
  readonly events?: Readonly<Record<string, string>>;
  readonly kernel: {
    readonly release: string;
    readonly version: string;
    readonly machine: string;
    /** CONFIG_HZ, or null where it is not known. */
    readonly hz: number | null;
  };
  readonly clock: {
    /** CLOCK_REALTIME and CLOCK_MONOTONIC read together at the start, ns. */
    readonly realtime_ns: string;
    readonly monotonic_ns: string;
    /**
     * CLOCK_MONOTONIC, in ns, at the moment when the records' own clock read 0. "0" where records have the monotonic
     * clock itself.
     */
    readonly zero_monotonic_ns: string;
    /**
     * `realtime` where the records have the wall clock, as imported text may. Times are then counted from
     * `realtime_ns`.
     */
    readonly of_records?: "realtime";
  };
  readonly filters: TppFilters;
  /** /proc/sys/net/tcpprobe_plus/*, or null where the module is not loaded. */
  readonly module_sysctl: Readonly<Record<string, string>> | null;
  /** net.ipv4.tcp_* and net.core.*mem*, by dotted name. */
  readonly sysctl: Readonly<Record<string, string>>;
  readonly interfaces: readonly InterfaceSnapshot[];
  readonly command_line: readonly string[];
  /** For records of the tcpprobe_plus module: its version and fields. */
  readonly module?: { readonly version: string | null; readonly fields: readonly string[] };
  /** For `records`: the layout of a record. */
  readonly records?: RecordLayout;
  /** For the source `bpf`. */
  readonly bpf?: BpfNotes;
  /** In a file of a rotated set: the id that its files share, and the number of this file, from 1. */
  readonly set?: { readonly id: string; readonly number: number };
  /** The command that was run under the capture. `started_monotonic_ns`: CLOCK_MONOTONIC just before it was started. */
  readonly command?: { readonly argv: readonly string[]; readonly started_monotonic_ns: string };
  /** For the source `import`: the format of the imported text and the files that it came from. */
  readonly imported?: { readonly format: string; readonly files: readonly string[] };
  /** For sources whose records lack it: what the kernel reported about each connection just before the first record. */
  readonly sockets?: SocketNotes;
  /** A name that the user gave the capture. */
  readonly label?: string;
  /** Recorded only on request. */
  readonly hostname?: string;
  /** What a reader of the numbers must know, such as guesses and what was not available. */
  readonly notes?: readonly string[];
  /** In a file that `capture recover` wrote: where it came from and every damage found there, a line each. */
  readonly recovered?: { readonly from_capture_id: string; readonly damage: readonly string[] };
}

/** The filters of a capture, applied in the kernel. A connection had to pass all of them. */
export interface TppFilters {
  /** A single port, at either end. Null without such a filter, or where `ports` is used. */
  readonly port: number | null;
  /** First and last port of each range, at either end. */
  readonly ports?: readonly (readonly [first: number, last: number])[];
  /** Addresses or prefixes such as `10.0.0.0/8`, at either end. */
  readonly hosts?: readonly string[];
  /** The network namespace: its name as given, and its inode number. */
  readonly netns?: { readonly name: string; readonly inode: number };
  /** The cgroup (version 2): its folder, and its id. */
  readonly cgroup?: { readonly path: string; readonly id: string };
  readonly pid?: number;
  /** Only one connection in this many was recorded, chosen by a hash of both ends. */
  readonly sample?: number;
}

/** What the kernel reported about all connections at one moment. */
export interface SocketNotes {
  readonly monotonic_ns: string;
  /** Number of connections. The list may be shorter. */
  readonly known: number;
  readonly list: readonly SocketNote[];
}

export interface SocketNote {
  readonly saddr: string;
  readonly sport: number;
  readonly daddr: string;
  readonly dport: number;
  /** The kernel's number of the socket. */
  readonly cookie?: string;
  /** Congestion control algorithm; null where it was not reported. */
  readonly cong: string | null;
  /** Segments retransmitted since the connection began; null where it was not reported. */
  readonly retransmits: number | null;
}

/** Facts about the source `bpf`. */
export interface BpfNotes {
  /** SHA-256 of the object that was loaded. */
  readonly object_sha256: string;
  /** Kernel functions (`fentry/tcp_v4_do_rcv`) and tracepoints (`tp_btf/tcp_probe`) at which records were taken. */
  readonly hooks: readonly string[];
  /** Hooks that the kernel refused or lacks, each with its reason. */
  readonly refused: Readonly<Record<string, string>>;
}

export interface InterfaceSnapshot {
  readonly name: string;
  readonly mtu: number | null;
  readonly qdisc: string | null;
  /** Offload features by ethtool's names; null where they could not be read. */
  readonly offloads: Readonly<Record<string, boolean>> | null;
}

/** Records lost so far, by cause; docs/tpp-format.md lists the causes. */
export type LossTotals = Readonly<Record<string, number>>;

/** The module's own counters since its log was opened. */
export interface ModuleCounts {
  readonly written: number;
  readonly dropped: LossTotals;
}

/** JSON of the checkpoint that follows each data frame. */
export interface TppCheckpoint {
  readonly capture_id: string;
  /** Number of the data frame that it follows, counted from 1 without gaps. */
  readonly frame: number;
  /** Offset and compressed size of that data frame, and its zstd content checksum (low 32 bits of XXH64). */
  readonly offset: number;
  readonly compressed_bytes: number;
  readonly checksum: number;
  /** CLOCK_MONOTONIC when the frame was closed, ns. */
  readonly monotonic_ns: string;
  /** CLOCK_REALTIME at the same moment (to a millisecond): shows where the clock was stepped. */
  readonly realtime_ns?: string;
  /** Lines and bytes of that frame alone. Together with the totals they give the frame's position in the capture. */
  readonly frame_lines: number;
  readonly frame_raw_bytes: number;
  /** Totals up to and including that frame. */
  readonly lines: number;
  readonly raw_bytes: number;
  readonly lost: LossTotals;
  readonly module?: ModuleCounts;
  /** All settings of the module, when one has changed since the last checkpoint (or the header). */
  readonly module_sysctl?: Readonly<Record<string, string>>;
}

/** The parts of a checkpoint that a source supplies. */
export type CheckpointExtras = Pick<TppCheckpoint, "module" | "module_sysctl">;

/** JSON of the trailer. */
export interface TppTrailer {
  readonly capture_id: string;
  /** Why it stopped: `duration`, `signal SIGINT`, `source ended`, `rotated`, `disk full`, `recovered`, ... */
  readonly reason: string;
  readonly frames: number;
  readonly lines: number;
  readonly raw_bytes: number;
  readonly lost: LossTotals;
  /** Wall time from the first to the last moment of capturing, seconds. */
  readonly duration_s: number;
  readonly realtime_ns: string;
  readonly monotonic_ns: string;
  /** The source's own statistics at start and end (for the module: /proc/net/stat/tcpprobe_plus). */
  readonly statistics?: { readonly start: string | null; readonly end: string | null };
  /** The module's settings at the end, as they were during the run. */
  readonly module_sysctl?: Readonly<Record<string, string>>;
  /** As in the header, but just after the last record. */
  readonly sockets?: SocketNotes;
  /** How the command under the capture ended. Absent if it had not. */
  readonly command?: CommandEnd;
}

export interface CommandEnd {
  readonly exit_code?: number;
  readonly signal?: string;
  readonly ended_monotonic_ns: string;
}
