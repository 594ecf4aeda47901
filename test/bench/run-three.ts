/**
 * The same three results as peer.py, from a capture or its Parquet, each into a Parquet file; and their sums. A capture
 * is parsed into an empty cache, as by the first command on it.
 */

import { Answer } from "../../analyze/export/answer.ts";
import { writeAnswer } from "../../analyze/export/query.ts";
import { openTrace } from "../../analyze/index.ts";
import type { Sums } from "./peer.ts";
import { tellUsage } from "./usage.ts";

const [, , path, out] = process.argv;
const file = (name: string) => `${out}.${name}.parquet`;
let sums: Sums;
{
  await using trace = await openTrace([path!], { cache: { directory: `${out}.cache` }, allowFiles: true });
  await trace.need("inflight", "goodput", "rto_events");
  const write = async (name: string, query: string) =>
    writeAnswer(trace.database, await Answer.to(trace.database, query), ".parquet", file(name));
  await write("inflight", "SELECT * FROM inflight");
  await write("goodput", "SELECT * FROM goodput");
  await write(
    "timeouts",
    "SELECT flow, count(*) AS timeouts FROM rto_events WHERE kind <> 'window probe' GROUP BY flow",
  );
  const [row] = await trace.rows<Sums>(`
    SELECT i.*, g.*, t.*
    FROM (SELECT count(*) AS records, sum(inflight_packets) AS inflight_packets FROM '${file("inflight")}') AS i,
      (SELECT count(DISTINCT flow) AS flows, sum(acked_bytes) AS goodput_bytes,
        count(CASE WHEN acked_bytes > 0 THEN 1 END) AS windows_with_goodput,
        sum(acked_bytes * round(window_start_s / window_s)::BIGINT) AS goodput_bytes_by_window FROM '${file("goodput")}') AS g,
      (SELECT coalesce(sum(timeouts), 0) AS timeouts, count(*) AS flows_with_timeouts FROM '${file("timeouts")}') AS t`);
  sums = Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)])) as unknown as Sums;
}
tellUsage({ sums });
