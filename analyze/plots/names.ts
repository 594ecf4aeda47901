export const plotNames = ["cwnd", "rtt", "inflight", "goodput", "limits"] as const;
export type PlotName = (typeof plotNames)[number];
