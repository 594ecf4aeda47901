/** `analyze import`: other programs' text to a capture. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { foreignText, TppError } from "@tcpprobe-plus/tpp/base";
import { OutputError } from "../errors.ts";
import { OutputFile } from "../export/file.ts";
import { type ImportOptions, importText } from "../import/import.ts";
import { count, plural } from "../terminal/units.ts";
import type { CommandIo } from "./open.ts";

/** Makes a .tpp capture of what another program recorded. */
export async function importCapture(
  path: string,
  options: ImportOptions & { output: string; force?: boolean },
  io: CommandIo,
): Promise<void> {
  const { output, force = false } = options;
  await using file = await OutputFile.open(output, { force, inputs: await filesIn(path) });
  const said: string[] = [];
  await file.write(async (partial) => {
    const { format, lines, records, flows, rejected, notes } = await importText(path, partial, options, true).catch(
      (error) => {
        throw error instanceof TppError ? new OutputError(output, error.cause ?? error) : error;
      },
    );
    said.push(
      `${output}: ${plural(records, "record")} of ${plural(flows, "flow")} in ${count(lines)} lines of ${format}`,
      ...rejected.map(({ line, why, count: n }) => `  left out: ${n} x ${JSON.stringify(line.slice(0, 80))} (${why})`),
      ...notes.slice(1).map((note) => `  ${note}`),
    );
  });
  for (const line of said) await io.stdout.write(`${foreignText(line)}\n`);
}

/** The file itself, or the files in the folder. Errors are left for the code that opens them. */
const filesIn = (path: string): Promise<string[]> =>
  readdir(path).then(
    (names) => names.map((name) => join(path, name)),
    () => [path],
  );
