/** `analyze report`: one page to explore captures with, without a network. */
import { writeFile } from "node:fs/promises";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { UnknownFormatError } from "../errors.ts";
import { reportHtml } from "../report/report.ts";
import { type CommandIo, openOutput, withTrace } from "./open.ts";

export interface ReportOptions {
  readonly output: string;
  readonly force?: boolean;
}

/** Writes the page, and prints its name. */
export async function report(paths: readonly string[], options: ReportOptions, io: CommandIo): Promise<void> {
  const { output, force = false } = options;
  if (!output.endsWith(".html")) throw new UnknownFormatError(output, [".html"]);
  await using file = await openOutput(output, force, paths);
  await withTrace(paths, io, async (trace) => {
    const page = await reportHtml(trace);
    await file.write((path) => writeFile(path, page));
    await io.stdout.write(`${foreignText(output)}\n`);
  });
}
