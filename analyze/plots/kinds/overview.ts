/** The plot `overview`: everything about one flow on one time axis. */
import type { PanelDefinition, TimePlot } from "../definition.ts";
import { cwnd } from "./cwnd.ts";
import { goodput } from "./goodput.ts";
import { limits } from "./limits.ts";
import { rtt } from "./rtt.ts";

const withName = (panel: TimePlot, yTitle: string, more: Partial<PanelDefinition> = {}): PanelDefinition => ({
  ...panel,
  yTitle,
  marks: false,
  ...more,
});

/** Window, round-trip time, rates and limits, one above the other. */
export const overview: TimePlot = {
  shows: "one flow in four panels: window, round-trip time, rates, what limited it",
  title: "Overview",
  yTitle: "cwnd (packets)",
  alone: "cwnd (packets)",
  views: cwnd.views,
  interpolate: cwnd.interpolate,
  scales: cwnd.scales,
  series: cwnd.series,
  marks: true,
  states: true,
  windowed: true,
  shared: true,
  mostFlows: 1,
  below: [withName(rtt, "RTT"), withName(goodput, "rate"), withName(limits, "limited by", { height: 0.6 })],
};
