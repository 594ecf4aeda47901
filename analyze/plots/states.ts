/** Congestion states and marked moments as shapes. */
import type { Shape } from "./model.ts";
import type { Mark } from "./reduce.ts";
import { type LineStyle, solid } from "./style.ts";

export const markStyles: Readonly<Record<string, LineStyle>> = {
  RTO: { color: "vermilion", dash: solid },
  "Loss state": { color: "vermilion", dash: solid },
  retransmission: { color: "grey", dash: solid },
  "window probe": { color: "purple", dash: solid },
  reset: { color: "black", dash: solid },
};

/** What a mark is called where the congestion states are named too. */
export const markLabel = (mark: string): string => (mark === "Loss state" ? "became Loss" : mark);

/** Whether a mark runs through the whole height: what a timeout did shows in every line. */
export const isThrough = (label: string): boolean => label === "RTO" || label === markLabel("Loss state");

export const stateStyles: Readonly<Record<string, LineStyle>> = {
  Disorder: { color: "ice", dash: solid },
  CWR: { color: "purple", dash: solid },
  Recovery: { color: "orange", dash: solid },
  Loss: { color: "wine", dash: solid },
};

/** Congestion states as intervals, with the kernel's names. */
export const stateShapes = (
  spans: readonly { state: string; from: number; to: number; lane?: string }[],
  kind: "ribbon" | "lane",
): Shape[] =>
  Object.entries(stateStyles).flatMap(([state, style]) => {
    const own = spans.filter((span) => span.state === state);
    return own.length > 0
      ? [{ kind, name: `state ${state}`, style, spans: own.map(({ state: _, ...span }) => span) }]
      : [];
  });

export const markShapes = (marks: readonly Mark[]): Shape[] =>
  Object.entries(markStyles).flatMap(([name, style]) => {
    const at = marks.filter(({ mark }) => mark === name).map(({ t }) => t);
    return at.length > 0
      ? [{ kind: "ticks", name: markLabel(name), style, at, through: isThrough(markLabel(name)) }]
      : [];
  });
