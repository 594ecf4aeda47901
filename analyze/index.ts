/**
 * The library behind the `analyze` command, for notebooks and programs.
 *
 *     import { openTrace } from "@tcpprobe-plus/analyze";
 *     await using trace = await openTrace(["run1.tpp"]);
 *     await trace.flows();                       // one object a connection
 *     await trace.rows("SELECT … FROM trace");   // any SQL over trace, flows, inflight, goodput, marks
 *     await trace.arrow("SELECT t, snd_cwnd FROM trace WHERE flow = 1");
 *     await trace.diagnose();                    // what limited each flow
 *     await trace.plot("cwnd");                  // shows itself in a notebook; .spec is the Vega-Lite
 *     await trace.report();                      // one HTML page to explore with
 */

export type { Capture } from "./captures/capture.ts";
export type { Columns, SqlValue } from "./database/database.ts";
export type { Diagnosis } from "./diagnose/diagnoses.ts";
export * from "./errors.ts";
export { openTrace, type Trace } from "./library.ts";
export type { PlotOptions } from "./plots/draw.ts";
export type { VegaLiteSpec } from "./plots/model.ts";
export { type PlotName, plotNames } from "./plots/names.ts";
export { Picture } from "./plots/picture.ts";
export type { OpenOptions } from "./trace/trace.ts";
export { viewNames } from "./trace/views.ts";
