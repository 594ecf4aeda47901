/** Prints lines, colours and wrapped text. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { TextOut } from "./io.ts";

/**
 * Writes a line. It may hold names of files, programs and users, or text of a header or the kernel. Characters that
 * could control a terminal or begin another line are replaced by their numbers.
 */
export function writeLine(out: TextOut, line: string): void {
  out.write(`capture: ${foreignText(line)}\n`);
}

export type Colour = "red" | "green" | "yellow" | "bold" | "dim";

const codes: Readonly<Record<Colour, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export type Paint = (colour: Colour, text: string) => string;

/** Colours for a terminal, unless NO_COLOR is set (no-color.org). Otherwise text is not changed. */
export function painter(out: TextOut): Paint {
  if (!out.isTTY || process.env.NO_COLOR) return (_colour, text) => text;
  return (colour, text) => `\x1b[${codes[colour]}m${text}\x1b[0m`;
}

const widest = 100;

/** Width in columns: a terminal's width, up to a limit. */
export const widthOf = (out: TextOut): number => (out.isTTY ? Math.min(out.columns, widest) : widest);

/** Breaks text between words into lines of at most `width` columns. A longer word is not broken. */
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

/** `label` in a column of width `indent`, with the text wrapped beside it. */
export function labelled(label: string, text: string, indent: number, width: number): string {
  const [first = "", ...rest] = wrap(text, Math.max(20, width - indent));
  return [label.padEnd(indent) + first, ...rest.map((line) => " ".repeat(indent) + line)].join("\n");
}
