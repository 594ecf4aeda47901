/** The panels of the page, made from the plots of the same names. */
import type { PanelDefinition, Series } from "../plots/definition.ts";
import { isTimePlot, timeScales } from "../plots/definition.ts";
import { bbr, gains, rtts, toldByBbr } from "../plots/kinds/bbr.ts";
import { held, limits } from "../plots/kinds/limits.ts";
import { rto } from "../plots/kinds/rto.ts";
import { type PlotName, plotDefinition } from "../plots/names.ts";
import { rowsOf } from "../plots/reduce.ts";
import { markLabel, markStyles } from "../plots/states.ts";
import { solid } from "../plots/style.ts";
import type { Trace } from "../trace/trace.ts";
import { type PageModel, type PagePanel, type PageQuantity, stateNames } from "./model.ts";
import type { QuantitySource } from "./series.ts";

/** Panels from above to below. */
const shown: readonly PlotName[] = ["cwnd", "inflight", "rtt", "goodput", "sequence"];

export interface Panels extends Pick<PageModel, "panels" | "absent" | "marks" | "states"> {
  readonly sources: readonly QuantitySource[];
}

/** The quantities that are values of records, which need no view to be made first. Without marks and states. */
export async function recordPanelsOf(trace: Trace): Promise<Panels> {
  const { panels, sources } = await timePanelsOf(
    trace,
    ({ records }) => records !== undefined && records.from !== "goodput",
  );
  const withOwn = sources.map((source) => (source.records ? { ...source, views: [source.records.from] } : source));
  return { panels, absent: [], marks: [], states: null, sources: withOwn };
}

/** The panels that the captures can fill, and where the points of each quantity come from. */
export async function panelsOf(trace: Trace): Promise<Panels> {
  const { panels: usual, absent, sources } = await timePanelsOf(trace, () => true);
  const timer = await timerPanel(trace, sources);
  const model = await bbrPanels(trace, sources);
  const panels = [
    ...usual.map((panel) => withCounts(panel, sources)),
    ...(timer ? [timer.panel] : []),
    ...model.panels,
  ];
  const marks = await markSources(trace);
  const states = await stateSource(trace);
  return {
    panels,
    absent,
    marks: marks.map(({ quantity }) => quantity),
    states: states?.quantity ?? null,
    sources: [...sources, ...(timer?.sources ?? []), ...model.sources, ...marks, ...(states ? [states] : [])],
  };
}

/** `isWanted`: which of the series may be shown. Views are made only for those. */
async function timePanelsOf(
  trace: Trace,
  isWanted: (series: Series) => boolean,
): Promise<Pick<Panels, "panels" | "absent" | "sources">> {
  const panels: PagePanel[] = [];
  const absent: { title: string; why: string }[] = [];
  const sources: QuantitySource[] = [];
  const counts = await countsPackets(trace);
  for (const name of shown) {
    // Where packets are counted, the panel of the window shows those in flight.
    if (name === "inflight" && counts) continue;
    const definition = await definitionOf(name);
    const wanted = definition.series.filter(isWanted);
    if (wanted.every(({ records }) => records !== undefined))
      await trace.need(...wanted.map(({ records }) => records!.from));
    else await trace.need(...definition.views);
    const found: QuantitySource[] = [];
    for (const series of wanted) {
      const source = sourceOf(trace, name, definition, series);
      if (await hasRows(trace, series.thereIf ?? source.rows)) found.push(source);
    }
    if (found.length === 0 || !(await isMain(definition, found))) {
      absent.push({ title: definition.title, why: whyAbsent(trace, definition) });
      continue;
    }
    sources.push(...found);
    panels.push({
      id: name,
      title: definition.title,
      y_title: definition.yTitle,
      scales: definition.scales,
      quantities: found.map(({ quantity }) => quantity),
      marks: definition.marks === true,
      states: definition.states === true,
      from_lowest: definition.fromLowest === true,
    });
  }
  return { panels, absent, sources };
}

/** Says of what a rate is one, where that is told. */
const withCounts = (panel: PagePanel, sources: readonly QuantitySource[]): PagePanel => ({
  ...panel,
  quantities: panel.quantities.map((quantity) =>
    quantity.id === "goodput.goodput" && sources.some((source) => source.quantity.id === "sequence.snd_una")
      ? { ...quantity, rate_of: "sequence.snd_una" }
      : quantity,
  ),
});

/** What held the flows. Its values are those of the diagnoses. */
export const limitsPanel: PagePanel = {
  ...{ id: "limits", title: limits.title, y_title: limits.yTitle, scales: limits.scales },
  quantities: held.map(({ by, name, color }) => ({
    ...{ id: `held.${by}`, name, color, draw: "share", interpolate: "step-after", dash: solid },
    ...{ may_leave: false, windowed: true },
  })),
  ...{ marks: false, states: false, from_lowest: false, optional: true },
};

/**
 * The timer, where one expired: else the panel of round-trip times shows all that there is of it. Most of its values
 * are that panel's.
 */
async function timerPanel(
  trace: Trace,
  others: readonly QuantitySource[],
): Promise<{ panel: PagePanel; sources: QuantitySource[] } | null> {
  const known = (id: string) => others.find(({ quantity }) => quantity.id === id)?.quantity;
  const [timer, srtt] = [known("rtt.RTO_in_force"), known("rtt.srtt")];
  if (!timer) return null;
  await trace.need(...rto.views);
  const sources = rto.series
    .filter(({ draw, interpolate }) => draw === "crosses" || interpolate === "linear")
    .map((series) => sourceOf(trace, "rto", rto, { ...series, points: inMicroseconds(series.points) }));
  if (!(await hasRows(trace, sources[0]!.rows))) return null;
  const { color, dash = solid } = rto.series.find(({ name }) => name === "smoothed RTT")!;
  return {
    panel: {
      ...{ id: "rto", title: rto.title, y_title: rto.yTitle, scales: timeScales },
      quantities: [
        { ...timer, color: "blue", dash: solid, may_leave: false },
        ...sources.map(({ quantity }) => quantity),
        ...(srtt ? [{ ...srtt, name: "smoothed RTT", color, dash }] : []),
      ],
      ...{ marks: true, states: true, from_lowest: false, optional: true },
    },
    sources,
  };
}

/** BBR's model of the path, where a connection runs it. Other lines beside it are those of other panels. */
async function bbrPanels(
  trace: Trace,
  others: readonly QuantitySource[],
): Promise<{ panels: PagePanel[]; sources: QuantitySource[] }> {
  const none = { panels: [], sources: [] };
  if (!(await hasRows(trace, toldByBbr))) return none;
  const parts = [
    { id: "bbr", title: "BBR's bandwidth", definition: bbr, beside: ["goodput.pacing_rate"] },
    { id: "bbr-rtt", title: "BBR's minimum RTT", definition: rtts, beside: ["rtt.samples"] },
    { id: "bbr-gain", title: "BBR's gains", definition: gains, beside: [] },
  ];
  const sources: QuantitySource[] = [];
  const panels: PagePanel[] = [];
  for (const { id, title, definition, beside } of parts) {
    const own = definition.series
      .filter(({ optional }) => optional !== true)
      .map((series) => ({ ...sourceOf(trace, "bbr", definition, series), views: ["_bbr"] }));
    const lent = others.filter(({ quantity }) => beside.includes(quantity.id));
    sources.push(...own);
    panels.push({
      ...{ id, title, y_title: definition.yTitle, scales: definition.scales },
      quantities: [...own, ...lent].map(({ quantity }) => quantity),
      ...{ marks: false, states: false, from_lowest: false, optional: true },
    });
  }
  return { panels, sources };
}

const inMicroseconds = (points: string): string => `SELECT * REPLACE (1000.0 * value AS value) FROM (${points})`;

type TitledPanel = PanelDefinition & { readonly title: string };

async function definitionOf(name: PlotName): Promise<TitledPanel> {
  const plot = await plotDefinition(name);
  if (!isTimePlot(plot)) throw new Error(`plot ${name} is not over time`);
  return plot.units?.bytes ?? plot;
}

/** Whether what the panel is about is there. Without it, the rest would say little. */
const isMain = (definition: PanelDefinition, found: readonly QuantitySource[]): boolean =>
  found.some(({ quantity }) => quantity.name === definition.series[0]?.name);

function whyAbsent(trace: Trace, { series }: PanelDefinition): string {
  if (trace.captures.every(({ records }) => records === 0)) return "there are no records";
  const sources = [...new Set(trace.captures.map(({ header }) => header.source))].join(" and ");
  const column = series[0]?.needs?.column ?? series[0]?.name;
  return `a capture by ${sources} has no ${column}`;
}

function sourceOf(trace: Trace, panel: string, definition: PanelDefinition, series: Series): QuantitySource {
  const { name, draw = "line", color, dash = solid, interpolate = definition.interpolate, mayLeave = false } = series;
  const windowed = definition.windowed === true && interpolate === definition.interpolate;
  const quantity = {
    id: `${panel}.${name.replaceAll(/[^a-z0-9]+/gi, "_")}`,
    ...{ name, draw, interpolate, color, dash, may_leave: mayLeave, windowed },
  };
  // A band has no changes of state, and no order but that of time.
  const rows = draw === "band" ? series.points : rowsOf(trace, series, { from: 0, to: 0, flows: [] });
  // Not with changes of the congestion state, which are other records.
  const { stateChangePoints: changes } = series;
  const records = changes !== undefined && rows.includes(changes) ? undefined : series.records;
  return { quantity, rows, views: definition.views, windowed, ...(records ? { records } : {}) };
}

const hasRows = async (trace: Trace, rows: string): Promise<boolean> =>
  (await trace.database.columns(`SELECT 1 FROM (${rows}) LIMIT 1`)).rowCount > 0;

const countsPackets = async (trace: Trace): Promise<boolean> =>
  (await trace.rows("SELECT 1 FROM trace WHERE packets_out IS NOT NULL LIMIT 1")).length > 0;

const aside = { interpolate: "step-after", dash: solid, may_leave: false, windowed: false } as const;

async function markSources(trace: Trace): Promise<QuantitySource[]> {
  await trace.need("marks");
  const there = await trace.rows<{ mark: string }>("SELECT DISTINCT mark FROM marks");
  return Object.entries(markStyles).flatMap(([name, { color }]): QuantitySource[] => {
    if (!there.some(({ mark }) => mark === name)) return [];
    const quantity: PageQuantity = {
      id: `marks.${name.replaceAll(" ", "_")}`,
      ...{ name: markLabel(name), color, draw: "marks", ...aside },
    };
    const rows = `SELECT flow, 0 AS ord, t, 1 AS value FROM marks WHERE mark = '${name}'`;
    return [{ quantity, rows, views: ["marks"], windowed: false }];
  });
}

/** Each run of a state at its start. Behind the last run, or behind the last record where it goes on, is nothing. */
async function stateSource(trace: Trace): Promise<QuantitySource | null> {
  await trace.need("episodes", "flows");
  const places = stateNames.map((name, place) => `WHEN '${name}' THEN ${place}`).join(" ");
  const rows = `
    SELECT flow, 2 * episode AS ord, start_s AS t, CASE ca_state ${places} END AS value FROM episodes
    UNION ALL
    SELECT flow, 2 * episode + 1, coalesce(episodes.start_s + episodes.duration_s, flows.start_s + flows.duration_s), NULL
    FROM episodes JOIN flows USING (flow) JOIN (SELECT flow, max(episode) AS episode FROM episodes GROUP BY flow) USING (flow, episode)`;
  const quantity: PageQuantity = {
    id: "states",
    name: "congestion state",
    color: "grey",
    draw: "states",
    ...aside,
  };
  const source = { quantity, rows, views: ["episodes", "flows"], windowed: false };
  return (await hasRows(trace, source.rows)) ? source : null;
}
