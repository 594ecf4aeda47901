/**
 * Comment lines that are too long. The formatter sets code to 120 columns and leaves comments as they are. `npm run
 * fix` breaks a line at a space, and lets what is over flow into the line below it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const widest = 120;
/** The lint of SQL wants lines below 120. */
const widestOf = (path: string): number => (path.endsWith(".sql") ? widest - 1 : widest);

const marks: Readonly<Record<string, RegExp>> = {
  ts: /^\s*(?:\/\/|\/\*\*?|\*)\s?/,
  js: /^\s*(?:\/\/|\/\*\*?|\*)\s?/,
  sql: /^\s*--\s?/,
};
/** A comment behind code. */
const behind: Readonly<Record<string, RegExp>> = {
  ts: /[;,{})\]] \/\/ [^"`]*$/,
  js: /[;,{})\]] \/\/ [^"`]*$/,
  sql: /\S\s+-- [^']*$/,
};

const endingOf = (path: string): string => path.split(".").at(-1)!;

/**
 * Numbers of the lines, from 1, that end with a comment and are too long. A word that cannot be broken may stand out.
 */
export function longComments(path: string, text: string): number[] {
  const [mark, after] = [marks[endingOf(path)], behind[endingOf(path)]];
  return text.split("\n").flatMap((line, index) => {
    if (line.length <= widestOf(path) || !(mark?.test(line) || after?.test(line))) return [];
    return /\s\S+\s/.test(line.replace(mark!, "")) ? [index + 1] : [];
  });
}

/** The text with its long comment lines broken. A comment behind code stays: it is for a person to move. */
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

/** How far the lines below are set in: with a list's item, a column's meaning, or a line that is set in itself. */
function hangOf(path: string, said: string, below: string): string {
  const own = /^\s*/.exec(said)![0];
  if (/^\s*(?:[-*]|\d+\.) /.test(said)) return `${own}  `;
  if (path.endsWith(".sql") && /^\w+(?:, \w+)*\s+[A-Z]\w*\s{2,}/.test(said))
    return /^ {5,}(?=\S)/.exec(below)?.[0] ?? "     ";
  return own;
}

/** Whether a line is of the same sentence, and not a list's item, a tag, an example, or the next column. */
function goesOn(line: string, prefix: string, hang: string): boolean {
  if (!line.startsWith(prefix.trimEnd())) return false;
  const said = line.slice(prefix.length);
  if (said.trim() === "" || said === "/") return false;
  if (/^\s*(?:[-*@|]|\d+\. |needs: )/.test(said)) return false;
  return /^\s*/.exec(said)![0] === hang;
}

/** A line for each file that does not say in its first line what it is. */
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
