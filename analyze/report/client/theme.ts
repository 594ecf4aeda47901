/** Colours of the canvas: the light or the dark theme of the plots, as the reader's system asks; light on paper. */
import { type ColorName, type Theme, themes } from "../../plots/style.ts";
import type { View } from "./view.ts";

const asksForDark = matchMedia("(prefers-color-scheme: dark)");
let prints = false;

export const theme = (): Theme => (asksForDark.matches && !prints ? themes.dark : themes.light);

/** Colours that are there only where a line is thin and the background is white. */
export const colorOf = (name: ColorName): string => theme().colors[name];

/** Draws again when the theme changes, and before and after printing. */
export function followTheme(view: View): void {
  asksForDark.addEventListener("change", () => view.tell("theme"));
  const set = (value: boolean) => () => {
    prints = value;
    view.tell("theme");
  };
  addEventListener("beforeprint", set(true));
  addEventListener("afterprint", set(false));
}
