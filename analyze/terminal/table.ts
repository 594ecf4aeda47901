/** Tables for a terminal. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { eastAsianWidth } from "get-east-asian-width";

/** A table for a terminal: columns as wide as they need to be there, numbers to the right. */
export interface TableColumn {
  readonly header: string;
  readonly cells: readonly string[];
  readonly alignRight?: boolean;
}

/** Cells may be foreign text: whatever is in them, a row is one line, and what it shows stands in its column. */
export const renderTable = (columns: readonly TableColumn[]): string =>
  new TableWriter(columns).lines(columns.map(({ cells }) => cells));

/**
 * A table that is written as its rows come: columns are as wide as those that came so far need. Nothing of the rows is
 * kept, so a table may have any number of them; where a later one needs more room, the columns behind it move from
 * there on.
 */
export class TableWriter {
  readonly #columns: readonly Omit<TableColumn, "cells">[];
  readonly #widths: number[];
  #begun = false;

  constructor(columns: readonly Omit<TableColumn, "cells">[]) {
    this.#columns = columns;
    this.#widths = columns.map(() => 0);
  }

  /** The lines of further rows, by column; before the first ones the line of the headers. */
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
