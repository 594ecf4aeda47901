/** What a reader of the numbers must know: damage, lines that are no records, losses. */
import { plural } from "../terminal/units.ts";
import type { Trace } from "../trace/trace.ts";

export interface Warning {
  /** Number of the capture. */
  readonly capture: number;
  readonly text: string;
}

/** A sentence each, in the order in which they are told. */
export async function warningsOf(trace: Trace): Promise<Warning[]> {
  const all: Warning[] = [];
  for (const [index, capture] of trace.captures.entries()) {
    const warn = (text: string) => all.push({ capture: index + 1, text });
    for (const text of capture.incomplete) warn(text);
    for (const damage of capture.damage) warn(damage);
    const lines = capture.rejected.reduce((sum, { count }) => sum + count, 0);
    if (lines > 0) {
      const [first] = capture.rejected;
      const more = capture.rejected.length > 1 ? ` and ${plural(capture.rejected.length - 1, "other kind")}` : "";
      warn(
        `${plural(lines, "line is no record and was", "lines are no records and were")} left out: ${JSON.stringify(first?.line.slice(0, 120))} (${first?.why})${more}; \`analyze info\` lists them`,
      );
    }
  }
  const sampled = await trace.rows<{ capture: number }>("SELECT capture FROM captures WHERE sampled ORDER BY capture");
  for (const { capture } of sampled)
    all.push({
      capture,
      text: "the module left out records (full=0 or probetime), so counts are the least and means approximate; what was sent, RTT samples, how long episodes lasted and what held a sender are not known",
    });
  const losses = await trace.rows<{ capture: number; cause: string; lost: number | null }>(
    "SELECT capture, cause, sum(lost)::DOUBLE AS lost FROM losses GROUP BY capture, cause ORDER BY capture, cause",
  );
  for (const { capture, cause, lost } of losses)
    all.push({
      capture,
      text: `${whatIsLost(cause, lost)}; numbers near there are bounds (\`analyze info\` says where)`,
    });
  const unseen = await trace.rows<{ capture: number; cause: string; segments: number }>(
    "SELECT capture, cause, sum(segments)::DOUBLE AS segments FROM not_followed GROUP BY capture, cause ORDER BY capture, cause",
  );
  for (const { capture, cause, segments } of unseen)
    all.push({
      capture,
      text: `${plural(segments, "segment")} of connections that were not followed (${whyNotFollowed[cause]}); the others have lost nothing`,
    });
  return all;
}

/** Of each cause of `not_followed`. */
export const whyNotFollowed: Readonly<Record<string, string>> = {
  "flow limit": "maxflows was reached",
  "flow memory": "the kernel had no memory for more",
};

function whatIsLost(cause: string, lost: number | null): string {
  if (lost === null) return "records are missing with a file of the set";
  if (cause === "poll") return `${plural(lost, "poll")} of ss failed`;
  const records = plural(lost, "record is", "records are");
  if (cause === "frame") return `${records} missing where the file is damaged`;
  if (cause === "file") return `${records} missing with a file of the set`;
  return `${plural(lost, "record")} lost while capturing`;
}
