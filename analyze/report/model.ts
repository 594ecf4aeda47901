/**
 * What the page shows, and where it gets it from. The report has all of it inside; `analyze serve` answers over HTTP.
 * The browser imports this file too, so it has types and plain functions only.
 *
 * Null is not known. It is never 0, and the page says so.
 */
import type { Scales } from "../plots/definition.ts";
import type { Interpolate } from "../plots/model.ts";
import type { ColorName } from "../plots/style.ts";

/** All that the page needs at its start: everything except the series. Plain JSON. */
export interface PageModel {
  readonly version: string;
  readonly captures: readonly PageCapture[];
  /** First and last moment, seconds since each capture began. */
  readonly from_s: number;
  readonly to_s: number;
  /** All flows, in the order of their numbers. */
  readonly flows: readonly PageFlow[];
  /** Flows without series in this page: too many for it. Empty where every series can be asked for. */
  readonly without_series: readonly number[];
  readonly panels: readonly PagePanel[];
  /** The panel of what held the flows, whose values are those of the diagnoses (`held`). Null where none tells that. */
  readonly limits: PagePanel | null;
  /** Panels that these captures cannot fill, and why. */
  readonly absent: readonly { readonly title: string; readonly why: string }[];
  /** Marked moments, each kind a quantity with `draw: "marks"`. */
  readonly marks: readonly PageQuantity[];
  /** The congestion state, a quantity with `draw: "states"` whose value is an index into `stateNames`. */
  readonly states: PageQuantity | null;
  readonly events: PageEvents;
  readonly diagnoses: readonly PageDiagnosis[];
  /** Flows that carry data but have no diagnosis here, because there are too many. */
  readonly undiagnosed: number;
  /** Runs side by side. Null for a single capture. */
  readonly comparison: PageComparison | null;
  /** Length of the windows of rates, seconds. */
  readonly window_s: number;
  /** Whether a capture is still being written. */
  readonly growing: boolean;
  /** Whether more is on its way: of the flows only their ends, times and records are known yet, and no event. */
  readonly pending?: boolean;
}

export interface PageCapture {
  /** From 1, as in every view. */
  readonly capture: number;
  readonly path: string;
  readonly source: string;
  readonly kernel: string;
  /** How it was recorded and how whole it is, as `analyze info` prints it: pairs of a name and a text. */
  readonly lines: readonly (readonly [string, string])[];
  /** Whether nothing is damaged or missing and no record was lost. */
  readonly whole: boolean;
  /** Whether its end has not been seen yet, so that this is only so far. */
  readonly growing?: boolean;
  /** What a reader of the numbers must know, a sentence each. */
  readonly warnings: readonly string[];
  /** Where records were lost. An end that is not known is null. */
  readonly losses: readonly { readonly from_s: number | null; readonly to_s: number | null }[];
}

/** A row of `flows` (sql/flows.sql says what each column is). */
export interface PageFlow {
  readonly flow: number;
  readonly capture: number;
  /** Both ends as text, local end first. */
  readonly ends: string;
  readonly cong: string | null;
  readonly start_s: number;
  readonly duration_s: number;
  readonly records: number;
  readonly acked_bytes: number | null;
  readonly goodput_bps: number | null;
  /** Retransmitted segments; from tracepoints, buffers. */
  readonly retransmits: number | null;
  /** The kernel's own count of segments. It is no bound. */
  readonly kernel_retransmits: number | null;
  readonly rtos: number | null;
  readonly loss_episodes: number | null;
  readonly srtt_mean_us: number | null;
  readonly rtt_min_us: number | null;
  readonly cwnd_mean: number | null;
  readonly cwnd_max: number | null;
  readonly seen: string;
  readonly crosses_gap: boolean;
  /** Columns whose number is a lower bound, and those whose number is approximate; separated by ", ". */
  readonly at_least: string;
  readonly about: string;
}

export interface PagePanel {
  /** The name of its plot: "cwnd", "rtt", "goodput", … */
  readonly id: string;
  readonly title: string;
  readonly y_title: string;
  readonly scales: Scales;
  readonly quantities: readonly PageQuantity[];
  /** Whether marks, and the ribbon of congestion states, are shown on it. */
  readonly marks: boolean;
  readonly states: boolean;
  /** Whether the axis begins at the lowest value instead of 0. */
  readonly from_lowest: boolean;
  /** Whether it is of what not every flow has, and gone while none that is shown has any. */
  readonly optional?: boolean;
}

export interface PageQuantity {
  /** "cwnd.ssthresh". Two panels may show the same one. Only a name from the model is ever asked for. */
  readonly id: string;
  readonly name: string;
  readonly draw: "line" | "dots" | "crosses" | "band" | "marks" | "states" | "share";
  readonly interpolate: Interpolate;
  readonly color: ColorName;
  readonly dash: readonly number[];
  /** Whether it is ignored for the range of the axis. */
  readonly may_leave: boolean;
  /** Whether its points are windows, so that a line runs over losses. */
  readonly windowed: boolean;
  /** Of a rate, the quantity that counts its bytes. Where one zooms in, shorter windows are made of that. */
  readonly rate_of?: string;
}

/** Events in order of time, by column. */
export interface PageEvents {
  readonly flow: readonly number[];
  readonly t: readonly number[];
  readonly event: readonly string[];
  readonly duration_s: readonly (number | null)[];
  readonly detail: readonly (string | null)[];
  /** Which of `t` and `duration_s` are the least that they can be, and which are approximate. */
  readonly at_least: readonly string[];
  readonly about: readonly string[];
  /** Events behind the last of these that are not here, because there are too many. */
  readonly left_out: number;
}

export interface PageDiagnosis {
  readonly flow: number;
  readonly headline: string;
  /** Pairs of a name ("cost", "evidence", …; "" repeats the one above) and a text. */
  readonly lines: readonly (readonly [string, string])[];
  /** What held it when. Null where the source does not tell that. */
  readonly held: PageHeld | null;
}

/** What held a flow, in windows of equal length. Windows of which nothing is told are left out. */
export interface PageHeld {
  readonly window_s: number;
  readonly start_s: readonly number[];
  /** By what held it, the share of each window, whole percent; together 100. What never did is left out. */
  readonly percent: Readonly<Record<string, readonly number[]>>;
}

/** A table as text: the first column names the row. */
export interface PageComparison {
  readonly tables: readonly {
    readonly title: string;
    readonly header: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  /** Flows that have no table here, because there are too many. */
  readonly left_out: number;
}

/** Congestion states, as the kernel numbers them (enum tcp_ca_state). */
export const stateNames = ["Open", "Disorder", "CWR", "Recovery", "Loss"] as const;

/**
 * One quantity of one flow over a range of time, in order of time. An entry is a bin, or a single record.
 *
 * Bins lie on a grid that does not depend on the range: bin n begins at n * width_us. Widths are powers of two, so bins
 * of one width are parts of those of any greater one. Empty bins have no entry.
 */
export interface SeriesBins {
  /** Width of the bins, whole microseconds; 0 where each entry is one record. */
  readonly width_us: number;
  /**
   * Time in whole microseconds since the capture began (see `microsecondOf`): of a single record its own, of a bin one
   * that lies in it.
   */
  readonly at_us: Float64Array;
  /** Lowest and highest value, and the last. NaN: not known from there on. Of a band, the lowest and highest edge. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly last: Float64Array;
  /** Records in the entry. */
  readonly count: Float64Array;
}

/** A time in seconds as whole microseconds, rounded down. SQL does the same: `atUs` in series.ts. */
export const microsecondOf = (seconds: number): number => Math.floor(seconds * 1e6 + 1e-3);

/** The bin that a time lies in. */
export const binOf = (at_us: number, width_us: number): number => Math.floor(at_us / width_us);

/** The greatest width of bins that is at most a pixel: a power of two, at least 1 us. */
export function widthFor(from_s: number, to_s: number, pixels: number): number {
  const pixel_us = ((to_s - from_s) * 1e6) / Math.max(pixels, 1);
  return pixel_us < 2 ? 1 : 2 ** Math.floor(Math.log2(pixel_us));
}

export interface SeriesName {
  readonly flow: number;
  readonly quantity: string;
}

/** The answer to a query, as a table. */
export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Values as text; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Whether there are more rows than these. */
  readonly cut: boolean;
}

export interface PageView {
  readonly name: string;
  readonly what: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly meaning: string }[];
}

/** What series are asked for. Those for one purpose are of no use any more once others are asked for. */
export type SeriesPurpose = "panels" | "strip";

/** Where the page gets what it shows. Every method may reject with an Error whose message is shown. */
export interface DataSource {
  model(): Promise<PageModel>;
  /**
   * Series in the order in which they are asked for, with the entries in the range and one on either side of it.
   * Entries are at most a pixel wide if the source has them that fine; otherwise they are the finest that it has.
   * A flow that has nothing of a quantity gets an empty series.
   */
  series(
    names: readonly SeriesName[],
    from_s: number,
    to_s: number,
    pixels: number,
    purpose?: SeriesPurpose,
  ): Promise<readonly SeriesBins[]>;
  /** Runs a query. Aborting the signal cancels it. */
  sql?(query: string, signal: AbortSignal): Promise<SqlAnswer>;
  /** The views that a query may name. */
  views?(): Promise<readonly PageView[]>;
  /** Calls `grown` each time that there is more. The page then asks for the model and its series again. */
  onGrowth?(grown: () => void): void;
}
