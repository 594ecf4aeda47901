/** Tables for a terminal. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { eastAsianWidth } from "get-east-asian-width";

/** A column of a table. It is as wide as its widest cell. Numbers are aligned to the right. */
export interface TableColumn {
  readonly header: string;
  readonly cells: readonly string[];
  readonly alignRight?: boolean;
}

/** Renders a table. Cells may be foreign text: whatever they contain, a row stays one line and columns stay aligned. */
export const renderTable = (columns: readonly TableColumn[]): string =>
  new TableWriter(columns).lines(columns.map(({ cells }) => cells));

/** Width of the rendered table in terminal columns. */
export const widthOfTable = (columns: readonly TableColumn[]): number =>
  columns.reduce(
    (sum, { header, cells }) =>
      sum + [header, ...cells].reduce((most, text) => Math.max(most, widthOf(foreignText(text))), 0),
    2 * (columns.length - 1),
  );

/**
 * A table that is written while its rows arrive. Columns are as wide as the rows so far need. Rows are not kept, so a
 * table may have any number of them. If a later row needs more room, the columns to its right shift from there on.
 */
export class TableWriter {
  readonly #columns: readonly Omit<TableColumn, "cells">[];
  readonly #widths: number[];
  #begun = false;

  constructor(columns: readonly Omit<TableColumn, "cells">[]) {
    this.#columns = columns;
    this.#widths = columns.map(() => 0);
  }

  /** The lines for further rows, given by column. The first call also returns the line of headers. */
  lines(cells: readonly (readonly string[])[]): string {
    const shown = this.#columns.map(({ header, alignRight }, index) => {
      const texts = [...(this.#begun ? [] : [header]), ...(cells[index] ?? [])].map(foreignText);
      const widths = texts.map(widthOf);
      const widest = widths.reduce((most, width) => Math.max(most, width), this.#widths[index]!);
      this.#widths[index] = widest;
      return texts.map((text, row) => {
        const space = " ".repeat(widest - widths[row]!);
        return alignRight ? space + text : text + space;
      });
    });
    this.#begun = true;
    const rows = shown[0]?.length ?? 0;
    let lines = "";
    for (let row = 0; row < rows; row++)
      lines += `${shown
        .map((texts) => texts[row])
        .join("  ")
        .trimEnd()}\n`;
    return lines;
  }
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
