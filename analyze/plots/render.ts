/** Renders a specification as SVG or PNG. */
import { Resvg } from "@resvg/resvg-js";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { VegaLiteSpec } from "./spec.ts";

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

/**
 * Widths of characters in DejaVu Sans, relative to the font size. Without a browser, Vega assumes 0.8 for every
 * character, which makes legends 1.5 times as wide as they should be.
 */
interface TextItem {
  readonly fontSize?: number;
  readonly text?: unknown;
}
const narrow = new Set(" .,:;|!'il()[]jtf");
const wide = new Set("mwMW\u2192@%");
const characterWidth = (character: string): number => (narrow.has(character) ? 0.36 : wide.has(character) ? 0.9 : 0.63);

// Exported by Vega and missing from its type declarations.
const { textMetrics } = vega as unknown as { textMetrics: { width: (item: TextItem, text?: unknown) => number } };
textMetrics.width = (item, text) =>
  [...String(text ?? item.text ?? "")].reduce((width, character) => width + characterWidth(character), 0) *
  (item.fontSize ?? 11);

export async function toSvg(spec: VegaLiteSpec): Promise<string> {
  const view = new vega.View(vega.parse(toVega(spec)), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** A PNG at twice the size, for screens and slides. */
export async function toPng(spec: VegaLiteSpec): Promise<Uint8Array> {
  const svg = await toSvg(spec);
  return new Resvg(svg, {
    fitTo: { mode: "zoom", value: 2 },
    font: { loadSystemFonts: true, defaultFontFamily: "DejaVu Sans" },
  })
    .render()
    .asPng();
}
