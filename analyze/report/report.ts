/** The report: one HTML page that has everything inside and needs no network. */
import { deflateRawSync } from "node:zlib";
import type { Trace } from "../trace/trace.ts";
import { mostPageBytes, widthsOf } from "./budget.ts";
import { beginModel } from "./collect.ts";
import { encodeSeries } from "./encode.ts";
import type { SeriesBins } from "./model.ts";
import { packedJson, reportBundle, reportDocument, titleOf } from "./page.ts";
import { coarsened } from "./pyramid.ts";
import { readAll } from "./series.ts";

/** Series of one flow by the id of their quantity. */
type FlowSeries = ReadonlyMap<string, SeriesBins>;

/**
 * The page for a trace, at most about `mostBytes` long. Series take the room that there is: single records where they
 * fit, else bins. The windows of the trace keep their length, because the page has its own.
 */
export const reportHtml = (trace: Trace, mostBytes = mostPageBytes): Promise<string> =>
  trace.withWindow(1, (own) => makeReport(own, mostBytes));

async function makeReport(trace: Trace, mostBytes: number): Promise<string> {
  const { flows, sources, window_s, finish } = await beginModel(trace);
  // The model is not there yet, and is small: how fine the series can be is decided again when all is known.
  const widths = widthsOf(flows, sources.length, (mostBytes * 3) / 4);
  const [model, found] = await Promise.all([
    finish(),
    trace.withWindow(window_s, (other) => readAll(other, sources, { widths })),
  ]);
  const series = new Map([...widths.keys()].map((flow) => [flow, new Map<string, SeriesBins>()]));
  for (const [id, byFlow] of found) for (const [flow, bins] of byFlow) series.get(flow)?.set(id, bins);
  const without_series = flows.map(({ flow }) => flow).filter((flow) => !series.has(flow));
  const packed = packedJson({ ...model, without_series });
  const { script, style } = await reportBundle();
  // base64 makes four bytes of three.
  const room = Math.max(((mostBytes - packed.length - script.length - style.length) * 3) / 4, 0);
  const chunks = chunksWithin(series, room);
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
