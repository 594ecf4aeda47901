/** The Vega-Lite specification of a picture: panels, axes, legend, marks. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { flowColors, type PlotDefinition, palette } from "./definition.ts";
import type { Mark } from "./reduce.ts";

/** A Vega-Lite specification. Vega-Lite checks it when it is drawn. */
export type VegaLiteSpec = Record<string, unknown>;

export interface SeriesData {
  readonly name: string;
  readonly points: readonly { readonly t: number; readonly value: number }[];
}

export interface FlowData {
  readonly flow: number;
  readonly label: string;
  readonly series: readonly SeriesData[];
  readonly marks: readonly Mark[];
}

export interface PictureData {
  readonly definition: PlotDefinition;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly flows: readonly FlowData[];
}

/** Up to this many flows have a panel each. More flows share one panel, with a colour each. */
export const mostPanels = 4;

const markColors: Readonly<Record<string, string>> = {
  RTO: palette.vermilion,
  "Loss state": palette.vermilion,
  retransmission: palette.grey,
  "window probe": palette.purple,
  reset: palette.black,
};

/**
 * Builds the picture: panels one above the other on one time axis, or one panel with a colour for each flow. Addresses,
 * names and titles are foreign text. Some of their characters are replaced, because SVG is XML, which cannot hold every
 * character.
 */
export function plotSpec(foreign: PictureData): VegaLiteSpec {
  const picture: PictureData = {
    ...foreign,
    title: foreignText(foreign.title),
    subtitle: foreignText(foreign.subtitle),
    flows: foreign.flows.map((flow) => ({ ...flow, label: foreignText(flow.label) })),
  };
  const views = shareOnePanel(picture.definition, picture.flows.length)
    ? [overlay(picture)]
    : picture.flows.map((flow, index) => panel(picture, flow, index === picture.flows.length - 1));
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: {
      text: picture.title,
      subtitle: picture.subtitle,
      anchor: "start",
      fontSize: 15,
      subtitleFontSize: 11,
      subtitleColor: "#555",
      offset: 10,
    },
    background: "white",
    spacing: 14,
    vconcat: views,
    resolve: { scale: { x: "shared" } },
    config,
  };
}

/**
 * Whether the flows share one panel. It then has a colour for each flow, only the plot's first line, and no marks.
 * Rates of several flows are there to be compared, so they always share a panel. Congestion windows and times have a
 * panel for each flow while there is room. Stacked areas always have one each.
 */
export const shareOnePanel = (definition: PlotDefinition, flows: number): boolean =>
  !definition.stacked && (flows > mostPanels || (flows > 1 && definition.interpolate === "step-after"));

const config = {
  font: "DejaVu Sans, Helvetica, Arial, sans-serif",
  view: { stroke: "#bbb" },
  axis: {
    grid: true,
    gridColor: "#e8e8e8",
    domainColor: "#888",
    tickColor: "#888",
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelColor: "#222",
  },
  legend: {
    labelFontSize: 11,
    orient: "top",
    direction: "horizontal",
    title: null,
    offset: 4,
    columnPadding: 16,
    labelLimit: 320,
    symbolType: "stroke",
    symbolSize: 260,
    symbolStrokeWidth: 2.5,
    symbolOpacity: 1,
    gridAlign: "none",
  },
};

const xAxis = (picture: PictureData, last: boolean) => ({
  field: "t",
  type: "quantitative",
  scale: { domain: [picture.from, picture.to], nice: false },
  axis: {
    title: last ? "time since the capture began (s)" : null,
    labels: last,
    ticks: last,
    tickCount: 10,
    format: "~g",
  },
});

/** From 0 to a little above the highest point, so that a horizontal line does not coincide with the frame. */
const yAxis = (picture: PictureData, flows: readonly FlowData[]) => ({
  field: "value",
  type: "quantitative",
  scale: { domain: [0, highest(flows) * 1.06 || 1], nice: false },
  axis: {
    title: picture.unit ? `${picture.definition.yTitle} (${picture.unit})` : picture.definition.yTitle,
    tickCount: 5,
  },
});

const highest = (flows: readonly FlowData[]): number =>
  flows
    .flatMap((flow) => flow.series)
    .reduce((top, { points }) => points.reduce((most, { value }) => Math.max(most, value), top), 0);

const zoom = { name: "zoom", select: { type: "interval", encodings: ["x"] }, bind: "scales" };

const timeTip = { field: "t", type: "quantitative", title: "time (s)", format: ".6f" };

/** One legend for all panels: the lines that have points anywhere, then the kinds of marks. */
function legendOf(picture: PictureData) {
  const lines = picture.definition.series.filter((series) =>
    picture.flows.some((flow) => flow.series.some((one) => one.name === series.name && one.points.length > 0)),
  );
  const marks = [...new Set(picture.flows.flatMap((flow) => flow.marks.map((mark) => mark.mark)))].sort();
  const domain = [...lines.map((series) => series.name), ...marks];
  const shown = domain.length > 1 ? {} : null;
  const noDash = [1, 0];
  return {
    color: {
      field: "series",
      type: "nominal",
      scale: {
        domain,
        range: [...lines.map((series) => series.color), ...marks.map((mark) => markColors[mark] ?? palette.grey)],
      },
      legend: shown,
    },
    strokeDash: {
      field: "series",
      type: "nominal",
      scale: { domain, range: [...lines.map((series) => series.dash ?? noDash), ...marks.map(() => noDash)] },
      legend: shown,
    },
  };
}

type Legend = ReturnType<typeof legendOf>;

function panel(picture: PictureData, flow: FlowData, last: boolean): VegaLiteSpec {
  const { definition } = picture;
  const legend = legendOf(picture);
  const lines = definition.stacked
    ? [areas(picture, flow, last, legend)]
    : flow.series
        .filter((one) => one.points.length > 0)
        .map((one, index) => ({
          data: { values: one.points.map(({ t, value }) => ({ t, value, series: one.name })) },
          mark: {
            type: "line",
            interpolate: definition.interpolate,
            strokeWidth: index === 0 ? 1.5 : 1.2,
            strokeJoin: "round",
          },
          encoding: {
            x: xAxis(picture, last),
            y: yAxis(picture, [flow]),
            ...legend,
            tooltip: [
              { field: "series", type: "nominal", title: "line" },
              timeTip,
              { field: "value", type: "quantitative", title: definition.yTitle, format: ",.4~f" },
            ],
          },
          ...(last && index === 0 ? { params: [zoom] } : {}),
        }));
  return {
    width: picture.width,
    height: picture.flows.length === 1 ? 300 : 170,
    ...(picture.flows.length > 1
      ? {
          title: {
            text: `flow ${flow.flow}: ${flow.label}`,
            anchor: "start",
            frame: "group",
            fontSize: 11,
            fontWeight: "normal",
            offset: 4,
          },
        }
      : {}),
    layer: [...lines, ...markLayers(picture, flow.marks, last, legend)],
    resolve: { scale: { y: "shared" } },
  };
}

/** All series of a flow, stacked in the order of the definition. */
function areas(picture: PictureData, flow: FlowData, last: boolean, legend: Legend): VegaLiteSpec {
  const values = flow.series.flatMap(({ name, points }, order) =>
    points.map(({ t, value }) => ({ t, value, series: name, order })),
  );
  const { scale } = legend.color;
  return {
    data: { values },
    mark: { type: "area", interpolate: "step-after", line: false },
    encoding: {
      x: xAxis(picture, last),
      y: {
        field: "value",
        type: "quantitative",
        stack: "zero",
        scale: { domain: [0, 100] },
        axis: { title: `${picture.definition.yTitle} (${picture.unit})`, tickCount: 5 },
      },
      order: { field: "order", type: "ordinal" },
      color: { field: "series", type: "nominal", scale, legend: { symbolType: "square", symbolStrokeWidth: 0 } },
      tooltip: [
        { field: "series", type: "nominal", title: "held by" },
        timeTip,
        { field: "value", type: "quantitative", title: "share (%)", format: ".1f" },
      ],
    },
    ...(last ? { params: [zoom] } : {}),
  };
}

/** Marks are in a band at the top of the panel. A timeout is also a vertical line through it. */
function markLayers(picture: PictureData, marks: readonly Mark[], last: boolean, legend: Legend): VegaLiteSpec[] {
  if (marks.length === 0) return [];
  const values = marks.map(({ t, mark }) => ({ t, series: mark }));
  const timeouts = values.filter(({ series }) => series === "RTO" || series === "Loss state");
  const tooltip = [{ field: "series", type: "nominal", title: "event" }, timeTip];
  return [
    {
      data: { values: timeouts },
      mark: { type: "rule", strokeWidth: 1, opacity: 0.55 },
      encoding: { x: xAxis(picture, last), color: legend.color, tooltip },
    },
    {
      data: { values },
      mark: { type: "tick", orient: "vertical", size: 9, thickness: 1.2 },
      encoding: { x: xAxis(picture, last), y: { value: 5 }, color: legend.color, tooltip },
    },
  ];
}

function overlay(picture: PictureData): VegaLiteSpec {
  const { definition } = picture;
  const labels = picture.flows.map((flow) => `${flow.flow}: ${flow.label}`);
  const values = picture.flows.flatMap((flow, index) =>
    (flow.series[0]?.points ?? []).map(({ t, value }) => ({ t, value, flow: labels[index] })),
  );
  return {
    width: picture.width,
    height: 340,
    data: { values },
    params: [zoom],
    mark: { type: "line", interpolate: definition.interpolate, strokeWidth: 1.4, strokeJoin: "round" },
    encoding: {
      x: xAxis(picture, true),
      y: yAxis(picture, picture.flows),
      color: {
        field: "flow",
        type: "nominal",
        scale: { domain: labels, range: flowColors.slice(0, labels.length) },
        legend: { columns: 2, direction: "vertical", clipHeight: 16 },
      },
      tooltip: [
        { field: "flow", type: "nominal" },
        timeTip,
        { field: "value", type: "quantitative", title: definition.yTitle, format: ",.4~f" },
      ],
    },
  };
}
