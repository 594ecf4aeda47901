/** The Vega-Lite specification of a picture: title, legend, panels, axes. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { LegendPlace, ThemeName } from "./choices.ts";
import { standardFont, textWidth, wrapped } from "./fonts.ts";
import { legendParts, legendView } from "./legend.ts";
import type { Axis, Panel, Picture, Shape, VegaLiteSpec } from "./model.ts";
import { shapeLayers, tickRows } from "./shapes.ts";
import { type Theme, themes } from "./style.ts";

export interface Look {
  readonly theme: ThemeName;
  /** Width of the plotting area, pixels. */
  readonly width: number;
  /** Height of a usual panel, pixels. */
  readonly panelHeight: number;
  /** Family of the font. */
  readonly font: string;
  /** Size of labels, pixels. Titles are larger. */
  readonly fontSize: number;
  readonly title: boolean;
  readonly legend: LegendPlace;
}

export const standardLook: Omit<Look, "width" | "panelHeight"> = {
  theme: "light",
  font: standardFont,
  fontSize: 11,
  title: true,
  legend: "top",
};

/** Makes addresses, names and titles, which are foreign text, safe to show. SVG is XML, which lacks some characters. */
function withForeignText(picture: Picture, look: Look): Picture {
  const lane = (name: string) => laneLabel(foreignText(name), look);
  const shown = <Kind extends Shape>(shape: Kind): Kind => ({ ...shape, name: foreignText(shape.name) });
  return {
    ...picture,
    title: foreignText(picture.title),
    caption: picture.caption.map(foreignText),
    panels: picture.panels.map((panel) => ({
      ...panel,
      title: panel.title === null ? null : foreignText(panel.title),
      ...(panel.lanes ? { lanes: panel.lanes.map(lane) } : {}),
      shapes: panel.shapes.map((shape) =>
        shape.kind === "laneMarks"
          ? { ...shown(shape), at: shape.at.map((one) => ({ ...one, lane: lane(one.lane) })) }
          : shape.kind === "lane"
            ? {
                ...shown(shape),
                spans: shape.spans.map((span) => ({ ...span, lane: lane(span.lane ?? "") })),
              }
            : shown(shape),
      ),
    })),
  };
}

export function pictureSpec(foreign: Picture, asked: Look): VegaLiteSpec {
  const picture = withForeignText(foreign, asked);
  const extent = labelExtent(picture, asked);
  // Labels of lanes are long: they take their room from the lanes, so that the picture is as wide as others.
  const isLanes = picture.panels.some(({ lanes }) => lanes !== undefined);
  const look = isLanes ? { ...asked, width: Math.max(asked.width - extent + usualExtent, asked.width / 2) } : asked;
  const theme = themes[look.theme];
  const font = { family: look.font, size: look.fontSize };
  const views = picture.panels.map((panel, index) =>
    panelView(picture, panel, index === picture.panels.length - 1, look, theme, extent),
  );
  const parts = look.legend === "none" ? [picture.panels] : legendParts(picture.panels);
  const legends = parts.map((part) => (look.legend === "none" ? null : legendView(part, look.width, font, theme)));
  const shown = (legend: VegaLiteSpec | null | undefined) => (legend ? [legend] : []);
  const all =
    parts.length > 1
      ? views.flatMap((view, index) => [...shown(legends[index]), view])
      : look.legend === "bottom"
        ? [...views, ...shown(legends[0]).map((legend) => below(legend, look))]
        : [...shown(legends[0]), ...views];
  const titled = picture.panels.some(({ title }) => title !== null);
  const spacing = look.fontSize * (titled ? 2.2 : 0.9);
  const whole = extent + look.width;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    ...(look.title ? { title: titleOf(picture, look, theme, whole) } : {}),
    background: theme.background,
    padding: 5,
    bounds: "flush",
    spacing,
    vconcat: all,
    resolve: { scale: { x: "shared" } },
    config: configOf(theme, look),
  };
}

/** Moves the legend below the labels and the title of the last panel's axis. */
const below = (legend: VegaLiteSpec, look: Look): VegaLiteSpec => ({
  spacing: 0,
  bounds: "flush",
  vconcat: [
    {
      width: look.width,
      height: look.fontSize * 3,
      view: { stroke: null },
      data: { values: [{}] },
      mark: { type: "text", text: "" },
    },
    legend,
  ],
});

/** A single line becomes text, as in a specification written by hand. Several lines are a list. */
const inOneLine = (lines: readonly string[]): string | readonly string[] => (lines.length === 1 ? lines[0]! : lines);

/** Width of the labels of a usual axis, pixels. */
const usualExtent = 50;

/** Labels of lanes take at most this part of the width. */
const widestLabel = 0.4;

/** The label of a lane in lines; foreign text has no line feed of its own. */
const laneLabel = (name: string, look: Look): string =>
  wrapped(name, Math.max(look.width * widestLabel, 60), { family: look.font, size: look.fontSize }).join("\n");

function titleOf(picture: Picture, look: Look, theme: Theme, width: number) {
  const size = Math.round(look.fontSize * 1.35);
  const small = look.fontSize;
  return {
    text: inOneLine(wrapped(picture.title, width, { family: look.font, size, bold: true })),
    subtitle: inOneLine(picture.caption.flatMap((line) => wrapped(line, width, { family: look.font, size: small }))),
    anchor: "start",
    frame: "bounds",
    color: theme.text,
    fontSize: size,
    fontWeight: "bold",
    lineHeight: size * 1.25,
    subtitleFontSize: small,
    subtitleLineHeight: small * 1.3,
    subtitleColor: theme.quiet,
    offset: 10,
  };
}

/** Width of the widest labels of any y axis. It is used for all panels, so that they are aligned. */
function labelExtent(picture: Picture, look: Look): number {
  const font = { family: look.font, size: look.fontSize };
  const labels = picture.panels.flatMap(
    ({ y, lanes }) => lanes?.flatMap((lane) => lane.split("\n")) ?? [axisNumber(y.from, y.to), axisNumber(y.to, y.to)],
  );
  const widest = Math.max(...labels.map((label) => textWidth(label, font)));
  const rows = Math.max(
    ...picture.panels.map(({ y, height = 1 }) => yTitle(y, look, look.panelHeight * height).length),
  );
  return Math.ceil(widest + 9 + rows * look.fontSize * 1.3 + 4);
}

const axisNumber = (value: number, top: number): string =>
  Math.abs(top) >= 10 ? Math.round(value).toLocaleString("en-US") : value.toFixed(top < 1 ? 2 : 1);

const yTitle = (y: Axis, look: Look, height: number): string[] =>
  y.title === "" ? [] : wrapped(y.title, height, { family: look.font, size: look.fontSize });

const configOf = (theme: Theme, look: Look) => ({
  font: `${look.font}, ${look.font === standardFont ? "" : `${standardFont}, `}Helvetica, Arial, sans-serif`,
  view: { stroke: theme.frame },
  text: { fontSize: look.fontSize, color: theme.text },
  // Thousands of dots, each with its description, help no reader.
  point: { aria: false },
  axis: {
    grid: true,
    gridColor: theme.grid,
    domainColor: theme.axis,
    tickColor: theme.axis,
    labelFontSize: look.fontSize,
    titleFontSize: look.fontSize,
    titleFontWeight: "normal",
    titleColor: theme.text,
    labelColor: theme.text,
  },
});

const zoom = { name: "zoom", select: { type: "interval", encodings: ["x"] }, bind: "scales" };

/** Space at the top of a panel for a row of ticks, pixels. */
export function panelView(
  picture: Picture,
  panel: Panel,
  last: boolean,
  look: Look,
  theme: Theme,
  extent: number,
): VegaLiteSpec {
  const labelRows = Math.max(1, ...(panel.lanes ?? []).map((lane) => lane.split("\n").length));
  const height = panel.lanes
    ? panel.lanes.length * look.fontSize * (1 + 1.2 * labelRows)
    : look.panelHeight * (panel.height ?? 1);
  const x = {
    field: picture.x.isTime ? "t" : "x",
    type: "quantitative",
    scale: { domain: [picture.x.from, picture.x.to], nice: false, type: picture.x.scale },
    axis: {
      title: last ? picture.x.title : null,
      labels: last,
      ticks: last,
      tickCount: Math.max(3, Math.min(10, Math.round(look.width / (look.fontSize * 7)))),
      format: ",~f",
      labelOverlap: true,
    },
  };
  const y = panel.lanes
    ? {
        field: "lane",
        type: "nominal",
        scale: { domain: panel.lanes, paddingInner: 0.3, paddingOuter: 0.15 },
        sort: null,
        axis: {
          title: null,
          grid: false,
          domain: false,
          ticks: false,
          minExtent: extent,
          labelLimit: extent,
          labelExpr: "split(datum.label, '\\n')",
        },
      }
    : {
        field: "value",
        type: "quantitative",
        scale: { domain: [panel.y.from, panel.y.to], nice: false, zero: false, type: panel.y.scale },
        axis: {
          title: yTitle(panel.y, look, height),
          tickCount: Math.max(2, Math.min(6, Math.round(height / (look.fontSize * 4)))),
          minExtent: extent - (look.fontSize * 1.3 + 4) * yTitle(panel.y, look, height).length,
          labelOverlap: true,
          ...(panel.y.scale === "log" ? { format: ",~f" } : {}),
        },
      };
  const rows = tickRows(panel.shapes);
  const layers = panel.shapes.flatMap((shape) =>
    shapeLayers(shape, { x, y, height, theme, rows, xTitle: picture.x.title, yTitle: panel.y.title }),
  );
  const zoomed = last ? layers.findIndex((layer) => hasField(layer, "x") && hasField(layer, "y")) : -1;
  if (zoomed >= 0) layers[zoomed] = { ...layers[zoomed], params: [zoom] };
  return {
    width: look.width,
    height,
    ...(panel.title === null
      ? {}
      : {
          title: {
            text: inOneLine(wrapped(panel.title, look.width, { family: look.font, size: look.fontSize })),
            anchor: "start",
            frame: "group",
            color: theme.text,
            fontSize: look.fontSize,
            fontWeight: "normal",
            offset: 4,
          },
        }),
    layer: layers,
    resolve: { scale: { y: "shared" } },
  };
}

const hasField = (layer: VegaLiteSpec, channel: string): boolean =>
  (layer.encoding as Record<string, { field?: string } | undefined>)[channel]?.field !== undefined;
