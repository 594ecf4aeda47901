/** Finds the imports of each file, including those of types and those at run time. */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Names of the workspaces' packages, and the files that they refer to. */
const packages: Readonly<Record<string, string>> = {
  "@tcpprobe-plus/tpp": "tpp/index.ts",
  "@tcpprobe-plus/tpp/base": "tpp/base.ts",
  "@tcpprobe-plus/tpp/columns": "tpp/columns/columns.ts",
  "@tcpprobe-plus/tpp/write": "tpp/write.ts",
  "@tcpprobe-plus/tpp/code-cache": "tpp/code-cache.js",
  "@tcpprobe-plus/analyze": "analyze/index.ts",
};

const importing = /\b(?:from|import)\s*\(?\s*"((?:\.{1,2}\/|@tcpprobe-plus\/)[^"]*)"/g;
const including = /^#include "([^"]*)"/gm;
const comment = /^\s*(?:\/?\*.*|\/\/.*)$/gm;

/** The imports in the text of a file. `path` is the file's path from the root. */
export function importsIn(path: string, text: string): Import[] {
  const named = [...text.replaceAll(comment, "").matchAll(importing)].map(([, name]) => name!);
  return named.map((name) => ({ from: path, to: packages[name] ?? normalize(join(dirname(path), name)) }));
}

export const importsOf = (root: string, files: readonly string[]): Import[] =>
  files.flatMap((path) => importsIn(path, readFileSync(join(root, path), "utf8")));

/** A header counts as its C file: if `flow.c` includes `ring.h`, it uses `ring`. */
const unit = (path: string): string => path.replace(/\.[ch]$/, "");

export function includesIn(path: string, text: string): Import[] {
  const used = [...text.matchAll(including)].map(([, name]) => unit(normalize(join(dirname(path), name!))));
  return used.filter((name) => name !== unit(path)).map((name) => ({ from: unit(path), to: name }));
}

export const includesOf = (root: string, files: readonly string[]): Import[] =>
  files.flatMap((path) => includesIn(path, readFileSync(join(root, path), "utf8")));
