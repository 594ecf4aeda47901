/** Colours, dashes and themes. Lines differ in both colour and dash, so that they can be distinguished in grey, too. */
import { type ThemeName, themeNames } from "./choices.ts";

export type ColorName =
  | ("blue" | "orange" | "green" | "vermilion" | "purple" | "black" | "sky" | "brown")
  | ("grey" | "pale" | "wine" | "ice" | "mist");

export interface Theme {
  readonly name: ThemeName;
  readonly background: string;
  readonly text: string;
  /** Colour of captions. */
  readonly quiet: string;
  readonly grid: string;
  readonly axis: string;
  readonly frame: string;
  /** Colour of intervals in which records were lost. */
  readonly lost: string;
  readonly colors: Readonly<Record<ColorName, string>>;
  readonly lineWidth: number;
}

/** The colours of Okabe and Ito, distinguishable with all common kinds of colour blindness, and three more. */
const okabeIto: Readonly<Record<ColorName, string>> = {
  blue: "#0072B2",
  orange: "#E69F00",
  green: "#009E73",
  vermilion: "#D55E00",
  purple: "#CC79A7",
  black: "#000000",
  sky: "#56B4E9",
  brown: "#6B4A12",
  grey: "#7A7A7A",
  pale: "#D9D9D9",
  wine: "#6E1B0B",
  ice: "#A6DBF7",
  mist: "#F0F0F0",
};

export const themes: Readonly<Record<ThemeName, Theme>> = {
  light: {
    name: "light",
    background: "white",
    text: "#222222",
    quiet: "#555555",
    grid: "#e8e8e8",
    axis: "#888888",
    frame: "#bbbbbb",
    lost: "#efe3d3",
    colors: okabeIto,
    lineWidth: 1.5,
  },
  print: {
    name: "print",
    background: "white",
    text: "#000000",
    quiet: "#000000",
    grid: "#ececec",
    axis: "#000000",
    frame: "#000000",
    lost: "#dddddd",
    colors: {
      ...okabeIto,
      blue: "#00588A",
      orange: "#D98E00",
      green: "#00805E",
      vermilion: "#B84A00",
      purple: "#A8537F",
      sky: "#4AA3D6",
    },
    lineWidth: 1.2,
  },
  dark: {
    name: "dark",
    background: "#15181d",
    text: "#e8e8e8",
    quiet: "#b0b4ba",
    grid: "#2a2f37",
    axis: "#8a9099",
    frame: "#4a515c",
    lost: "#4a3b26",
    colors: {
      blue: "#58A6E0",
      orange: "#F0B429",
      green: "#2DC08D",
      vermilion: "#F0803C",
      purple: "#E39CC4",
      black: "#F5F5F5",
      sky: "#9BD5F7",
      brown: "#B98A4A",
      grey: "#9AA0A8",
      pale: "#3d434c",
      wine: "#8A3322",
      ice: "#C9EAFB",
      mist: "#2A2F37",
    },
    lineWidth: 1.5,
  },
};

export interface LineStyle {
  readonly color: ColorName;
  /** Lengths of strokes and gaps, in widths of about a pixel; `solid` has no gap. */
  readonly dash: readonly number[];
}

export const solid: readonly number[] = [1, 0];

/** Dashes that can be distinguished at the width of a printed column. */
export const dashes: readonly (readonly number[])[] = [
  solid,
  [7, 3],
  [2, 2],
  [8, 2, 2, 2],
  [14, 4],
  [4, 2],
  [8, 2, 2, 2, 2, 2],
  [14, 3, 4, 3],
];

const lineColors: readonly ColorName[] = ["blue", "orange", "green", "vermilion", "purple", "black", "sky", "brown"];

/** Colours of areas that are stacked. Neighbours differ in lightness, too. */
export const areaColors: readonly ColorName[] = ["blue", "orange", "brown", "sky", "black", "green", "wine", "purple"];

/** Lightness L* of a colour (CIE 1976), 0 to 100. This is what remains when it is printed in grey. */
export function lightness(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((one) =>
    one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4,
  );
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance <= 216 / 24389 ? (luminance * 24389) / 27 : 116 * Math.cbrt(luminance) - 16;
}

/** Least difference in lightness L* between two lines with the same dash. */
const leastApart = 15;

/**
 * Styles for lines that share a panel. The first eight differ in colour and in dash. A dash is used again only with a
 * colour that can be distinguished in grey, too. There are `lineStyles.length` styles.
 */
export const lineStyles: readonly LineStyle[] = (() => {
  const styles: LineStyle[] = [];
  for (let round = 0; round < lineColors.length; round++)
    for (const [place, dash] of dashes.entries()) {
      const used = styles.filter((style) => style.dash === dash);
      const turned = lineColors.map((_, index) => lineColors[(place + 3 * round + index) % lineColors.length]!);
      const color = turned.find((candidate) =>
        used.every((style) =>
          themeNames.every(
            (name) =>
              Math.abs(lightness(themes[name].colors[candidate]) - lightness(themes[name].colors[style.color])) >=
              leastApart,
          ),
        ),
      );
      if (color) styles.push({ color, dash });
    }
  return styles;
})();
