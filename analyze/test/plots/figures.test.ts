/** Figures for print: sizes, themes, fonts, formats; and that lines are told apart without colour. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import canvas from "@napi-rs/canvas";
import test, { type ExecutionContext } from "ava";
import { analyze, fixture, opened, temporaryDirectory } from "../../../test/support/analyze.ts";
import { drawPlot, type PlotOptions } from "../../plots/draw.ts";
import { textWidth, wrapped } from "../../plots/fonts.ts";
import type { VegaLiteSpec } from "../../plots/model.ts";
import { sizeOf, toPdf, toPng, toSvg } from "../../plots/render.ts";
import { dashes, lightness, lineStyles, themes } from "../../plots/style.ts";
import { unitsOf } from "./units.ts";

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Lightness of a pixel, 0 to 255, as print without colour has it. */
  readonly grey: (x: number, y: number) => number;
}

async function pixelsOf(png: Uint8Array): Promise<Pixels> {
  const image = await canvas.loadImage(Buffer.from(png));
  const surface = canvas.createCanvas(image.width, image.height);
  const context = surface.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const grey = (x: number, y: number): number => {
    const at = 4 * (Math.round(y) * image.width + Math.round(x));
    return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  };
  return { width: image.width, height: image.height, grey };
}

/** How many different shades a picture has, of every pixel. */
function shades({ width, height, grey }: Pixels): Map<number, number> {
  const counts = new Map<number, number>();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const shade = Math.round(grey(x, y));
      counts.set(shade, (counts.get(shade) ?? 0) + 1);
    }
  return counts;
}

const drawn = async (t: ExecutionContext, name: string, plot: Parameters<typeof drawPlot>[1], options: PlotOptions) =>
  (await drawPlot(await opened(t, fixture(name)), plot, options)).spec;

test("no two lines have the same colour and dash, and none of the same dash is as light as another", (t) => {
  t.true(lineStyles.length >= 16);
  const pairs = lineStyles.map(({ color, dash }) => `${color} ${dash}`);
  t.is(new Set(pairs).size, pairs.length);
  t.is(new Set(lineStyles.slice(0, 8).map(({ dash }) => String(dash))).size, 8);
  t.is(new Set(lineStyles.slice(0, 8).map(({ color }) => color)).size, 8);
  for (const theme of Object.values(themes))
    for (const dash of dashes) {
      const same = lineStyles.filter((style) => style.dash === dash).map(({ color }) => lightness(theme.colors[color]));
      for (const [index, one] of same.entries())
        for (const other of same.slice(index + 1)) t.true(Math.abs(one - other) >= 15, `${theme.name} ${dash}`);
    }
});

test("lightness is that of the CIE: 0 for black, 100 for white, 53.4 for 50 % grey", (t) => {
  t.is(lightness("#000000"), 0);
  t.is(Math.round(lightness("#ffffff")), 100);
  t.is(lightness("#777777").toFixed(1), "50.0");
});

/** What a horizontal line looks like in grey: its shade, and where it has gaps. */
function signature(pixels: Pixels, x: number, y: number, width: number): { shade: number; pattern: string } {
  let row = "";
  let darkest = 255;
  for (let at = 0; at < width; at++) {
    const shade = Math.min(...[-1, 0, 1].map((off) => pixels.grey(x + at, y + off)));
    darkest = Math.min(darkest, shade);
    row += shade < 215 ? "#" : ".";
  }
  return { shade: darkest, pattern: row };
}

test("lines of a figure for print are told apart once it is grey: by dash, or by lightness", async (t) => {
  const whole = await drawn(t, "cubic-bbr", "goodput", { theme: "print", fontSize: 11 });
  // The samples of the legend are drawn as the lines are. Alone, the legend begins behind the padding.
  const { title: _, ...rest } = whole;
  const spec = { ...rest, vconcat: (whole.vconcat as VegaLiteSpec[]).slice(0, 1) };
  const scale = 4;
  const pixels = await pixelsOf(await toPng(spec, scale));
  const samples = [
    ...(await toSvg(spec)).matchAll(/<line transform="translate\(([\d.]+),([\d.]+)\)" x2="26"[^>]*stroke-dasharray/g),
  ];
  t.true(samples.length >= 5, `${samples.length} samples`);
  const origin = { x: 5, y: 5 };
  const seen = samples.map(([, x, y]) =>
    signature(pixels, (origin.x + Number(x)) * scale, (origin.y + Number(y)) * scale, 26 * scale),
  );
  t.true(
    seen.every(({ pattern }) => pattern.includes("#")),
    "a sample is where it was looked for",
  );
  for (const [index, one] of seen.entries())
    for (const other of seen.slice(index + 1))
      t.true(
        one.pattern !== other.pattern || Math.abs(one.shade - other.shade) > 30,
        `${one.pattern} ${other.pattern}`,
      );
});

for (const theme of ["light", "print", "dark"] as const)
  test(`theme ${theme}: the picture is not empty, its background is the theme's, and its lines survive grey`, async (t) => {
    const pixels = await pixelsOf(await toPng(await drawn(t, "kmod-loss", "cwnd", { theme, width: 400 })));
    const counts = [...shades(pixels)].sort((a, b) => b[1] - a[1]);
    const [background] = counts;
    t.true(theme === "dark" ? background![0] < 60 : background![0] === 255);
    t.true(counts.length > 20);
    const marked = counts.filter(([shade]) => Math.abs(shade - background![0]) > 60).reduce((sum, [, n]) => sum + n, 0);
    t.true(marked > 0.01 * pixels.width * pixels.height, `${marked} pixels differ`);
  });

test("themes differ, and so do the pictures of them", async (t) => {
  const svgs = await Promise.all(
    (["light", "print", "dark"] as const).map(async (theme) => toSvg(await drawn(t, "kmod-loss", "rtt", { theme }))),
  );
  t.is(new Set(svgs).size, 3);
});

for (const [width, height] of [
  [317.5, undefined],
  [317.5, 220],
  [690, 300],
] as const)
  test(`a figure of ${width} pixels ${height ? `by ${height} ` : ""}is that large from edge to edge`, async (t) => {
    const size = height === undefined ? { width } : { width, height };
    for (const plot of ["cwnd", "overview"] as const) {
      if (plot === "overview" && height === 220) continue;
      const got = await sizeOf(
        await drawn(t, "kmod-loss", plot, { size, theme: "print", legend: "none", title: false }),
      );
      t.true(Math.abs(got.width - width) <= 1, `${plot}: ${got.width}`);
      if (height !== undefined) t.true(Math.abs(got.height - height) <= 1, `${plot}: ${got.height}`);
    }
  });

test("labels are fitted: no text of a narrow figure reaches beyond it, however long a label is", async (t) => {
  const label = "a sender in Wellington with a label that nobody could print in one line ".repeat(3).trim();
  const trace = await opened(t, fixture("kmod-loss"), fixture("kmod-bbr"));
  const { spec } = await drawPlot(trace, "goodput", { overlay: true, labels: [label, "BBR"], size: { width: 318 } });
  t.true((await sizeOf(spec)).width <= 319);
  const svg = await toSvg(spec);
  const words = (text: string) => text.split(" ").filter((word) => word !== "");
  const shown = new Set([...svg.matchAll(/>([^<>]+)</g)].flatMap(([, text]) => words(text!)));
  t.true(
    words(label).every((word) => shown.has(word)),
    "every word is there",
  );
  t.notRegex(svg, /\u2026/);
});

test("text breaks at spaces, and within a word only where that is wider than the line", (t) => {
  const font = { family: "DejaVu Sans", size: 10 };
  const lines = wrapped("one two three", textWidth("one two", font), font);
  t.deepEqual(lines, ["one two", "three"]);
  const long = wrapped("x".repeat(100), 100, font);
  t.true(long.length > 1 && long.every((line) => textWidth(line, font) <= 100));
  t.is(long.join(""), "x".repeat(100));
});

test("a PDF is lines and characters, with the font in it, of the size that was asked for", async (t) => {
  const spec = await drawn(t, "kmod-loss", "cwnd", { size: { width: 317.5, height: 200 }, theme: "print" });
  const pdf = Buffer.from(await toPdf(spec)).toString("latin1");
  t.regex(pdf, /^%PDF-1\./);
  const [, width = "", height = ""] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf) ?? [];
  t.true(
    Math.abs(Number(width) - 317.5 * 0.75) <= 0.8 && Math.abs(Number(height) - 150) <= 0.8,
    `${width} x ${height}`,
  );
  t.regex(pdf, /\/FontFile2 /);
  t.regex(pdf, /\/BaseFont \/[A-Z]{6}\+DejaVuSans/);
  t.notRegex(pdf, /\/Subtype \/(Image|Type3)/);
  t.notRegex(pdf, /\/JavaScript|\/Launch|\/URI|\/CreationDate/);
  t.is(Buffer.from(await toPdf(spec)).toString("latin1"), pdf, "the same picture is the same file");
});

test("--no-title leaves title and caption out, --legend none the legend, --font takes a file", async (t) => {
  const directory = temporaryDirectory(t);
  const svg = async (...options: string[]) => {
    const path = join(directory, "x.svg");
    const { code, err } = await analyze("plot", fixture("kmod-loss"), "cwnd", "-f", "-o", path, ...options);
    t.is(code, 0, err);
    return (await import("node:fs")).readFileSync(path, "utf8");
  };
  t.regex(await svg(), /Congestion window.*kmod-loss\.tpp/s);
  const bare = await svg("--no-title", "--legend", "none");
  t.notRegex(bare, /Congestion window|kmod-loss\.tpp|ssthresh<\/text>/);
  t.regex(await svg("--legend", "bottom"), /ssthresh<\/text>/);
  const file = (await import("node:module"))
    .createRequire(import.meta.url)
    .resolve("dejavu-fonts-ttf/ttf/DejaVuSerif.ttf");
  t.regex(await svg("--font", file), /font-family="DejaVuSerif, /);
  writeFileSync(join(directory, "no.ttf"), "no font");
  const refused = await analyze(
    "plot",
    fixture("kmod-loss"),
    "cwnd",
    "-o",
    join(directory, "y.svg"),
    "--font",
    join(directory, "no.ttf"),
  );
  t.is(refused.code, 64);
  t.regex(refused.err, /no\.ttf: is no font/);
});

test("where records were lost the picture is shaded, and the caption says how many", async (t) => {
  const svg = await toSvg(await drawn(t, "kmod-overflow-extended", "cwnd", {}));
  t.regex(svg, /303 records lost where shaded/);
  t.regex(svg, />records lost</);
  t.notRegex(await toSvg(await drawn(t, "kmod-loss", "cwnd", {})), /lost/);
});

for (const plot of ["limits", "states"] as const)
  test(`plot ${plot} for print: areas that touch are told apart in grey`, async (t) => {
    const spec = await drawn(t, plot === "limits" ? "kmod-loss" : "shaped-loss", plot, { theme: "print" });
    const colors = new Set(
      unitsOf(spec)
        .filter(({ mark, fields }) => (mark.type === "area" || mark.type === "rect") && fields.length > 0)
        .map(({ mark }) => String(mark.color)),
    );
    t.true(colors.size >= 3);
    const shades = [...colors].map(lightness).sort((a, b) => a - b);
    for (const [index, shade] of shades.entries())
      if (index > 0) t.true(shade - shades[index - 1]! >= 8, `${plot}: ${shades.map(Math.round)}`);
  });
