/** Makes the layers of a panel: draws each kind of shape. */
import type { Shape, VegaLiteSpec, XY } from "./model.ts";
import type { Theme } from "./style.ts";

export interface Drawn {
  readonly x: Record<string, unknown> & { readonly field: string };
  readonly y: Record<string, unknown> & { readonly field: string };
  /** Height of the panel, pixels. */
  readonly height: number;
  readonly theme: Theme;
  /** Rows of the band of ticks, by name. */
  readonly rows: readonly string[];
  readonly xTitle: string;
  readonly yTitle: string;
}

const rowHeight = 7;

/** Each kind of tick has a row, so that kinds can be distinguished without colour. */
export const tickRows = (shapes: readonly Shape[]): string[] => [
  ...new Set(shapes.filter(({ kind }) => kind === "ticks").map(({ name }) => name)),
];

export function shapeLayers(shape: Shape, drawn: Drawn): VegaLiteSpec[] {
  const { x, y, height, theme } = drawn;
  const color = theme.colors[shape.style.color];
  const series = shape.name;
  const xTip = {
    field: x.field,
    type: "quantitative",
    title: drawn.xTitle,
    format: x.field === "t" ? ".6f" : ",.4~f",
  };
  const named = { field: "series", type: "nominal", title: "line" };
  const tooltip = [named, xTip, { field: "value", type: "quantitative", title: drawn.yTitle, format: ",.4~f" }];
  const place = ({ x: at, y: value }: XY) => ({ [x.field]: at, value });
  const run = { field: "run", type: "nominal" };
  const clip = "mayLeave" in shape && shape.mayLeave ? { clip: true } : {};
  switch (shape.kind) {
    case "line":
      return [
        {
          data: {
            values: shape.runs.flatMap((points, index) => points.map((p) => ({ ...place(p), series, run: index }))),
          },
          mark: {
            type: "line",
            interpolate: shape.interpolate,
            color,
            strokeWidth: theme.lineWidth * (shape.thin ? 0.75 : 1),
            strokeDash: shape.style.dash,
            strokeJoin: "round",
            ...clip,
          },
          encoding: { x, y, detail: run, tooltip },
        },
      ];
    case "area":
      return [
        {
          data: {
            values: shape.runs.flatMap((spans, index) =>
              spans.map((span) => ({ [x.field]: span.x, value: span.high, low: span.low, series, run: index })),
            ),
          },
          mark: {
            type: "area",
            interpolate: shape.interpolate,
            color,
            opacity: shape.opacity,
            line: false,
            // Parts of a whole are told apart by their edges where their colours are alike in grey.
            ...(shape.opacity === 1 ? { stroke: theme.background, strokeWidth: 0.6 } : {}),
            ...clip,
          },
          encoding: { x, y, y2: { field: "low" }, detail: run, tooltip },
        },
      ];
    case "dots":
      return [
        {
          data: { values: shape.points.map((p) => ({ ...place(p), series })) },
          mark: {
            type: "point",
            shape: shape.symbol,
            size: shape.size,
            color,
            filled: shape.filled,
            opacity: shape.opacity,
            ...(shape.filled ? {} : { strokeWidth: 1.2 }),
            ...clip,
          },
          encoding: { x, y, tooltip },
        },
      ];
    case "outline":
      return [
        {
          data: { values: shape.points.map((p, index) => ({ ...place(p), series, order: index })) },
          mark: { type: "line", color, strokeWidth: theme.lineWidth, strokeDash: shape.style.dash, clip: true },
          encoding: { x, y, order: { field: "order", type: "quantitative" } },
        },
      ];
    case "ticks": {
      const values = shape.at.map((at) => ({ [x.field]: at, series }));
      const tip = { tooltip: [{ ...named, title: "event" }, xTip] };
      const row = drawn.rows.indexOf(shape.name);
      return [
        ...(shape.through
          ? [
              {
                data: { values },
                mark: { type: "rule", color, strokeWidth: 1, opacity: 0.6, strokeDash: shape.style.dash },
                encoding: { x, ...tip },
              },
            ]
          : []),
        {
          data: { values },
          mark: { type: "tick", orient: "vertical", size: rowHeight, thickness: 1.2, color },
          encoding: { x, y: { value: row * rowHeight + 4 }, ...tip },
        },
      ];
    }
    case "laneMarks":
      return [
        {
          data: { values: shape.at.map(({ x: at, lane }) => ({ [x.field]: at, lane, series })) },
          mark: {
            type: "point",
            shape: "triangle-up",
            size: 45,
            color,
            filled: true,
            opacity: 1,
            stroke: theme.background,
            strokeWidth: 0.8,
          },
          encoding: { x, y, tooltip: [{ ...named, title: "event" }, xTip] },
        },
      ];
    case "shade":
    case "ribbon":
    case "lane": {
      const values = shape.spans.map(({ from, to, lane }) => ({
        [x.field]: from,
        to,
        series,
        ...(lane === undefined ? {} : { lane }),
      }));
      const across =
        shape.kind === "lane"
          ? { y }
          : shape.kind === "shade"
            ? { y: { value: 0 }, y2: { value: height } }
            : { y: { value: height - 5 }, y2: { value: height } };
      const tip = [named, { ...xTip, title: "from (s)" }, { ...xTip, field: "to", title: "to (s)" }];
      return [
        {
          data: { values },
          mark: { type: "rect", color: shape.kind === "shade" ? theme.lost : color },
          encoding: { x, x2: { field: "to" }, ...across, tooltip: tip },
        },
      ];
    }
  }
}
