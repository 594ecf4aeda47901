/** Words that options of a plot may be. */

export const themeNames = ["light", "print", "dark"] as const;
export type ThemeName = (typeof themeNames)[number];

export const legendPlaces = ["top", "bottom", "none"] as const;
export type LegendPlace = (typeof legendPlaces)[number];

/** Where time begins: with each capture, with each flow, or by the clock with the earliest capture. */
export const alignments = ["capture", "start", "clock"] as const;
export type Align = (typeof alignments)[number];
