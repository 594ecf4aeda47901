/** Captures for tests: recordings by name, and captures made from given text. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { documentedWireNames, type TppHeader, TppWriter, type TppWriterOptions } from "../../tpp/index.ts";

/** A file of test/fixtures. */
export const fixtureFile = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** A recording of test/fixtures by its name. */
export const fixture = (name: string): string => fixtureFile(`${name}.tpp`);

/** The print formats of Linux 6.18 for the events, without the arguments. */
const printFormats: NonNullable<TppHeader["events"]> = JSON.parse(
  readFileSync(new URL("../../analyze/test/golden/print-formats.json", import.meta.url), "utf8"),
);

/** A minimal header, with only what reading needs. */
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

/** The lines of a capture's text, each with its line feed. */
export async function linesOf(path: string): Promise<string[]> {
  const { readFrames, walkTpp } = await import("@tcpprobe-plus/tpp");
  const lines: string[] = [];
  for await (const { raw } of readFrames(path, await walkTpp(path)))
    lines.push(...raw.toString("latin1").split(/(?<=\n)/));
  return lines;
}
