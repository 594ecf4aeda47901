import { UnknownFormatError } from "../errors.ts";
import type { Io } from "../io.ts";
import { arrowFile } from "../output/arrow.ts";
import { csvPieces } from "../output/csv.ts";
import { partialOf, refuseExisting, writePieces, writeWhole } from "../output/file.ts";
import { writeParquet } from "../output/parquet.ts";
import type { Trace } from "../trace.ts";
import { withTrace } from "./open.ts";

const wholeTrace = "SELECT * FROM trace ORDER BY ord";

const formats: Readonly<Record<string, (trace: Trace, path: string) => Promise<void>>> = {
  ".parquet": writeParquet,
  ".arrow": (trace, path) => writePieces(path, arrowFile(trace.database, wholeTrace)),
  ".csv": async (trace, path) => writePieces(path, await csvPieces(trace.database, wholeTrace)),
};

/** Writes the trace of the captures in the format that the output's name asks for; `-` is CSV on standard output. */
export async function convert(
  paths: readonly string[],
  options: { output: string; force?: boolean },
  io: Io,
): Promise<void> {
  const { output, force = false } = options;
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (output !== "-" && !suffix) throw new UnknownFormatError(output, [...Object.keys(formats), "- (CSV)"]);
  if (suffix) await refuseExisting(output, force);
  // What it writes is kept by the user: a copy in the cache would cost time and serve nobody.
  const opening = {
    ...io.opening,
    outputs: [output, partialOf(output)],
    cache: io.opening?.cache === false ? (false as const) : { readOnly: true },
  };
  await withTrace(paths, { ...io, opening }, async (trace) => {
    if (suffix) await writeWhole(output, force, (path) => formats[suffix]!(trace, path));
    else for await (const piece of await csvPieces(trace.database, wholeTrace)) await io.stdout.write(piece);
  });
}
