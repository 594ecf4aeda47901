/** The definition of a kind of plot, and the colours. */

/** One line of a plot: where its points come from and how it is drawn. */
export interface Series {
  readonly name: string;
  /** A SELECT of flow, ord, t, value. */
  readonly points: string;
  /** More rows of the same kind, for captures that show changes of the congestion state but count no packets. */
  readonly stateChangePoints?: string;
  readonly color: string;
  readonly dash?: readonly number[];
  readonly width?: number;
  /** A column of `trace` without which there is nothing to draw. */
  readonly needs?: {
    readonly column: string;
    /** Another column to use instead. It is less exact; the note says how. */
    readonly proxy?: { readonly column: string; readonly note: string };
  };
  /** Without its column, the series is left out and the plot still drawn. */
  readonly optional?: boolean;
}

/** What a kind of plot shows. The layout is the same for all kinds (spec.ts). */
export interface PlotDefinition {
  /** What it shows, for the list of plots; no full stop. */
  readonly shows: string;
  readonly title: string;
  readonly yTitle: string;
  /** Views of ../sql that the points use, in addition to `trace`. */
  readonly views: readonly string[];
  readonly series: readonly Series[];
  /**
   * How a line runs between two points. A record shows the state held before it, so state is drawn back from its
   * record.
   */
  readonly interpolate: "step-before" | "step-after" | "linear";
  /** Whether its points are sums over windows. */
  readonly windowed?: boolean;
  /** If the unit can be chosen: the definition in each unit. */
  readonly units?: Readonly<Record<"packets" | "bytes", PlotDefinition>>;
  /** Stacked areas instead of lines. Together they are the whole. */
  readonly stacked?: boolean;
  /** Units and their divisors. The largest value in the picture decides which is used. */
  readonly scales: readonly { readonly from: number; readonly divisor: number; readonly unit: string }[];
}

/** The colours of Okabe and Ito, distinguishable with all common kinds of colour blindness. */
export const palette = {
  blue: "#0072B2",
  orange: "#E69F00",
  green: "#009E73",
  vermilion: "#D55E00",
  sky: "#56B4E9",
  purple: "#CC79A7",
  black: "#000000",
  grey: "#7A7A7A",
} as const;

/** The colours of flows that share a panel. */
export const flowColors: readonly string[] = [
  palette.blue,
  palette.orange,
  palette.green,
  palette.vermilion,
  palette.purple,
  palette.sky,
  palette.black,
  "#8C6D31",
];
