/** What a kind of plot declares about itself. */
import type { DrawContext } from "./context.ts";
import type { Interpolate, Picture } from "./model.ts";
import type { ColorName } from "./style.ts";

/** One line of a plot: where its points come from and how it is drawn. */
export interface Series {
  readonly name: string;
  /**
   * SQL of rows flow, ord, t, value; joined with the others of the plot. A row whose value is NULL ends the line: what
   * is behind it, up to the next row, is not known. Of a band: rows flow, t, low, high.
   */
  readonly points: string;
  /** More rows of the same kind, for captures that show changes of the congestion state but count no packets. */
  readonly stateChangePoints?: string;
  readonly color: ColorName;
  readonly dash?: readonly number[];
  /** A line, unless told otherwise. */
  readonly draw?: "line" | "dots" | "crosses" | "band";
  readonly interpolate?: Interpolate;
  /** It does not decide where the axis ends; what is far above is left out, and the caption says so. */
  readonly mayLeave?: boolean;
  /** A column of `trace` without which there is nothing to draw. */
  readonly needs?: {
    readonly column: string;
    /** Another column to use instead. It is less exact; the note says how. */
    readonly proxy?: { readonly column: string; readonly note: string };
  };
  /** Without its column, the series is left out and the plot is still drawn. */
  readonly optional?: boolean;
}

/** Units and their divisors. The largest value in the picture decides which is used. */
export type Scales = readonly { readonly from: number; readonly divisor: number; readonly unit: string }[];

export interface PanelDefinition {
  readonly yTitle: string;
  /** Views of ../sql that the points use, beside `trace`. */
  readonly views: readonly string[];
  /** Flows that share a panel show the first only. */
  readonly series: readonly Series[];
  /** Flows that share a panel, together: SQL as of a series, with flow 0. */
  readonly total?: string;
  /**
   * How a line runs between two points. State is drawn backwards from its record, which holds the state before its
   * event.
   */
  readonly interpolate: Interpolate;
  /** Whether its points are sums over windows. */
  readonly windowed?: boolean;
  /** Stacked areas instead of lines. Together they are the whole. */
  readonly stacked?: boolean;
  readonly scales: Scales;
  /** Whether retransmissions, timeouts and resets are marked, and the congestion state shown at its foot. */
  readonly marks?: boolean;
  readonly states?: boolean;
  /** The axis begins at the lowest value instead of 0. */
  readonly fromLowest?: boolean;
  /** Of the height of a usual panel. */
  readonly height?: number;
}

interface Described {
  /** What it shows, for the list of plots; no full stop. */
  readonly shows: string;
  readonly title: string;
  /** Whether it has windows whose length can be told. */
  readonly windowed?: boolean;
}

/** A panel for each flow, or one that flows share, with time below. */
export interface TimePlot extends PanelDefinition, Described {
  /** Further panels of the same flows. */
  readonly below?: readonly PanelDefinition[];
  /** SQL of a column `note`: what the caption says of the flows in `list`. */
  readonly remarks?: (list: string) => string;
  /** Whether flows share the panels however few they are. */
  readonly shared?: boolean;
  /** The most flows that are drawn unless some are named. */
  readonly mostFlows?: number;
  /** If the unit can be chosen: the definition in each unit. */
  readonly units?: Readonly<Record<"packets" | "bytes", TimePlot>>;
}

/** A plot that makes its picture itself. */
export interface OtherPlot extends Described {
  /** Columns of `trace` that it needs: one of each list. */
  readonly needs: readonly (readonly string[])[];
  readonly views: readonly string[];
  readonly draw: (context: DrawContext) => Promise<Picture>;
  /** Options that have an effect on it. */
  readonly takes?: readonly ("of" | "group" | "align")[];
  /** The most flows that are drawn unless some are named. */
  readonly mostFlows?: number;
}

export type PlotDefinition = TimePlot | OtherPlot;

export const isTimePlot = (plot: PlotDefinition): plot is TimePlot => "series" in plot;

export const timeScales: Scales = [
  { from: 0, divisor: 1, unit: "us" },
  { from: 2000, divisor: 1000, unit: "ms" },
  { from: 5e6, divisor: 1e6, unit: "s" },
];

export const rateScales: Scales = [
  { from: 0, divisor: 1, unit: "bit/s" },
  { from: 2e3, divisor: 1e3, unit: "kbit/s" },
  { from: 2e6, divisor: 1e6, unit: "Mbit/s" },
  { from: 2e9, divisor: 1e9, unit: "Gbit/s" },
];

export const byteScales: Scales = [
  { from: 0, divisor: 1, unit: "bytes" },
  { from: 4e3, divisor: 1e3, unit: "kB" },
  { from: 4e6, divisor: 1e6, unit: "MB" },
  { from: 4e9, divisor: 1e9, unit: "GB" },
];

export const plain: Scales = [{ from: 0, divisor: 1, unit: "" }];

export const pickScale = (scales: Scales, highest: number): Scales[number] =>
  scales.findLast((scale) => highest >= scale.from) ?? scales[0]!;

/**
 * Windows as a staircase, each from its start to its end. Where the next window is not there, or its value is not
 * known, the line ends.
 */
export const staircase = (view: string, value: string): string => `
  SELECT flow, 2 * w AS ord, window_start_s AS t, value FROM (
    SELECT flow, (window_start_s / window_s)::BIGINT AS w, window_start_s, ${value} AS value FROM ${view}
  ) WHERE value IS NOT NULL
  UNION ALL
  SELECT flow, 2 * w + 1, window_start_s + window_s, unnest([value, NULL]) FROM (
    SELECT *, lead(w) OVER (PARTITION BY flow ORDER BY w) AS next FROM (
      SELECT flow, (window_start_s / window_s)::BIGINT AS w, window_start_s, window_s, ${value} AS value FROM ${view}
    ) WHERE value IS NOT NULL
  ) WHERE next IS NULL OR next > w + 1`;
