/** Shared by the tests of the container: real trace text, a header, a directory per test, seeded chance. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { type TppHeader, TppWriter, type TppWriterOptions } from "../index.ts";

/** Text of trace_pipe recorded from a loopback transfer: 450 lines of it. */
export const traceText: Buffer = readFileSync(new URL("./data/trace_pipe.txt", import.meta.url));

export const linesOf = (text: Buffer): string[] => text.toString("latin1").split(/(?<=\n)/);

export function makeHeader(captureId: string): TppHeader {
  return {
    format: 1,
    capture_id: captureId,
    tool: { name: "test", version: "0" },
    source: "tracefs",
    text: "trace_pipe",
    columns: null,
    kernel: { release: "6.18.0", version: "#1", machine: "x86_64", hz: 1000 },
    clock: { realtime_ns: "0", monotonic_ns: String(process.hrtime.bigint()), zero_monotonic_ns: "0" },
    filters: { port: null },
    module_sysctl: null,
    sysctl: {},
    interfaces: [],
    command_line: ["test"],
  };
}

export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), "tpp-test-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes `raw` as one whole capture. */
export async function writeCapture(
  path: string,
  raw: Buffer,
  options: TppWriterOptions = {},
  captureId = "11111111-1111-4111-8111-111111111111",
): Promise<void> {
  const writer = await TppWriter.create(path, makeHeader(captureId), options);
  if (!writer.write(raw)) await writer.drained();
  await writer.close({ reason: "source ended" });
}
