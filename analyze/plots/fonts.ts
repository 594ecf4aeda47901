/** The fonts of pictures, and the width of text in them. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import canvas from "@napi-rs/canvas";
import { UsageError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";

const { GlobalFonts, createCanvas } = canvas;

/** The default font. It comes with the program, so that a picture is the same everywhere. */
export const standardFont = "DejaVu Sans";

let areLoaded = false;

/** Registers the default font. Fonts that are installed on the system are known already. */
export function loadFonts(): void {
  if (areLoaded) return;
  const folder = join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf");
  for (const file of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"])
    GlobalFonts.registerFromPath(join(folder, file), standardFont);
  areLoaded = true;
}

/** The family of a font, given by its name or the path of its file. Throws a UsageError. */
export function fontFamily(asked: string): string {
  loadFonts();
  if (/\.(ttf|otf|ttc|woff2?)$/i.test(asked) && existsSync(asked)) {
    const family = basename(asked, extname(asked));
    if (!GlobalFonts.registerFromPath(asked, family)) throw new UsageError(`--font ${asked}: is no font`);
    return family;
  }
  const families = GlobalFonts.families.map(({ family }) => family);
  const found = families.find((family) => family.toLowerCase() === asked.toLowerCase());
  if (found) return found;
  throw new UsageError(
    `--font ${asked}: no such font here.${didYouMean(asked, families)} Give the name of an installed one, or the path of a .ttf or .otf file`,
  );
}

export interface Font {
  readonly family: string;
  /** Size in pixels. */
  readonly size: number;
  readonly bold?: boolean;
}

let context: ReturnType<ReturnType<typeof createCanvas>["getContext"]> | undefined;

/** Width of a text in pixels. */
export function textWidth(text: string, font: Font): number {
  if (!context) {
    loadFonts();
    context = createCanvas(1, 1).getContext("2d");
  }
  context.font = cssFont(font);
  return context.measureText(text).width;
}

export const cssFont = ({ family, size, bold = false }: Font): string =>
  `${bold ? "bold " : ""}${size}px ${JSON.stringify(family)}, ${JSON.stringify(standardFont)}`;

/** Breaks text at spaces into lines of at most `width` pixels. A wider word is broken, too. */
export function wrapped(text: string, width: number, font: Font): string[] {
  const lines: string[] = [];
  let line = "";
  const fits = (candidate: string) => textWidth(candidate, font) <= width;
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (line !== "" && !fits(line)) {
      const part = longestThatFits(line, fits);
      if (part === line) break;
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  return [...lines, line];
}

function longestThatFits(word: string, fits: (text: string) => boolean): string {
  const characters = [...word];
  let [low, high] = [1, characters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(characters.slice(0, middle).join(""))) low = middle;
    else high = middle - 1;
  }
  return characters.slice(0, low).join("");
}
