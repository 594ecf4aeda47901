/** What a panel shows. */
import type { PageQuantity, SeriesBins } from "../model.ts";
import type { Hole } from "./paint.ts";

/** A series as a panel shows it. */
export interface Line {
  readonly key: string;
  readonly name: string;
  readonly quantity: PageQuantity;
  readonly color: PageQuantity["color"];
  readonly dash: readonly number[];
  readonly holes: readonly Hole[];
  readonly bins: SeriesBins;
  /** Of shares, the strip in which they are stacked. Null for the whole height. */
  readonly lane?: Lane | null;
}

/** One of several strips, from above to below. */
export interface Lane {
  readonly name: string;
  readonly index: number;
  readonly of: number;
}

/** Everything that a panel shows. */
export interface PanelData {
  readonly lines: readonly Line[];
  readonly marks: readonly Line[];
  readonly states: Line | null;
  readonly holes: readonly Hole[];
  /** Whether its legend says what marks and states are. */
  readonly explains: boolean;
}

export const nothing: PanelData = { lines: [], marks: [], states: null, holes: [], explains: false };
