/** The available plots, in the order of the help. The module of a kind is loaded when it is drawn. */
import type { PlotDefinition } from "./definition.ts";

const kinds = {
  cwnd: async () => (await import("./kinds/cwnd.ts")).cwnd,
  rtt: async () => (await import("./kinds/rtt.ts")).rtt,
  inflight: async () => (await import("./kinds/inflight.ts")).inflight,
  goodput: async () => (await import("./kinds/goodput.ts")).goodput,
  limits: async () => (await import("./kinds/limits.ts")).limits,
  rto: async () => (await import("./kinds/rto.ts")).rto,
  sequence: async () => (await import("./kinds/sequence.ts")).sequence,
  states: async () => (await import("./kinds/states.ts")).states,
  fairness: async () => (await import("./kinds/fairness.ts")).fairness,
  cdf: async () => (await import("./kinds/cdf.ts")).cdf,
  scatter: async () => (await import("./kinds/scatter.ts")).scatter,
  phase: async () => (await import("./kinds/phase.ts")).phase,
  rounds: async () => (await import("./kinds/rounds.ts")).rounds,
  bbr: async () => (await import("./kinds/bbr.ts")).bbr,
  overview: async () => (await import("./kinds/overview.ts")).overview,
} as const satisfies Readonly<Record<string, () => Promise<PlotDefinition>>>;

export type PlotName = keyof typeof kinds;
export const plotNames = Object.keys(kinds) as readonly PlotName[];

export const isPlotName = (name: unknown): name is PlotName => (plotNames as readonly unknown[]).includes(name);

export const plotDefinition = (name: PlotName): Promise<PlotDefinition> => kinds[name]();
