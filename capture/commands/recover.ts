/** `capture recover`: the intact frames of a damaged file, in a whole one. */
import { accessSync, constants } from "node:fs";
import { recoverTpp } from "@tcpprobe-plus/tpp";
import { InputMissingError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { formatBytes, formatCount } from "../run/format.ts";

export interface RecoverOptions {
  readonly output: string;
  readonly overwrite: boolean;
  readonly quiet: boolean;
}

export async function recover(input: string, options: RecoverOptions, io: Io): Promise<number> {
  try {
    accessSync(input, constants.R_OK);
  } catch (error) {
    throw new InputMissingError(input, error as NodeJS.ErrnoException);
  }
  const { output, overwrite, quiet } = options;
  const recovery = await recoverTpp(input, output, { overwrite });
  if (quiet) return exitCodes.ok;
  const { damage } = recovery.input;
  if (damage.length === 0) io.stderr.write(`capture: ${input}: is whole; ${output} is a copy of it\n`);
  for (const { text } of damage) io.stderr.write(`capture: ${input}: ${text}\n`);
  const missing = recovery.missingLines > 0 ? `, ${formatCount(recovery.missingLines)} lines missing` : "";
  const saved = `${formatCount(recovery.lines)} lines in ${formatCount(recovery.frames)} frames, ${formatBytes(recovery.fileBytes)}`;
  io.stderr.write(`capture: ${output}: whole; ${saved}${missing}\n`);
  return exitCodes.ok;
}
