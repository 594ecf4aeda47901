export const plotNames = ["cwnd", "rtt", "inflight", "goodput"] as const;
export type PlotName = (typeof plotNames)[number];
