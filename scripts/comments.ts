/**
 * Finds and breaks comment lines that are too long. The formatter limits code to 120 columns, but does not change
 * comments. `npm run fix` breaks a line at a space and moves the rest into the next line.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const widest = 120;
/** The lint of SQL requires lines below 120 columns. */
const widestOf = (path: string): number => (path.endsWith(".sql") ? widest - 1 : widest);

const marks: Readonly<Record<string, RegExp>> = {
  ts: /^\s*(?:\/\/|\/\*\*?|\*)\s?/,
  js: /^\s*(?:\/\/|\/\*\*?|\*)\s?/,
  sql: /^\s*--\s?/,
};
/** Matches a comment after code. */
const behind: Readonly<Record<string, RegExp>> = {
  ts: /[;,{})\]] \/\/ [^"`]*$/,
  js: /[;,{})\]] \/\/ [^"`]*$/,
  sql: /\S\s+-- [^']*$/,
};

const endingOf = (path: string): string => path.split(".").at(-1)!;

/**
 * Numbers, from 1, of lines that end with a comment and are too long. A single long word is allowed.
 */
export function longComments(path: string, text: string): number[] {
  const [mark, after] = [marks[endingOf(path)], behind[endingOf(path)]];
  return text.split("\n").flatMap((line, index) => {
    if (line.length <= widestOf(path) || !(mark?.test(line) || after?.test(line))) return [];
    return /\s\S+\s/.test(line.replace(mark!, "")) ? [index + 1] : [];
  });
}

/** The text with its long comment lines broken. A comment after code is not changed: a person has to move it. */
export function wrapComments(path: string, text: string): string {
  const mark = marks[endingOf(path)];
  if (!mark) return text;
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.length <= widestOf(path) || !mark.test(line)) continue;
    const [, indent = "", only] = /^(\s*)\/\*\*? (.*?) \*\/$/.exec(line) ?? [];
    if (only !== undefined) {
      lines.splice(at, 1, `${indent}/**`, `${indent} * ${only}`, `${indent} */`);
      continue;
    }
    const prefix = mark.exec(line)![0];
    const cut = line.lastIndexOf(" ", widestOf(path));
    if (cut <= prefix.length) continue;
    const rest = line.slice(cut + 1);
    lines[at] = line.slice(0, cut);
    const below = lines[at + 1] ?? "";
    const hang = hangOf(path, line.slice(prefix.length), below.startsWith(prefix) ? below.slice(prefix.length) : "");
    if (goesOn(below, prefix, hang))
      lines[at + 1] = `${prefix}${hang}${rest} ${below.slice(prefix.length).trimStart()}`;
    else lines.splice(at + 1, 0, `${prefix}${hang}${rest}`);
  }
  return lines.join("\n");
}

/** The indentation of continuation lines: that of a list item, a column's meaning, or an indented line. */
function hangOf(path: string, said: string, below: string): string {
  const own = /^\s*/.exec(said)![0];
  if (/^\s*(?:[-*]|\d+\.) /.test(said)) return `${own}  `;
  if (path.endsWith(".sql") && /^\w+(?:, \w+)*\s+[A-Z]\w*\s{2,}/.test(said))
    return /^ {5,}(?=\S)/.exec(below)?.[0] ?? "     ";
  return own;
}

/** Whether a line continues the sentence, and is not a list item, a tag, an example, or the next column. */
function goesOn(line: string, prefix: string, hang: string): boolean {
  if (!line.startsWith(prefix.trimEnd())) return false;
  const said = line.slice(prefix.length);
  if (said.trim() === "" || said === "/") return false;
  if (/^\s*(?:[-*@|]|\d+\. |needs: )/.test(said)) return false;
  return /^\s*/.exec(said)![0] === hang;
}

/** A line for each file whose first line does not say what the file is. */
export const headlessFiles = (root: string, paths: readonly string[]): string[] =>
  paths
    .filter((path) => !/^(\/\*\*|\/\/|#!)/.test(readFileSync(join(root, path), "utf8")))
    .map((path) => `${path}: does not begin with a line that says what it is`);

/** A line for each comment line that is too long. */
export const commentFaults = (root: string, paths: readonly string[]): string[] =>
  paths.flatMap((path) =>
    longComments(path, readFileSync(join(root, path), "utf8")).map(
      (line) => `${path}:${line}: a comment line of more than ${widest} columns; npm run fix breaks it`,
    ),
  );

export function wrapFiles(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    const text = readFileSync(join(root, path), "utf8");
    const wrapped = wrapComments(path, text);
    if (wrapped !== text) writeFileSync(join(root, path), wrapped);
  }
}
