/** Every list of faults, and where their places are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { answerMutants } from "./answers.ts";
import { captureMutants } from "./capture.ts";
import { ingestMutants } from "./ingest.ts";
import type { Mutant } from "./mutant.ts";
import { sqlMutants } from "./sql.ts";
import { tppMutants } from "./tpp.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export const allMutants: Readonly<Record<string, readonly Mutant[]>> = {
  sql: sqlMutants,
  ingest: ingestMutants,
  answers: answerMutants,
  tpp: tppMutants,
  capture: captureMutants,
};

/** How often the fault's place stands in its file; 0 where there is no such file. */
export function placesOf({ file, find }: Mutant): number {
  try {
    return readFileSync(join(root, file), "utf8").split(find).length - 1;
  } catch {
    return 0;
  }
}
