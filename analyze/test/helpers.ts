/** Shared by the tests of analyze: captures of given text, the command line with its output kept, seeded chance. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { documentedWireNames, type TppHeader, TppWriter, type TppWriterOptions } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { main } from "../cli.ts";
import { openTrace, type Trace } from "../index.ts";

/** A recording of test/fixtures by its name. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/${name}.tpp`, import.meta.url));

export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), "analyze-test-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The formats in which Linux 6.18 prints the events, without the arguments. */
const printFormats: NonNullable<TppHeader["events"]> = JSON.parse(
  readFileSync(new URL("./golden/print-formats.json", import.meta.url), "utf8"),
);

/** A header with nothing in it but what reading needs. */
export function headerOf(text: "probe" | "trace_pipe", differing: Partial<TppHeader> = {}): TppHeader {
  return {
    format: 1,
    capture_id: "11111111-1111-4111-8111-111111111111",
    tool: { name: "test", version: "0" },
    source: text === "probe" ? "kmod" : "tracefs",
    text,
    columns: text === "probe" ? documentedWireNames : null,
    ...(text === "trace_pipe" ? { events: printFormats } : {}),
    kernel: { release: "6.18.0", version: "#1", machine: "x86_64", hz: 1000 },
    clock: { realtime_ns: "1700000000000000000", monotonic_ns: "0", zero_monotonic_ns: "0" },
    filters: { port: null },
    module_sysctl: null,
    sysctl: {},
    interfaces: [],
    command_line: ["test"],
    ...differing,
  };
}

/** Writes `text` as one whole capture. */
export async function writeCapture(
  path: string,
  text: string | Buffer,
  header: TppHeader,
  options: TppWriterOptions = {},
): Promise<string> {
  const writer = await TppWriter.create(path, header, options);
  if (!writer.write(Buffer.from(text))) await writer.drained();
  await writer.close({ reason: "source ended" });
  return path;
}

/** The text of a capture, line by line, each with its line feed. */
export async function linesOf(path: string): Promise<string[]> {
  const { readFrames, walkTpp } = await import("@tcpprobe-plus/tpp");
  const lines: string[] = [];
  for await (const { raw } of readFrames(path, await walkTpp(path)))
    lines.push(...raw.toString("latin1").split(/(?<=\n)/));
  return lines;
}

/** Opens captures until the test ends. */
export async function opened(t: ExecutionContext, ...paths: string[]): Promise<Trace> {
  const trace = await openTrace(paths);
  t.teardown(() => trace[Symbol.asyncDispose]());
  return trace;
}

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `analyze ARGS` in this process. */
export async function analyze(...args: string[]): Promise<Run> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (chunks: Buffer[]) => ({ write: (chunk: string | Uint8Array) => chunks.push(Buffer.from(chunk)) });
  const io = { stdout: into(out), stderr: into(err), columns: 120 };
  const code = await main(["node", "analyze", ...args], io);
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}
