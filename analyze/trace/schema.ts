/**
 * The documented columns of every view. Those of `trace` come from the column table in tpp/, those of other views from
 * the head of their SQL file.
 */
import { readFile } from "node:fs/promises";
import { traceColumns } from "@tcpprobe-plus/tpp";
import { viewNames } from "./views.ts";

export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  /** Unit, meaning, and the meaning of NULL. */
  readonly meaning: string;
}

export interface ViewSchema {
  readonly view: string;
  readonly about: string;
  readonly columns: readonly ViewColumn[];
}

export const readSchemas = (): Promise<ViewSchema[]> => Promise.all(viewNames.map(readSchema));

export async function readSchema(view: string): Promise<ViewSchema> {
  if (view === "trace") {
    const about = "One row a record: what the kernel held at that moment, before it handled the packet.";
    const columns = traceColumns.map(({ name, type, unit, meaning }) => ({
      name,
      type,
      meaning: unit ? `${unit}: ${meaning}` : meaning,
    }));
    return { view, about, columns };
  }
  return parseHead(view, await readFile(new URL(`../sql/${view}.sql`, import.meta.url), "utf8"));
}

/**
 * Parses a head: a description of the view, then lines `-- name[, name]  TYPE  meaning`, continued by indented lines.
 */
export function parseHead(view: string, sql: string): ViewSchema {
  const head =
    /^(?:--.*\n)*/
      .exec(sql)?.[0]
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(3)) ?? [];
  const needs = head.findIndex((line) => line.startsWith("needs: "));
  const about = head
    .slice(0, needs < 0 ? undefined : needs)
    .join(" ")
    .trim();
  const columns: { names: string[]; type: string; meaning: string }[] = [];
  let waiting: string[] | undefined;
  for (const line of head.slice(needs + 1)) {
    const begin = /^(\w+(?:, \w+)*)(?:\s{1,}([A-Za-z_]\w*)\s{2,}(.*))?$/.exec(line);
    const set = /^\s+([A-Z]\w*)\s{2,}(.*)$/.exec(line);
    if (begin?.[2]) columns.push({ names: begin[1]!.split(", "), type: begin[2], meaning: begin[3]!.trim() });
    else if (begin) waiting = begin[1]!.split(", ");
    else if (waiting && set) {
      columns.push({ names: waiting, type: set[1]!, meaning: set[2]!.trim() });
      waiting = undefined;
    } else if (columns.length > 0) columns.at(-1)!.meaning += ` ${line.trim()}`;
  }
  return { view, about, columns: columns.flatMap(({ names, ...rest }) => names.map((name) => ({ name, ...rest }))) };
}
