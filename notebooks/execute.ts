/**
 * Runs a notebook from top to bottom in Deno's Jupyter kernel, with Debian's jupyter-nbconvert. As a program it puts
 * the new outputs into the notebooks named: `node notebooks/execute.ts notebooks/01-first-look.ipynb`.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export interface Output {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly text?: string | string[];
  readonly [key: string]: unknown;
}

export interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
  metadata: Record<string, unknown>;
}

export interface Notebook {
  readonly cells: Cell[];
  readonly [key: string]: unknown;
}

/** The program of the npm package. */
export const deno: string = join(dirname(createRequire(import.meta.url).resolve("deno/package.json")), "deno");

/** Deno's kernel may send a cell's output behind the word that the cell is done, and nbconvert then misses it. */
const mostRuns = 8;

export const readNotebook = (path: string): Notebook => JSON.parse(readFileSync(path, "utf8")) as Notebook;

export const sourceOf = (cell: Cell): string => [cell.source].flat().join("");

/** A cell that prints or ends in an expression. */
export const hasOutput = (cell: Cell): boolean =>
  cell.cell_type === "code" && (/^console\./m.test(sourceOf(cell)) || !sourceOf(cell).trimEnd().endsWith(";"));

/**
 * Returns the notebook with its outputs. An error in a cell ends it with nbconvert's words, the cell's error among
 * them. Runs again, whole, until every cell that has an output has been seen with it; a cell's outputs are of one run.
 */
export async function executeNotebook(path: string): Promise<Notebook & { readonly runs: number }> {
  const directory = mkdtempSync(join(tmpdir(), "notebook-"));
  try {
    const kernel = join(directory, "kernels", "deno");
    mkdirSync(kernel, { recursive: true });
    const argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"];
    const spec = { argv, display_name: "Deno", language: "typescript", env: { NO_COLOR: "1" } };
    writeFileSync(join(kernel, "kernel.json"), JSON.stringify(spec));
    const merged = readNotebook(path);
    for (const cell of merged.cells) if (cell.cell_type === "code") cell.outputs = [];
    for (let runs = 1; runs <= mostRuns; runs++) {
      const executed = await executeOnce(path, directory);
      for (const [index, cell] of merged.cells.entries()) {
        const { outputs = [], execution_count = null } = executed.cells[index]!;
        if (cell.cell_type !== "code" || cell.outputs!.length > 0) continue;
        cell.outputs = outputs;
        cell.execution_count = execution_count;
      }
      const missed = merged.cells.filter((cell) => hasOutput(cell) && cell.outputs!.length === 0);
      if (missed.length === 0) return { ...merged, runs };
    }
    throw new Error(`${path}: not every cell showed its output in ${mostRuns} runs`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function executeOnce(path: string, directory: string): Promise<Notebook> {
  const output = join(directory, "executed.ipynb");
  await promisify(execFile)(
    "jupyter-nbconvert",
    ["--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=120", "--output", output, path],
    { env: { ...process.env, JUPYTER_PATH: directory, JUPYTER_PREFER_ENV_PATH: "0" } },
  );
  return readNotebook(output);
}

/** As Jupyter writes it, but each picture's specification on one line, which is a third of the size. */
export function notebookText({ runs: _, ...notebook }: Notebook & { runs?: number }): string {
  const specs: string[] = [];
  const text = JSON.stringify(
    notebook,
    (key, value) => {
      if (!key.startsWith("application/vnd.vegalite")) return value;
      specs.push(JSON.stringify(value));
      return `@spec ${specs.length - 1}@`;
    },
    1,
  );
  return `${text.replaceAll(/"@spec (\d+)@"/g, (_, index) => specs[Number(index)]!)}\n`;
}

if (import.meta.main) {
  for (const path of process.argv.slice(2)) {
    const executed = await executeNotebook(path);
    for (const cell of executed.cells) cell.metadata = {};
    writeFileSync(path, notebookText(executed));
  }
}
