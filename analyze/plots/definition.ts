/** One line of a plot: where its points come from and how it is drawn. */
export interface Series {
  readonly name: string;
  /** SQL of rows flow, ord, t, value; joined with the others of the plot. */
  readonly points: string;
  /**
   * Further rows of the same kind where the congestion state is told by changes of its own, without a count of packets.
   */
  readonly stateChangePoints?: string;
  readonly color: string;
  readonly dash?: readonly number[];
  readonly width?: number;
  /** A column of `trace` without which there is nothing to draw. */
  readonly needs?: {
    readonly column: string;
    /** Another column that does, less exactly: the note says how. */
    readonly proxy?: { readonly column: string; readonly note: string };
  };
  /** Left out, instead of refused, where its column is not there. */
  readonly optional?: boolean;
}

/** What a picture of one kind shows; how it is laid out is the same for all (spec.ts). */
export interface PlotDefinition {
  readonly title: string;
  readonly yTitle: string;
  /** Views of ../sql that the points use, beside `trace`. */
  readonly views: readonly string[];
  readonly series: readonly Series[];
  /** How a line runs between two points; see `_steps.sql` for why state is drawn backwards from its record. */
  readonly interpolate: "step-before" | "step-after" | "linear";
  /** Whether its points are sums over windows. */
  readonly windowed?: boolean;
  /** Where what is counted can be chosen: the same for each. */
  readonly units?: Readonly<Record<"packets" | "bytes", PlotDefinition>>;
  /** Areas one on the other, which together make the whole, instead of lines. */
  readonly stacked?: boolean;
  /** Divides values, for units; picked from the largest value where several are given. */
  readonly scales: readonly { readonly from: number; readonly divisor: number; readonly unit: string }[];
}

/** Okabe and Ito's colours, distinguishable with all common kinds of colour blindness. */
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

/** One colour a flow where flows share a panel. */
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
