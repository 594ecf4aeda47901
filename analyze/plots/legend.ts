/** The legend of a picture: a sample of each kind of shape and its name, in rows that fit the width. */
import { type Font, textWidth, wrapped } from "./fonts.ts";
import type { Panel, Shape, VegaLiteSpec } from "./model.ts";
import type { Theme } from "./style.ts";

interface Entry {
  readonly shape: Shape;
  readonly lines: readonly string[];
  readonly width: number;
}

interface Placed extends Entry {
  readonly x: number;
  readonly y: number;
}

const sample = 26;
const gap = 5;
const between = 16;

/** One entry for each name, lines first, otherwise in the order of the shapes. */
function entriesOf(panels: readonly Panel[], width: number, font: Font): Entry[] {
  return distinct(panels).map((shape) => {
    const lines = wrapped(shape.name, width - sample - gap, font);
    const widest = Math.max(...lines.map((line) => textWidth(line, font)));
    return { shape, lines, width: sample + gap + widest };
  });
}

const order: readonly Shape["kind"][] = [
  ...(["line", "area", "outline", "dots", "lane", "laneMarks"] as const),
  ...(["ribbon", "ticks", "shade"] as const),
];

function distinct(panels: readonly Panel[]): Shape[] {
  const shapes = panels.flatMap((panel) => panel.shapes).filter(({ name }) => name !== "");
  const isThin = (shape: Shape) => (shape.kind === "line" && shape.thin ? 1 : 0);
  const sorted = order.flatMap((kind) =>
    shapes.filter((shape) => shape.kind === kind).sort((a, b) => isThin(a) - isThin(b)),
  );
  const seen = new Map<string, Shape>();
  for (const shape of sorted) if (!seen.has(shape.name)) seen.set(shape.name, shape);
  return [...seen.values()];
}

/**
 * Groups of panels that share a legend. All panels share one, unless the same style has two names. Then each panel has
 * its own.
 */
export function legendParts(panels: readonly Panel[]): Panel[][] {
  const shown = distinct(panels).filter(({ kind }) => kind === "line" || kind === "dots");
  const looks = new Set(
    shown.map((shape) =>
      shape.kind === "dots"
        ? `${shape.style.color} ${shape.symbol} ${shape.filled}`
        : `${shape.style.color} ${shape.style.dash}`,
    ),
  );
  return looks.size < shown.length ? panels.map((panel) => [panel]) : [[...panels]];
}

/** The legend of some panels, as a view of this width in pixels. Null for a single line, which the axis names. */
export function legendView(panels: readonly Panel[], width: number, font: Font, theme: Theme): VegaLiteSpec | null {
  const entries = entriesOf(panels, width, font);
  const [only] = entries;
  if (!only || (entries.length === 1 && only.shape.kind === "line")) return null;
  const { placed, height } = place(entries, width, font.size * 1.35);
  return {
    width,
    height,
    view: { stroke: null },
    layer: placed.flatMap((entry) => entryLayers(entry, font, theme)),
  };
}

/**
 * Places entries side by side while there is room. Columns have equal widths if that fits, so that rows are aligned.
 */
function place(entries: readonly Entry[], width: number, lineHeight: number): { placed: Placed[]; height: number } {
  const column = Math.max(...entries.map((entry) => entry.width)) + between;
  const columns = Math.floor((width + between) / column);
  const inRows = rowsOf(entries, width);
  const aligned = inRows.length > 1 && columns > 1 ? chunks(entries, columns) : inRows;
  let y = 0;
  const placed: Placed[] = [];
  for (const row of aligned) {
    let x = 0;
    for (const entry of row) {
      placed.push({ ...entry, x, y });
      x += aligned === inRows ? entry.width + between : column;
    }
    y += Math.max(...row.map(({ lines }) => lines.length)) * lineHeight;
  }
  return { placed, height: y };
}

function rowsOf(entries: readonly Entry[], width: number): Entry[][] {
  const rows: Entry[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    if (used + entry.width > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)!.push(entry);
    used += entry.width + between;
  }
  return rows;
}

const chunks = (entries: readonly Entry[], size: number): Entry[][] =>
  Array.from({ length: Math.ceil(entries.length / size) }, (_, row) => entries.slice(row * size, (row + 1) * size));

function entryLayers({ shape, lines, x, y }: Placed, font: Font, theme: Theme): VegaLiteSpec[] {
  const color = theme.colors[shape.style.color];
  const middle = y + font.size * 0.6;
  const at = (value: number) => ({ value });
  const datum = { values: [{}] };
  const text = {
    data: datum,
    mark: { type: "text", align: "left", baseline: "middle", text: lines, lineHeight: font.size * 1.35 },
    encoding: { x: at(x + sample + gap), y: at(middle) },
  };
  const rect = (opacity: number, fill = color) => ({
    data: datum,
    // The palest fills are hard to see on paper without their edge.
    mark: { type: "rect", fill, fillOpacity: opacity, stroke: theme.axis, strokeWidth: 0.5 },
    encoding: { x: at(x), x2: at(x + sample), y: at(middle - 4), y2: at(middle + 4) },
  });
  const line = {
    data: datum,
    mark: { type: "rule", color, strokeWidth: theme.lineWidth + 0.3, strokeDash: shape.style.dash },
    encoding: { x: at(x), x2: at(x + sample), y: at(middle) },
  };
  switch (shape.kind) {
    case "line":
    case "outline":
      return [line, text];
    case "area":
      return [rect(shape.opacity), text];
    case "shade":
      return [rect(1, theme.lost), text];
    case "lane":
    case "ribbon":
      return [rect(1), text];
    case "laneMarks":
      return [
        {
          data: datum,
          mark: { type: "point", shape: "triangle-up", size: 40, color, filled: true, opacity: 1 },
          encoding: { x: at(x + sample / 2), y: at(middle) },
        },
        text,
      ];
    case "dots":
      return [
        {
          data: datum,
          mark: { type: "point", shape: shape.symbol, size: 36, color, filled: shape.filled, opacity: 1 },
          encoding: { x: at(x + sample / 2), y: at(middle) },
        },
        text,
      ];
    case "ticks":
      return [
        {
          data: datum,
          mark: { type: "rule", color, strokeWidth: 1.5, strokeDash: shape.style.dash },
          encoding: { x: at(x + sample / 2), y: at(middle - 5), y2: at(middle + 5) },
        },
        text,
      ];
  }
}
