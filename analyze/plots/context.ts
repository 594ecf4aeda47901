/** What a plot is drawn from: the captures, the flows chosen of them, and the range of time. */
import type { Trace } from "../trace/trace.ts";
import type { DrawnFlow, Runs } from "./choose.ts";

export interface DrawContext {
  readonly trace: Trace;
  /** The plot's name, for messages. */
  readonly plot: string;
  readonly flows: readonly DrawnFlow[];
  /** Flows that carry little and are not drawn. */
  readonly leftOut: number;
  readonly runs: Runs;
  /** Seconds on the time axis. */
  readonly from: number;
  readonly to: number;
  readonly timeTitle: string;
  /** Columns of pixels to reduce to. */
  readonly columns: number;
  /** What of `cdf --of`. */
  readonly of: string | undefined;
  /** Length of windows that was asked for, seconds. */
  readonly window: number | undefined;
  /** Whether the flows were named. */
  readonly asked: boolean;
  /** Panels of the same quantity may have axes of their own. */
  readonly freeScales: boolean;
  readonly overlay: boolean;
  readonly title: string | undefined;
}
