/** How lines, colours and pages are printed. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { TextOut } from "./io.ts";

/**
 * A line for people. It may hold names of files, programs and users, a header's or the kernel's text: what could steer
 * a terminal or begin a line of its own is shown by its number.
 */
export function writeLine(out: TextOut, line: string): void {
  out.write(`capture: ${foreignText(line)}\n`);
}

export type Colour = "red" | "green" | "yellow" | "bold" | "dim";

const codes: Readonly<Record<Colour, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export type Paint = (colour: Colour, text: string) => string;

/** Colours on a terminal whose user has not set NO_COLOR (no-color.org), else nothing. */
export function painter(out: TextOut): Paint {
  if (!out.isTTY || process.env.NO_COLOR) return (_colour, text) => text;
  return (colour, text) => `\x1b[${codes[colour]}m${text}\x1b[0m`;
}

const widest = 100;

/** Columns to fill: a terminal's, else a page's. */
export const widthOf = (out: TextOut): number => (out.isTTY ? Math.min(out.columns, widest) : widest);

/** Lines of at most `width` columns, cut between words; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `label` in a column of `indent`, the text wrapped beside it. */
export function labelled(label: string, text: string, indent: number, width: number): string {
  const [first = "", ...rest] = wrap(text, Math.max(20, width - indent));
  return [label.padEnd(indent) + first, ...rest.map((line) => " ".repeat(indent) + line)].join("\n");
}
