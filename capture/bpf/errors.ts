/** Errors of the source bpf. */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
/** What can keep the source `bpf` from working, each with its next step. */
import { CaptureError } from "../errors.ts";

/** This host or kernel lacks what the source needs; another source may work. */
export class NoBpfError extends CaptureError {
  override readonly name = "NoBpfError";
  override readonly exitCode = exitCodes.unavailable;
  /** A few words for a summary line. */
  readonly lacks: string;
  constructor(lacks: string, next: string, cause?: unknown) {
    super(`source bpf: ${lacks}. ${next}`, { cause });
    this.lacks = lacks;
  }
}

/** The kernel refuses this process. */
export class BpfPermissionError extends CaptureError {
  override readonly name = "BpfPermissionError";
  override readonly exitCode = exitCodes.noPermission;
  readonly lacks = "no permission for BPF";
  constructor(why: string) {
    super(`source bpf: ${why}. Run it as root, or with the capabilities CAP_BPF and CAP_PERFMON.`);
  }
}

/** The ring is not as the kernel describes it. */
export class RingError extends CaptureError {
  override readonly name = "RingError";
  override readonly exitCode = exitCodes.ioError;
  constructor(cpu: number, found: number) {
    super(`source bpf: the ring of CPU ${cpu} has a record of ${found} bytes, which is none of ours. Report this.`);
  }
}
