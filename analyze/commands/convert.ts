/** `analyze convert`: the records as Parquet, Arrow or CSV. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { UnknownFormatError } from "../errors.ts";
import { Answer } from "../export/answer.ts";
import { csvChunks } from "../export/csv.ts";
import { writeChunks } from "../export/file.ts";
import { writeAnswer } from "../export/query.ts";
import { recordText } from "../export/record-text.ts";
import type { Trace } from "../trace/trace.ts";
import { rememberParquet, writeParquet } from "../trace/write.ts";
import { notice } from "./notices.ts";
import { type CommandIo, openOutput, withTrace } from "./open.ts";

const wholeTrace = ({ database }: Trace) => Answer.to(database, "SELECT * FROM trace ORDER BY capture, ord");

const asAnswer =
  (format: string) =>
  async (trace: Trace, path: string): Promise<void> =>
    writeAnswer(trace.database, await wholeTrace(trace), format, path);

const formats: Readonly<Record<string, (trace: Trace, path: string) => Promise<void>>> = {
  ".parquet": writeParquet,
  ".arrow": asAnswer(".arrow"),
  ".csv": asAnswer(".csv"),
};

/**
 * Writes the trace of the captures, or for .txt their records as text, in the format that the output's name asks for;
 * `-` is CSV on standard output.
 */
export async function convert(
  paths: readonly string[],
  options: { output: string; force?: boolean },
  io: CommandIo,
): Promise<void> {
  const { output, force = false } = options;
  if (output.endsWith(".txt")) {
    await using file = await openOutput(output, force, paths);
    const reading = io.opening?.reading === undefined ? {} : { reading: io.opening.reading };
    await file.write(async (path) =>
      writeChunks(path, recordText(paths, { notice: (text) => notice(io, text), ...reading })),
    );
    return;
  }
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (output !== "-" && !suffix)
    throw new UnknownFormatError(output, [
      ...Object.keys(formats),
      ".txt (records as the module prints them)",
      "- (CSV)",
    ]);
  // The user keeps the output, so a copy in the cache would only cost time.
  const opening = { ...io.opening, cache: io.opening?.cache === false ? (false as const) : { readOnly: true } };
  const reading = { ...io, opening };
  if (!suffix)
    return withTrace(paths, reading, async (trace) => {
      for await (const chunk of csvChunks(trace.database, await wholeTrace(trace))) await io.stdout.write(chunk);
    });
  const made = await written(paths, output, force, suffix, reading);
  if (suffix === ".parquet") await rememberParquet(output, made, io.opening);
}

/** Writes the output. Returns what it was before it was moved into place. */
async function written(
  paths: readonly string[],
  output: string,
  force: boolean,
  suffix: string,
  io: CommandIo,
): Promise<BigIntStats> {
  await using file = await openOutput(output, force, paths);
  // The records of a single capture are written to the file as they are read.
  const into = suffix === ".parquet" ? { into: file.partial } : {};
  let made: BigIntStats | undefined;
  await file.write(async (path) => {
    const opening = { ...io.opening, ...into };
    await withTrace(paths, { ...io, opening }, (trace) => formats[suffix]!(trace, path), [file]);
    made = await stat(path, { bigint: true });
  });
  return made!;
}
