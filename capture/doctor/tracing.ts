/** The kernel's tracing: where tracefs is mounted, and what else uses it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CaptureError } from "../errors.ts";
import { isInstanceName } from "../tracefs/instance-names.ts";
import { findTracefs } from "../tracefs/trace-instance.ts";
import { type Finding, findingsOf, fromError } from "./finding.ts";

const finding = findingsOf("tracing");

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}

export function tracingFindings(): Finding[] {
  let root: string;
  try {
    root = findTracefs();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const { text, next } = fromError(error);
    return [finding("tracefs", "problem", text, next)];
  }
  return [finding("tracefs", "ok", `mounted at ${root}`), clock(root), ftrace(), others(root)];
}

function clock(root: string): Finding {
  const clocks = textOf(join(root, "trace_clock")) ?? "";
  const hasMono = /\bmono\b/.test(clocks);
  return hasMono
    ? finding("clock", "ok", "mono is there: events carry CLOCK_MONOTONIC")
    : finding("clock", "problem", "the kernel has no mono trace clock (Linux 3.17 has it)", "use a newer kernel");
}

function ftrace(): Finding {
  const enabled = textOf("/proc/sys/kernel/ftrace_enabled");
  if (enabled === "1") return finding("ftrace", "ok", "function tracing is on, which the module needs");
  if (enabled === null)
    return finding("ftrace", "note", "the kernel has no function tracing: the module cannot be loaded");
  return finding(
    "ftrace",
    "note",
    "function tracing is off: the module cannot be loaded",
    "sysctl kernel.ftrace_enabled=1",
  );
}

function others(root: string): Finding {
  const tracer = textOf(join(root, "current_tracer")) ?? "nop";
  const instances = readdirSync(join(root, "instances")).filter((name) => !isInstanceName(name));
  const uses = [
    ...(tracer === "nop" ? [] : [`the tracer ${tracer} is on`]),
    ...(instances.length === 0 ? [] : [`instances ${instances.join(", ")}`]),
  ];
  if (uses.length === 0) return finding("others", "ok", "nobody else traces");
  return finding(
    "others",
    "note",
    `somebody else traces (${uses.join("; ")}): this does not harm captures, but costs CPU time`,
  );
}
