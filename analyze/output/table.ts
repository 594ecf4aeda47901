/** A table for a terminal: columns as wide as they need to be, numbers to the right. */
export interface TableColumn {
  readonly header: string;
  readonly cells: readonly string[];
  readonly alignRight?: boolean;
}

export function renderTable(columns: readonly TableColumn[]): string {
  const widths = columns.map(({ header, cells }) =>
    cells.reduce((width, cell) => Math.max(width, cell.length), header.length),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.alignRight ? text.padStart(width) : text.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const rows = columns[0]?.cells.length ?? 0;
  return [
    line(columns.map((column) => column.header)),
    ...Array.from({ length: rows }, (_, row) => line(columns.map((column) => column.cells[row] ?? ""))),
    "",
  ].join("\n");
}

/** Shown where a value is NULL: not known, which is not 0. */
export const unknown = "-";
