/** The kernel memory that a capture takes, and for how many records it is enough. */

import { availableParallelism, freemem } from "node:os";
import { bytesText } from "@tcpprobe-plus/tpp/base";
import { CaptureError } from "../errors.ts";
import { moduleStatus } from "../module/status.ts";
import { formatCount } from "../terminal/numbers.ts";
import { defaultBufferKb, findTracefs, tracedCpus } from "../tracefs/trace-instance.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = findingsOf("rings");

/** Size of an event in the trace ring, for a segment on loopback. */
const traceRecordBytes = 150;

export function ringFindings(): Finding[] {
  return [tracefs(), ...kmod()];
}

/** Number of CPUs with a ring. If tracefs is not visible, the number that this process may use. */
function cpuCount(): number {
  try {
    return tracedCpus(findTracefs());
  } catch (error) {
    if (error instanceof CaptureError) return availableParallelism();
    throw error;
  }
}

function tracefs(): Finding {
  const cpus = cpuCount();
  const kib = defaultBufferKb(cpus);
  const all = kib * 1024 * cpus;
  const records = formatCount(Math.round((kib * 1024) / traceRecordBytes / 1000) * 1000);
  const text = `${kib} KiB for each of ${cpus} CPUs, ${bytesText(all)} while it captures; about ${records} records each`;
  if (all > freemem() / 2) {
    return finding(
      "tracefs",
      "note",
      `${text}; only ${bytesText(freemem())} are free`,
      "capture run --buffer-size-kb 1024",
    );
  }
  return finding("tracefs", "ok", text);
}

function kmod(): Finding[] {
  const status = moduleStatus();
  if (status === null) return [];
  const { records_per_cpu, cpus, kib } = status.ring;
  const text = `${formatCount(records_per_cpu)} records for each of ${cpus} CPUs, ${bytesText(kib * 1024)} while it is loaded`;
  const { lost } = status.records;
  if (lost === 0) return [finding("kmod", "ok", text)];
  const bufsize = records_per_cpu * 4;
  return [
    finding(
      "kmod",
      "note",
      `${text}; ${formatCount(lost)} records were lost since it was loaded`,
      `capture unload, then capture load --set bufsize=${bufsize}`,
    ),
  ];
}
