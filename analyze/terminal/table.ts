/** Tables for a terminal. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { eastAsianWidth } from "get-east-asian-width";

/** A table for a terminal: columns as wide as they need to be there, numbers to the right. */
export interface TableColumn {
  readonly header: string;
  readonly cells: readonly string[];
  readonly alignRight?: boolean;
}

/** Cells may be foreign text. Whatever they hold, a row is one line and each cell stays in its column. */
export function renderTable(columns: readonly TableColumn[]): string {
  const shown = columns.map(({ header, cells, alignRight }) => {
    const texts = [header, ...cells].map(foreignText);
    const widths = texts.map(widthOf);
    const widest = widths.reduce((most, width) => Math.max(most, width), 0);
    const padded = (text: string, row: number) => {
      const space = " ".repeat(widest - widths[row]!);
      return alignRight ? space + text : text + space;
    };
    return texts.map(padded);
  });
  const rows = shown[0]?.length ?? 0;
  return Array.from(
    { length: rows },
    (_, row) =>
      `${shown
        .map((texts) => texts[row])
        .join("  ")
        .trimEnd()}\n`,
  ).join("");
}

const plain = /^[\x20-\x7e]*$/;
const mark = /\p{M}/u;

/** Width in terminal columns. A Chinese character takes two, a combining accent none. */
function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) if (!mark.test(character)) width += eastAsianWidth(character.codePointAt(0)!);
  return width;
}

/** Shown where a value is NULL: not known, which is not 0. */
export const unknown = "-";
