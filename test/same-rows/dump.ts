/** Writes every view of every input as ordered CSV, each value to the last digit that its type holds. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "csv-stringify/sync";
import type { SqlValue, Trace } from "../../analyze/index.ts";
import type { SameRowsInput } from "./inputs.ts";

/**
 * What makes a row the same row, in the order in which rows are written; columns that a view does not have do not
 * count.
 */
export const keyColumns = [
  "capture",
  "flow",
  "window_start_s",
  "event",
  "episode",
  "ord",
  "t",
  "mark",
  "after_ord",
  "from_s",
  "cause",
];

/** Tables beside the views that opening makes. */
const tables = ["captures", "losses", "not_followed"];

/** Columns that tell where a file was, not what is in it. */
const places = ["path"];

/** Window lengths that every view with windows is asked with: the usual one, and one that fits nothing. */
const windows = [0.1, 0.737];

interface Library {
  readonly openTrace: (paths: readonly string[], options: { cache: false }) => Promise<Trace>;
  readonly viewNames: readonly string[];
}

/**
 * Dumps one input into the folder `output/NAME`; `code` is the checkout that reads it. What cannot be read or asked
 * leaves NAME.error.txt, and is returned, a line each.
 */
export async function dumpInput(input: SameRowsInput, code: string, output: string): Promise<string[]> {
  const folder = join(output, input.name);
  await mkdir(folder, { recursive: true });
  const directory = await mkdtemp(join(tmpdir(), "same-rows-"));
  const errors: string[] = [];
  const noted = async (name: string, error: unknown) => {
    const text = (error as Error).message.replaceAll(directory, "…");
    errors.push(`${input.name} ${name}: ${text.split("\n")[0]}`);
    await writeFile(join(folder, `${name}.error.txt`), `${text}\n`);
  };
  try {
    const { openTrace, viewNames } = (await import(pathToFileURL(join(code, "analyze/index.ts")).href)) as Library;
    const trace = await openTrace(await input.paths(directory, code), { cache: false });
    try {
      await writeFile(join(folder, "opening.csv"), openingOf(trace));
      for (const view of [...viewNames, ...tables]) {
        try {
          await dumpView(trace, view, folder, input.window);
        } catch (error) {
          await noted(view, error);
        }
      }
    } finally {
      await trace[Symbol.asyncDispose]();
    }
  } catch (error) {
    await noted("open", error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return errors;
}

/** What opening said of each capture, a line each. */
function openingOf(trace: Trace): string {
  const rows = trace.captures.flatMap(({ records, rejected, damage, incomplete }, index) =>
    Object.entries({ records, rejected, damage, incomplete }).map(([key, value]) => [
      index + 1,
      key,
      JSON.stringify(value),
    ]),
  );
  return stringify([["capture", "key", "value"], ...rows], { quoted_string: true });
}

async function dumpView(trace: Trace, view: string, folder: string, ownWindow: number | undefined): Promise<void> {
  const { names } = await trace.columns(`SELECT * FROM ${view} LIMIT 0`);
  const lengths = !names.includes("window_s")
    ? [undefined]
    : [...windows, ...(ownWindow === undefined ? [] : [ownWindow])];
  for (const length of lengths) {
    const name = length === undefined ? view : `${view}-${length}`;
    await withWindow(trace, length, async () =>
      writeFile(join(folder, `${name}.csv`), await csvOf(trace, view, names)),
    );
  }
}

async function withWindow(trace: Trace, length: number | undefined, work: () => Promise<void>): Promise<void> {
  if (length === undefined) return work();
  await trace.setWindow(length);
  await work();
}

/** A view as CSV: rows in the order of their keys, then of all that they hold; nothing for NULL, text in quotes. */
async function csvOf(trace: Trace, view: string, names: readonly string[]): Promise<string> {
  const kept = names.filter((name) => !places.includes(name));
  const keys = keyColumns.filter((name) => kept.includes(name));
  const order = [...keys, ...kept.filter((name) => !keys.includes(name))].map((name) => `"${name}" NULLS FIRST`);
  const select = kept.map((name) => `"${name}"`).join(", ");
  const { types, values, rowCount } = await trace.columns(`SELECT ${select} FROM ${view} ORDER BY ${order.join(", ")}`);
  const header = kept.map((name, column) => `${name}:${types[column]}`);
  const rows = Array.from({ length: rowCount }, (_, row) => values.map((column) => exact(column[row] ?? null)));
  return stringify([header, ...rows], { quoted_string: true });
}

/** Numbers bare, with the fewest digits that give the same double again; all else as text. */
function exact(value: SqlValue): string | number | bigint | null {
  if (typeof value === "boolean") return String(value);
  return Object.is(value, -0) ? 0 : value;
}
