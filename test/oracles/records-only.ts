/**
 * The same capture with only the 30 documented fields, so that `limits` has to do without the kernel's own times: the
 * records as text, cut to their first 30 fields, read again through the command line.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/command.ts";
import { analyze, capture } from "../support/commands.ts";

/** Makes records.tpp of capture.tpp in the folder. */
export async function recordsOnly(folder: string): Promise<void> {
  const lines = join(folder, "records.txt");
  const whole = join(folder, "whole.txt");
  await analyze("convert", join(folder, "capture.tpp"), "-o", whole, "-f");
  await run(["sh", "-c", 'cut -d " " -f 1-30 "$1" > "$2"', "sh", whole, lines]);
  rmSync(whole);
  const output = join(folder, "records.tpp");
  const { status, stderr } = await capture("run", "--force", "--quiet", "--kmod-file", lines, "-o", output);
  if (status !== 0) throw new Error(`capture run --kmod-file ended with ${status}: ${stderr}`);
  rmSync(lines);
}
