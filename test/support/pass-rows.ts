/** Records of a pass as text, to compare passes. */
import type { Batch } from "../../analyze/records/batch.ts";
import type { Pass } from "../../analyze/records/pass.ts";

/** Every value of a record, in the order of the layout, but for the columns named in `except`. */
export function rowText(pass: Pass, batch: Batch, row: number, except: readonly string[] = []): string {
  return batch.layout.columns
    .map(({ name, kind }, place) => {
      if (except.includes(name)) return "";
      if (batch.hasNulls[place] && !(batch.valid(place)[row >> 3]! & (1 << (row & 7)))) return "-";
      const values = batch.at(place);
      if (name === "ends") return JSON.stringify(pass.ends[values[row]!]);
      if (kind === "text") return batch.data.texts[place]![values[row]!];
      return kind === "i64" ? `${values[2 * row + 1]!}:${values[2 * row]!}` : `${values[row]!}`;
    })
    .filter((text) => text !== "")
    .join(" ");
}

/** The next records of a pass, until it returns null. */
export function rowsOf(pass: Pass, except: readonly string[] = []): string[] {
  const rows: string[] = [];
  for (let batch = pass.next(); batch; batch = pass.next()) {
    for (let row = 0; row < batch.rows; row++) rows.push(rowText(pass, batch, row, except));
    pass.release(batch);
  }
  return rows;
}
