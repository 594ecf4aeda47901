/** `capture completion SHELL`: prints the completion script for a shell. scripts/build generates it. */

import { readFileSync } from "node:fs";
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { assetNames, readAsset } from "../system/single-executable.ts";
import type { Io } from "../terminal/io.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function completion(shell: Shell, io: Io): number {
  const name = `completions/capture.${shell}`;
  const inside = assetNames(name)?.includes(name);
  io.stdout.write(inside ? readAsset(name).toString() : readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
  return exitCodes.ok;
}
