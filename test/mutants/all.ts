/** Every list of faults, and where their places are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { answerMutants } from "./answers.ts";
import { captureMutants } from "./capture.ts";
import { ingestMutants } from "./ingest.ts";
import type { Mutant } from "./mutant.ts";
import { packMutants } from "./packs.ts";
import { reportMutants } from "./report.ts";
import { serveMutants } from "./serve.ts";
import { sqlMutants } from "./sql.ts";
import { tppMutants } from "./tpp.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export const allMutants: Readonly<Record<string, readonly Mutant[]>> = {
  sql: sqlMutants,
  ingest: ingestMutants,
  answers: answerMutants,
  tpp: tppMutants,
  capture: captureMutants,
  packs: packMutants,
  report: reportMutants,
  serve: serveMutants,
};

/**
 * The fault's place in its file's text. Of SQL, which a formatter breaks into lines, however much space is between its
 * words.
 */
export function placeOf({ file, find }: Pick<Mutant, "file" | "find">): string | RegExp {
  if (!file.endsWith(".sql")) return find;
  const words = find.match(/\w+|[^\w\s]/g) ?? [];
  return new RegExp(words.map((word) => word.replaceAll(/\W/g, "\\$&")).join("\\s*"));
}

/** How often the fault's place stands in its file; 0 where there is no such file. */
export function placesOf({ file, find }: Mutant): number {
  try {
    return readFileSync(join(root, file), "utf8").split(placeOf({ file, find })).length - 1;
  } catch {
    return 0;
  }
}
