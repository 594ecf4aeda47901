/** Words that options of plots accept. */

export const themeNames = ["light", "print", "dark"] as const;
export type ThemeName = (typeof themeNames)[number];

export const legendPlaces = ["top", "bottom", "none"] as const;
export type LegendPlace = (typeof legendPlaces)[number];

/** Where time begins: at the start of each capture, of each flow, or (by the clock) of the earliest capture. */
export const alignments = ["capture", "start", "clock"] as const;
export type Align = (typeof alignments)[number];
