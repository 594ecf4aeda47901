/** What a command says on standard error of damage, losses and lines that are no records. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { warningsOf } from "../describe/warnings.ts";
import type { Io } from "../terminal/io.ts";
import type { Trace } from "../trace/trace.ts";

/** One line on standard error, whatever is in the text. */
export function notice(io: Io, text: string): void {
  io.stderr.write(`analyze: ${foreignText(text)}\n`);
}

/** What a reader of the numbers must know, one line each. */
export async function printNotices(trace: Trace, io: Io): Promise<void> {
  for (const { capture, text } of await warningsOf(trace)) {
    const { origin, path } = trace.captures[capture - 1]!;
    notice(io, `${origin ?? path}: ${text}`);
  }
}
