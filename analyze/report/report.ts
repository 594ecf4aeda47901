/** The report: one HTML page that has everything inside and needs no network. */
import { deflateRawSync } from "node:zlib";
import type { Trace } from "../trace/trace.ts";
import { mostPageBytes, widthsOf } from "./budget.ts";
import { collectModel } from "./collect.ts";
import { encodeSeries } from "./encode.ts";
import type { SeriesBins } from "./model.ts";
import { packedJson, reportBundle, reportDocument, titleOf } from "./page.ts";
import { coarsened } from "./pyramid.ts";
import { readSeries } from "./series.ts";

/** Series of one flow by the id of their quantity. */
type FlowSeries = ReadonlyMap<string, SeriesBins>;

/**
 * The page for a trace, at most about `mostBytes` long. Finer series take the room that there is: single records where
 * they fit, else bins. Sets the length of the trace's windows.
 */
export async function reportHtml(trace: Trace, mostBytes = mostPageBytes): Promise<string> {
  const { model, sources } = await collectModel(trace);
  const { script, style } = await reportBundle();
  const head = packedJson(model);
  // base64 makes four bytes of three.
  const room = Math.max(((mostBytes - head.length - script.length - style.length) * 3) / 4, 0);
  const widths = widthsOf(model.flows, sources.length, room);
  const series = new Map([...widths.keys()].map((flow) => [flow, new Map<string, SeriesBins>()]));
  for (const source of sources)
    for (const [flow, bins] of await readSeries(trace, source, { widths }))
      series.get(flow)?.set(source.quantity.id, bins);
  const chunks = chunksWithin(series, room);
  const without_series = model.flows.map(({ flow }) => flow).filter((flow) => !series.has(flow));
  const packed = without_series.length > 0 ? packedJson({ ...model, without_series }) : head;
  return reportDocument(packed, titleOf(model), chunks);
}

/** Rounds of coarsening. Each about halves the flows that take most, so these are enough for any size. */
const mostRounds = 16;

/** The series of each flow as base64 of a deflated block. The largest are coarsened until all of them fit. */
function chunksWithin(all: ReadonlyMap<number, FlowSeries>, room: number): Map<number, string> {
  const kept = new Map(all);
  const chunks = new Map([...all].map(([flow, series]) => [flow, deflated(series)]));
  const excess = () => [...chunks.values()].reduce((sum, { length }) => sum + length, 0) - room;
  for (let round = 0; round < mostRounds && excess() > 0; round++) {
    let over = excess();
    for (const [flow, { length }] of [...chunks].sort(([, a], [, b]) => b.length - a.length)) {
      if (over <= 0) break;
      const halved = new Map([...kept.get(flow)!].map(([id, series]) => [id, halve(series)]));
      kept.set(flow, halved);
      chunks.set(flow, deflated(halved));
      over -= length - chunks.get(flow)!.length;
    }
  }
  return new Map([...chunks].map(([flow, bytes]) => [flow, bytes.toString("base64")]));
}

function halve(series: SeriesBins): SeriesBins {
  const { width_us, at_us } = series;
  if (width_us > 0) return coarsened(series, 2 * width_us);
  const span_us = Math.max((at_us.at(-1) ?? 0) - (at_us[0] ?? 0), 1);
  return coarsened(series, 2 ** Math.max(0, Math.floor(Math.log2((2 * span_us) / Math.max(at_us.length, 1)))));
}

/** The ids of the quantities as a line of JSON, then their series. */
function deflated(series: FlowSeries): Buffer {
  const ids = new TextEncoder().encode(`${JSON.stringify([...series.keys()])}\n`);
  return deflateRawSync(Buffer.concat([ids, encodeSeries([...series.values()])]), { level: 7 });
}
