/** Losses of records, on the time axis of a picture. */
import type { Trace } from "../trace/trace.ts";
import type { DrawContext } from "./context.ts";
import type { StretchesShape } from "./model.ts";
import { solid } from "./style.ts";

export interface Loss {
  readonly capture: number;
  /** Start and end on the time axis, limited to its range. */
  readonly from: number;
  readonly to: number;
}

export interface Losses {
  readonly places: readonly Loss[];
  /** Text for the caption. Null if nothing was lost. */
  readonly note: string | null;
}

interface Row {
  readonly capture: number;
  readonly from_s: number | null;
  readonly to_s: number | null;
  readonly lost: number | null;
}

/** The losses of the captures whose flows are drawn. */
export async function lossesOf({ trace, flows, from, to }: DrawContext): Promise<Losses> {
  const rows = await lossRows(trace);
  const drawn = new Map(flows.map(({ capture, shift_s }) => [capture, shift_s]));
  const own = rows.filter(({ capture }) => drawn.has(capture));
  if (own.length === 0) return { places: [], note: null };
  const places = own.flatMap(({ capture, from_s, to_s }) => {
    if (from_s === null && to_s === null) return [];
    const shift = drawn.get(capture)!;
    const [begin, end] = [Math.max((from_s ?? from + shift) - shift, from), Math.min((to_s ?? to + shift) - shift, to)];
    return begin <= end ? [{ capture, from: begin, to: end }] : [];
  });
  return { places, note: noteOf(own, places.length) };
}

/** What a picture without a time axis says of losses. Null if nothing was lost. */
export async function lossNote({ trace, flows }: DrawContext): Promise<string | null> {
  const drawn = new Set(flows.map(({ capture }) => capture));
  const rows = (await lossRows(trace)).filter(({ capture }) => drawn.has(capture));
  return rows.length > 0 ? lostText(rows) : null;
}

const lossRows = (trace: Trace): Promise<Row[]> =>
  trace.rows<Row>("SELECT capture, from_s, to_s, lost::DOUBLE AS lost FROM losses ORDER BY capture, from_s, to_s");

function lostText(rows: readonly Row[]): string {
  const known = rows.every(({ lost }) => lost !== null);
  const lost = rows.reduce((sum, row) => sum + (row.lost ?? 0), 0);
  return `${known ? "" : "at least "}${lost.toLocaleString("en-US")} ${lost === 1 ? "record" : "records"} lost`;
}

function noteOf(rows: readonly Row[], shown: number): string {
  const count = lostText(rows);
  const hidden = rows.filter(({ from_s, to_s }) => from_s === null && to_s === null).length;
  return `${count}${shown > 0 ? " where shaded" : ""}${hidden > 0 ? `${shown > 0 ? "," : ""} ${hidden} of these losses at no known time` : ""}`;
}

/** Shades the losses. Losses less than a pixel apart are merged, and each is at least a pixel wide. */
export function shadeOf({ places }: Losses, { from, to, columns }: DrawContext): StretchesShape[] {
  if (places.length === 0) return [];
  const pixel = (to - from) / columns;
  const spans: { from: number; to: number }[] = [];
  for (const place of [...places].sort((a, b) => a.from - b.from)) {
    const last = spans.at(-1);
    const end = Math.max(place.to, place.from + 1.5 * pixel);
    if (last && place.from <= last.to + pixel) last.to = Math.max(last.to, end);
    else spans.push({ from: place.from, to: end });
  }
  return [{ kind: "shade", name: "records lost", style: { color: "pale", dash: solid }, spans }];
}
