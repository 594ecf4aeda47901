/**
 * Finds golden cases in analyze/test/golden/VIEW/CASE/. A case has trace.txt (lines from real recordings; header.json
 * says how to read them), query.sql (whose comments say what it shows and calculate the numbers by hand) and
 * expected.csv, the output that `analyze sql --csv` must print. expected.csv is always written by hand.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TppHeader } from "@tcpprobe-plus/tpp";

const root = fileURLToPath(new URL("../../analyze/test/golden/", import.meta.url));

export interface GoldenCase {
  readonly view: string;
  readonly name: string;
  readonly folder: string;
  readonly read: (file: "trace.txt" | "query.sql" | "expected.csv") => string;
  readonly header: Partial<TppHeader> & { readonly text: "probe" | "trace_pipe" };
}

const foldersIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** Every case, by view and name. */
export const goldenCases = (): GoldenCase[] =>
  foldersIn(root).flatMap((view) => foldersIn(join(root, view)).map((name) => caseOf(view, name)));

/** The case of this name. */
export function goldenCase(name: string): GoldenCase {
  const found = goldenCases().find((one) => one.name === name);
  if (!found) throw new Error(`no golden case ${name}`);
  return found;
}

function caseOf(view: string, name: string): GoldenCase {
  const folder = join(root, view, name);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  return { view, name, folder, read, header: JSON.parse(read("header.json")) };
}
