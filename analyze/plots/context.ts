/** What a plot is drawn from: the captures, the chosen flows, and the range of time. */
import type { Trace } from "../trace/trace.ts";
import type { DrawnFlow, Runs } from "./choose.ts";

export interface DrawContext {
  readonly trace: Trace;
  /** The plot's name, for messages. */
  readonly plot: string;
  readonly flows: readonly DrawnFlow[];
  /** Number of flows that carry little data and are not drawn. */
  readonly leftOut: number;
  readonly runs: Runs;
  /** Range on the time axis, seconds. */
  readonly from: number;
  readonly to: number;
  readonly timeTitle: string;
  /** Number of pixel columns to which points are reduced. */
  readonly columns: number;
  /** The value of `cdf --of`. */
  readonly of: string | undefined;
  /** Requested length of windows, seconds. */
  readonly window: number | undefined;
  /** Whether the user named the flows. */
  readonly asked: boolean;
  /** Whether panels of the same quantity may have different axes. */
  readonly freeScales: boolean;
  readonly overlay: boolean;
  readonly title: string | undefined;
}
