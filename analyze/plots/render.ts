/** Renders a specification as SVG, PNG or PDF. */
import { createHash } from "node:crypto";
import canvas, { type SKRSContext2D } from "@napi-rs/canvas";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { loadFonts, standardFont, textWidth } from "./fonts.ts";
import type { VegaLiteSpec } from "./model.ts";

/** Compiles to Vega. A warning from Vega-Lite means that our specification is wrong, so it is thrown. */
export function toVega(spec: VegaLiteSpec): vega.Spec {
  const warnings: string[] = [];
  const keep = (...parts: unknown[]) => {
    warnings.push(parts.join(" "));
    return logger;
  };
  const logger: vega.LoggerInterface = {
    level: (() => logger) as never,
    error: keep,
    warn: keep,
    info: () => logger,
    debug: () => logger,
  };
  const compiled = compile(spec as unknown as TopLevelSpec, { logger }).spec;
  if (warnings.length > 0) throw new Error(`Vega-Lite: ${warnings.join("; ")}`);
  return compiled;
}

/** Vega's request for the width of a text. Without a browser, it assumes 0.8 of the font size for every character. */
interface TextItem {
  readonly font?: string;
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  readonly text?: unknown;
}

const isBold = (weight: string | number | undefined): boolean => weight === "bold" || Number(weight) >= 600;

// Exported by Vega and missing from its type declarations.
const { textMetrics } = vega as unknown as { textMetrics: { width: (item: TextItem, text?: unknown) => number } };
textMetrics.width = (item, text) =>
  textWidth(String(text ?? item.text ?? ""), {
    family: item.font?.split(",")[0]?.replaceAll(/^["' ]+|["' ]+$/g, "") ?? standardFont,
    size: item.fontSize ?? 11,
    bold: isBold(item.fontWeight),
  });

async function withView<Result>(spec: VegaLiteSpec, work: (view: vega.View) => Promise<Result>): Promise<Result> {
  loadFonts();
  const view = new vega.View(vega.parse(toVega(spec)), { renderer: "none" });
  try {
    await view.runAsync();
    return await work(view);
  } finally {
    view.finalize();
  }
}

/**
 * As SVG. Its coordinates are to a hundredth of a pixel: the digits behind are half of the file, and show nowhere. Its
 * clip paths have names of their own, as a page may have several pictures in it.
 */
export async function toSvg(spec: VegaLiteSpec): Promise<string> {
  const svg = await withView(spec, (view) => view.toSVG());
  // Vega numbers them by how many it has made before.
  const own = createHash("sha256")
    .update(svg.replaceAll(/clip\d+/g, "clip"))
    .digest("hex")
    .slice(0, 8);
  const clips = new Map<string, number>();
  const clipName = (id: string): string => {
    if (!clips.has(id)) clips.set(id, clips.size);
    return `clip-${own}-${clips.get(id)}`;
  };
  return svg.replaceAll(/<(?:path|g|line|text|clipPath)\b[^<>]*>/g, (tag) =>
    tag
      .replaceAll(/ (?:d|transform)="[^"]*"/g, (attribute) =>
        attribute.replaceAll(/-?\d+\.\d{3,}(?:e-\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100)),
      )
      .replaceAll(/( id="| clip-path="url\(#)(clip\d+)/g, (_, before: string, id: string) => before + clipName(id)),
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size of the whole picture, pixels. */
export const sizeOf = (spec: VegaLiteSpec): Promise<Size> =>
  withView(spec, async (view) => {
    const [, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(await view.toSVG()) ?? [];
    return { width: Number(width), height: Number(height) };
  });

/** A PNG, enlarged by `scale`. The default suits screens and slides. */
export const toPng = async (spec: VegaLiteSpec, scale = 2): Promise<Uint8Array> =>
  (await drawn(spec, scale)).toBuffer("image/png");

/** The picture's pixels: red, green, blue and opacity, a byte each. */
export async function toPixels(
  spec: VegaLiteSpec,
  scale = 1,
): Promise<{ data: Uint8ClampedArray; width: number; height: number }> {
  const image = await drawn(spec, scale);
  return image.getContext("2d").getImageData(0, 0, image.width, image.height);
}

async function drawn(spec: VegaLiteSpec, scale: number): Promise<canvas.Canvas> {
  const { width, height } = await sizeOf(spec);
  const image = canvas.createCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
  await drawOn(image.getContext("2d"), spec, scale);
  return image;
}

/** Points of 1/72 inch in a pixel of 1/96 inch. */
const pointsInPixel = 0.75;

/** A PDF page of the picture's size, with vector graphics and an embedded font. */
export async function toPdf(spec: VegaLiteSpec): Promise<Uint8Array> {
  const { width, height } = await sizeOf(spec);
  const document = new canvas.PDFDocument({ title: titleOf(spec), creator: "analyze plot" });
  const page = document.beginPage(width * pointsInPixel, height * pointsInPixel);
  await drawOn(page as SKRSContext2D, spec, pointsInPixel);
  document.endPage();
  return document.close();
}

async function drawOn(context: SKRSContext2D, spec: VegaLiteSpec, scale: number): Promise<void> {
  // Reset dashes before text is drawn. Otherwise the PDF would contain outlines instead of characters.
  const fillText = context.fillText.bind(context);
  context.fillText = (...text) => {
    const dash = context.getLineDash();
    context.setLineDash([]);
    fillText(...text);
    context.setLineDash(dash);
  };
  await withView(spec, async (view) => {
    const options = { externalContext: context } as Parameters<vega.View["toCanvas"]>[1];
    await view.toCanvas(scale, options);
  });
}

/** The title of a picture in one line. */
export function titleOf(spec: VegaLiteSpec): string {
  const { text = "TCP" } = (spec.title ?? {}) as { text?: string | readonly string[] };
  return typeof text === "string" ? text : text.join(" ");
}
