/** Helpers for the tests of the format: real trace text, a header, and captures made from them. */
import { readFileSync } from "node:fs";
import type { TppHeader, TppWriterOptions } from "../../tpp/index.ts";
import { writeCapture as captureOf, headerOf } from "./captures.ts";

/** 450 lines of trace_pipe, recorded from a loopback transfer. */
export const traceText: Buffer = readFileSync(new URL("../../tpp/test/data/trace_pipe.txt", import.meta.url));

export const linesOf = (text: Buffer): string[] => text.toString("latin1").split(/(?<=\n)/);

/** A header without the formats of events, so that it is small. */
export function makeHeader(captureId: string): TppHeader {
  const { events: _, ...header } = headerOf("trace_pipe", {
    capture_id: captureId,
    clock: { realtime_ns: "0", monotonic_ns: String(process.hrtime.bigint()), zero_monotonic_ns: "0" },
  });
  return header;
}

export { temporaryDirectory } from "./temporary-directory.ts";

/** Writes `raw` as one whole capture. */
export async function writeCapture(
  path: string,
  raw: Buffer,
  options: TppWriterOptions = {},
  captureId = "11111111-1111-4111-8111-111111111111",
): Promise<void> {
  await captureOf(path, raw, makeHeader(captureId), options);
}
