/** What a command says on standard error of damage, losses and lines that are no records. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { Io } from "../terminal/io.ts";
import { plural } from "../terminal/units.ts";
import type { Trace } from "../trace/trace.ts";

/** One line on standard error, whatever is in the text. */
export function notice(io: Io, text: string): void {
  io.stderr.write(`analyze: ${foreignText(text)}\n`);
}

/**
 * What a reader of the numbers must know, one line each on standard error: damage, lines that are no records, losses.
 */
export async function printNotices(trace: Trace, io: Io): Promise<void> {
  for (const capture of trace.captures) {
    for (const text of capture.incomplete) notice(io, `${capture.path}: ${text}`);
    for (const damage of capture.damage) notice(io, `${capture.path}: ${damage}`);
    const lines = capture.rejected.reduce((sum, { count }) => sum + count, 0);
    if (lines > 0) {
      const [first] = capture.rejected;
      const more = capture.rejected.length > 1 ? ` and ${plural(capture.rejected.length - 1, "other kind")}` : "";
      notice(
        io,
        `${capture.path}: ${plural(lines, "line is no record and was", "lines are no records and were")} left out: ${JSON.stringify(first?.line.slice(0, 120))} (${first?.why})${more}; \`analyze info\` lists them`,
      );
    }
  }
  const sampled = await trace.rows<{ path: string }>("SELECT path FROM captures WHERE sampled ORDER BY capture");
  for (const { path } of sampled)
    notice(
      io,
      `${path}: the module left out records (full=0 or probetime), so counts are the least and means approximate; what was sent, RTT samples, how long episodes lasted and what held a sender are not known`,
    );
  const losses = await trace.rows<{ path: string; cause: string; lost: number | null }>(
    "SELECT path, cause, sum(lost)::DOUBLE AS lost FROM losses JOIN captures USING (capture) GROUP BY capture, path, cause ORDER BY capture, cause",
  );
  for (const { path, cause, lost } of losses) {
    const what = whatIsLost(cause, lost);
    notice(io, `${path}: ${what}; numbers near there are bounds (\`analyze info\` says where)`);
  }
  const unseen = await trace.rows<{ path: string; cause: string; segments: number }>(
    "SELECT path, cause, sum(segments)::DOUBLE AS segments FROM not_followed JOIN captures USING (capture) GROUP BY capture, path, cause ORDER BY capture, cause",
  );
  for (const { path, cause, segments } of unseen)
    notice(
      io,
      `${path}: ${plural(segments, "segment")} of connections that were not followed (${whyNotFollowed[cause]}); the others have lost nothing`,
    );
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
