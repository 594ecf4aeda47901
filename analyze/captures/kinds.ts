/** Which source's text a capture holds, from its header. */
import type { TppHeader } from "@tcpprobe-plus/tpp";

/** Whether these are the columns of the kernel's own tcp_probe (records/texts/kernel-probe.ts). */
export const isKernelProbe = (columns: readonly string[] | null): boolean =>
  columns !== null && columns[0] === "time" && columns[1] === "src";

/** The source that writes such text. An imported capture is treated as one of that source. */
export const kindOf = ({ source, text, columns }: TppHeader): string =>
  source !== "import" || text === "ss"
    ? text === "ss"
      ? "ss"
      : source
    : text === "trace_pipe" || isKernelProbe(columns)
      ? "tracefs"
      : "kmod";
