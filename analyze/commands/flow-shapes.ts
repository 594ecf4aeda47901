/** The course of each flow in a few numbers, for the small pictures that `analyze flows` shows in a wide terminal. */
import type { Trace } from "../trace/trace.ts";

export interface FlowShape {
  /** Congestion window at the end of each part of the capture, packets. Null where the flow has none. */
  readonly cwnd: readonly (number | null)[];
  /** Bytes acknowledged in each part. Null where the flow is not there, or where that is not known. */
  readonly acked: readonly (number | null)[];
}

interface Part {
  readonly flow: number;
  readonly part: number;
  readonly cwnd: number | null;
  readonly acked: number | null;
}

/**
 * Divides the time of each capture, from its first record of these flows to its last, into at most `parts` equal parts.
 * `where`: a condition on `flows`, or nothing. Returns the shapes by flow.
 */
export async function flowShapes(trace: Trace, where: string, parts: number): Promise<Map<number, FlowShape>> {
  const [longest] = await trace.rows<{ seconds: number | null }>(
    `SELECT max(seconds) AS seconds FROM (
       SELECT max(start_s + duration_s) - min(start_s) AS seconds FROM flows ${where} GROUP BY capture)`,
  );
  const seconds = longest?.seconds ?? 0;
  if (!(seconds > 0)) return new Map();
  // Windows begin at multiples of their length, so one fewer is sure to fit.
  const length = Math.max(seconds / (parts - 1), 1e-6);
  const rows = await trace.withWindow(length, async (windowed) => {
    await windowed.need("goodput");
    return windowed.rows<Part>(partsSql(where, length));
  });
  const shapes = new Map<number, { cwnd: (number | null)[]; acked: (number | null)[] }>();
  for (const { flow, part, cwnd, acked } of rows) {
    let shape = shapes.get(flow);
    if (shape === undefined) {
      shape = { cwnd: new Array(parts).fill(null), acked: new Array(parts).fill(null) };
      shapes.set(flow, shape);
    }
    // The window stays as it is while there is no record.
    shape.cwnd[part] = cwnd ?? shape.cwnd[part - 1] ?? null;
    shape.acked[part] = acked === null ? null : Number(acked);
  }
  return shapes;
}

/** A row for each flow and window of its life. The first window of a capture is part 0. */
const partsSql = (where: string, length: number): string => `
  WITH chosen AS (
    SELECT capture, flow, start_s FROM flows ${where}
  ), firsts AS (
    SELECT capture, floor(min(start_s) / ${length})::BIGINT AS first FROM chosen GROUP BY capture
  ), windows AS (
    SELECT flow, floor(t / ${length})::BIGINT AS number, max_by(snd_cwnd, ord) AS cwnd
    FROM trace WHERE snd_cwnd IS NOT NULL AND flow IN (SELECT flow FROM chosen) GROUP BY ALL
  )
  SELECT goodput.flow, (round(window_start_s / ${length})::BIGINT - first)::INTEGER AS part, cwnd, acked_bytes AS acked
  FROM goodput
  JOIN chosen ON chosen.flow = goodput.flow
  JOIN firsts ON firsts.capture = chosen.capture
  LEFT JOIN windows ON windows.flow = goodput.flow AND windows.number = round(window_start_s / ${length})::BIGINT
  ORDER BY goodput.flow, part`;
