/** The declaration of a kind of plot. */
import type { Align } from "./choices.ts";
import type { DrawContext } from "./context.ts";
import type { Interpolate, Picture } from "./model.ts";
import type { ColorName } from "./style.ts";

/** One line of a plot: where its points come from and how it is drawn. */
export interface Series {
  readonly name: string;
  /**
   * A SELECT of flow, ord, t, value. A row whose value is NULL ends the line: nothing is known from there to the next
   * row. For a band, a SELECT of flow, t, low, high.
   */
  readonly points: string;
  /** More rows of the same kind, for captures that show changes of the congestion state but count no packets. */
  readonly stateChangePoints?: string;
  readonly color: ColorName;
  readonly dash?: readonly number[];
  /** How it is drawn. The default is a line. */
  readonly draw?: "line" | "dots" | "crosses" | "band";
  readonly interpolate?: Interpolate;
  /** Whether it is ignored for the range of the axis. Values far above are then left out, which the caption says. */
  readonly mayLeave?: boolean;
  /** A column of `trace` without which there is nothing to draw. */
  readonly needs?: {
    readonly column: string;
    /** Another column to use instead. It is less exact; the note says how. */
    readonly proxy?: { readonly column: string; readonly note: string };
  };
  /** Without its column, the series is left out and the plot is still drawn. */
  readonly optional?: boolean;
  /** Where its points are values of single records, so that several series can be read at once: see `ofRecords`. */
  readonly records?: RecordPoints;
  /** A query that has rows only if there are points, where it is quicker than making them. */
  readonly thereIf?: string;
}

/**
 * Points that are values of single records, or of a band the lowest and the highest. All are SQL expressions. Of
 * `goodput`, a record is a window, and its points are those of `staircase`.
 */
export interface RecordPoints {
  readonly from: "trace" | "inflight" | "goodput" | "_bbr";
  readonly low: string;
  readonly high: string;
  readonly where: string;
}

/** The points of a series, one for each record of which `where` holds. */
export function ofRecords(
  value: string,
  where = `${value} IS NOT NULL`,
  from: RecordPoints["from"] = "trace",
): Pick<Series, "points" | "records"> {
  return {
    points: `SELECT flow, ord, t, ${value} AS value FROM ${from} WHERE ${where}`,
    records: { from, low: value, high: value, where },
  };
}

/** Windows of `goodput` as steps. */
export const ofWindows = (value: string): Pick<Series, "points" | "records"> => ({
  points: staircase("goodput", value),
  records: { from: "goodput", low: value, high: value, where: `${value} IS NOT NULL` },
});

/** A band, likewise. */
export const bandOfRecords = (low: string, high: string, where: string): Pick<Series, "points" | "records"> => ({
  points: `SELECT flow, t, ${low} AS low, ${high} AS high FROM trace WHERE ${where}`,
  records: { from: "trace", low, high, where },
});

/** Units and their divisors. The largest value in the picture decides which is used. */
export type Scales = readonly { readonly from: number; readonly divisor: number; readonly unit: string }[];

export interface PanelDefinition {
  readonly yTitle: string;
  /** Title of the axis where only the first series is shown. The default is that series' name. */
  readonly alone?: string;
  /** Views of ../sql that the points use, in addition to `trace`. */
  readonly views: readonly string[];
  /** The series. Flows that share a panel show only the first. */
  readonly series: readonly Series[];
  /** The total of the flows that share a panel: SQL as for a series, with flow 0. */
  readonly total?: string;
  /**
   * How a line runs between two points. State is drawn backwards from its record, which holds the state before its
   * event.
   */
  readonly interpolate: Interpolate;
  /** Whether its points are sums over windows. */
  readonly windowed?: boolean;
  /** Whether to draw stacked areas instead of lines. Together they are the whole. */
  readonly stacked?: boolean;
  readonly scales: Scales;
  /** Whether to mark retransmissions, timeouts and resets, and to show the congestion state at the bottom. */
  readonly marks?: boolean;
  readonly states?: boolean;
  /** Whether the axis begins at the lowest value shown instead of 0. */
  readonly fromLowest?: boolean;
  /** SQL for a column `note`: what the caption says about the flows in `list`. */
  readonly remarks?: (list: string) => string;
  /** Height as a fraction of the usual height. */
  readonly height?: number;
}

interface Described {
  /** What it shows, for the list of plots, without a full stop. */
  readonly shows: string;
  readonly title: string;
  /** Whether it has windows whose length can be set. */
  readonly windowed?: boolean;
}

/** A plot over time: a panel for each flow, or one that flows share. */
export interface TimePlot extends PanelDefinition, Described {
  /** Further panels of the same flows. */
  readonly below?: readonly PanelDefinition[];
  /** Whether flows always share the panels. */
  readonly shared?: boolean;
  /** The most flows that are drawn unless some are named. */
  readonly mostFlows?: number;
  /** The congestion control of the flows that are drawn unless some are named. */
  readonly ofControl?: string;
  /** If the unit can be chosen: the definition in each unit. */
  readonly units?: Readonly<Record<"packets" | "bytes", TimePlot>>;
}

/** A plot that builds its picture with its own code. */
export interface OtherPlot extends Described {
  /** Columns of `trace` that it needs: at least one of each list. */
  readonly needs: readonly (readonly string[])[];
  readonly views: readonly string[];
  readonly draw: (context: DrawContext) => Promise<Picture>;
  /** Where time begins unless told otherwise. */
  readonly align?: Align;
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
 * What is in flight: a column of `inflight`. A source that shows no sends tells at the end of a rest what was sent
 * then. The rest itself is drawn as 0, before the record's own place.
 */
export const inFlight = (column: string): Pick<Series, "points"> => ({
  points: `
    SELECT flow, 2 * ord AS ord, t, ${column} AS value FROM inflight WHERE ${column} IS NOT NULL
    UNION ALL SELECT flow, 2 * ord - 1, t, 0 FROM _rests WHERE ${column} IS NOT NULL`,
});

/** What a caption says where nothing tells of bytes behind a close. */
export const closesUnseen = (list: string): string => `
  SELECT 'what was acknowledged behind a close is not seen' AS note FROM flows
  WHERE flow IN (${list}) AND seen LIKE '%until its close' HAVING count(*) > 0`;

/** What a caption says where the captures of the flows show no sends, nor polls. */
export const sendsNotShown =
  (what: string) =>
  (list: string): string =>
    `
    SELECT 'no sends are shown: ${what}' AS note FROM captures
    WHERE NOT sees_sends AND NOT polled AND NOT sampled AND capture IN (SELECT capture FROM flows WHERE flow IN (${list})) HAVING count(*) > 0`;

/**
 * Draws windows as steps, each from its start to its end. The line ends where the next window is missing or its value
 * is not known.
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
