import { OutputDirectoryError, TppError } from "@tcpprobe-plus/tpp";
import { OutputError } from "../errors.ts";
import { type ImportOptions, importText } from "../import/import.ts";
import type { Io } from "../io.ts";
import { refuseExisting, writeWhole } from "../output/file.ts";
import { count } from "../output/units.ts";

/** Makes a .tpp capture of what another program recorded. */
export async function importCapture(
  path: string,
  options: ImportOptions & { output: string; force?: boolean },
  io: Io,
): Promise<void> {
  const { output, force = false } = options;
  await refuseExisting(output, force);
  await writeWhole(output, force, async (partial) => {
    const { format, lines, notes } = await importText(path, partial, options, true);
    io.stdout.write(`${output}: ${count(lines)} lines of ${format}\n`);
    for (const note of notes.slice(1)) io.stdout.write(`  ${note}\n`);
  }).catch((error) => {
    if (!(error instanceof TppError)) throw error;
    const missing =
      error instanceof OutputDirectoryError && Object.assign(new Error(error.message), { code: "ENOENT" });
    throw new OutputError(output, missing || error.cause || error);
  });
}
