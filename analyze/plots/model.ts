/** A picture before it is a specification: panels one above the other on one axis, each with its shapes. */
import type { LineStyle } from "./style.ts";

export type Interpolate = "step-before" | "step-after" | "linear";

/** Foreign names are shown as text. */
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

/** A line; between its runs there is a gap, where nothing is known. */
export interface LineShape extends Named {
  readonly kind: "line";
  readonly interpolate: Interpolate;
  readonly runs: readonly (readonly XY[])[];
  readonly thin?: boolean;
  /** Where the axis ends does not depend on it. */
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
  /** Pixels squared. */
  readonly size: number;
  readonly filled: boolean;
  readonly opacity: number;
  readonly mayLeave?: boolean;
}

/** Moments: ticks in a band at the top of the panel; `through` as a rule over its whole height too. */
export interface TicksShape extends Named {
  readonly kind: "ticks";
  readonly at: readonly number[];
  readonly through: boolean;
}

/** Stretches of the x axis: a ribbon at the panel's foot, a lane of its own, or shaded behind everything. */
export interface StretchesShape extends Named {
  readonly kind: "ribbon" | "lane" | "shade";
  readonly spans: readonly { readonly from: number; readonly to: number; readonly lane?: string }[];
}

/** Moments on lanes. */
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
  /** Above the panel; null where one panel says all. */
  readonly title: string | null;
  readonly y: Axis;
  /** Lanes instead of a y axis, top to bottom. */
  readonly lanes?: readonly string[];
  readonly shapes: readonly Shape[];
  /** Of the height of a usual panel. */
  readonly height?: number;
}

export interface Picture {
  readonly title: string;
  /** Where it is from, and what must be known to read it. */
  readonly caption: readonly string[];
  readonly x: Axis & { readonly isTime: boolean };
  readonly panels: readonly Panel[];
}

/** A Vega-Lite specification; its schema is checked by Vega-Lite when it is drawn. */
export type VegaLiteSpec = Record<string, unknown>;
