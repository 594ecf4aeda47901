/** The model from which a specification is made: panels one above the other on one axis, each with its shapes. */
import type { LineStyle } from "./style.ts";

export type Interpolate = "step-before" | "step-after" | "linear";

/** Names may be foreign text. */
interface Named {
  readonly name: string;
  readonly style: LineStyle;
}

export interface XY {
  readonly x: number;
  readonly y: number;
}

export interface Span {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/** A line. Between its runs there are gaps, where nothing is known. */
export interface LineShape extends Named {
  readonly kind: "line";
  readonly interpolate: Interpolate;
  readonly runs: readonly (readonly XY[])[];
  readonly thin?: boolean;
  /** Whether it is ignored for the range of the axis. */
  readonly mayLeave?: boolean;
}

/** A filled strip between two lines. */
export interface AreaShape extends Named {
  readonly kind: "area";
  readonly interpolate: Interpolate;
  readonly runs: readonly (readonly Span[])[];
  readonly opacity: number;
  readonly mayLeave?: boolean;
}

export interface DotsShape extends Named {
  readonly kind: "dots";
  readonly symbol: "circle" | "cross" | "square" | "triangle-up" | "diamond";
  readonly points: readonly XY[];
  /** Area in square pixels. */
  readonly size: number;
  readonly filled: boolean;
  readonly opacity: number;
  readonly mayLeave?: boolean;
}

/** Points in time, as ticks in a band at the top of the panel. With `through`, also as lines over its whole height. */
export interface TicksShape extends Named {
  readonly kind: "ticks";
  readonly at: readonly number[];
  readonly through: boolean;
}

/** Intervals of the x axis, as a ribbon at the bottom of the panel, as a lane, or shaded in the background. */
export interface StretchesShape extends Named {
  readonly kind: "ribbon" | "lane" | "shade";
  readonly spans: readonly { readonly from: number; readonly to: number; readonly lane?: string }[];
}

/** Points in time on lanes. */
export interface LaneMarksShape extends Named {
  readonly kind: "laneMarks";
  readonly at: readonly { readonly x: number; readonly lane: string }[];
}

/** A closed outline, such as an ellipse. */
export interface OutlineShape extends Named {
  readonly kind: "outline";
  readonly points: readonly XY[];
}

export type Shape = LineShape | AreaShape | DotsShape | TicksShape | StretchesShape | LaneMarksShape | OutlineShape;

export interface Axis {
  readonly title: string;
  readonly scale: "linear" | "log";
  readonly from: number;
  readonly to: number;
}

export interface Panel {
  /** Title above the panel. Null if there is only one panel. */
  readonly title: string | null;
  readonly y: Axis;
  /** Names of lanes, top to bottom. They replace the y axis. */
  readonly lanes?: readonly string[];
  readonly shapes: readonly Shape[];
  /** Height as a fraction of the usual height. */
  readonly height?: number;
}

export interface Picture {
  readonly title: string;
  /** Where the data is from, and what a reader must know. */
  readonly caption: readonly string[];
  readonly x: Axis & { readonly isTime: boolean };
  readonly panels: readonly Panel[];
  /** What it shows is of more flows than those that were chosen, so that none is left out. */
  readonly countsEveryFlow?: boolean;
}

/** A Vega-Lite specification. Vega-Lite checks it when it is drawn. */
export type VegaLiteSpec = Record<string, unknown>;
