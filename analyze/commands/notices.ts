import type { Io } from "../io.ts";
import { plural } from "../output/units.ts";
import type { Trace } from "../trace.ts";

/** What a reader of the numbers must know, one line each on standard error: damage, lines that are no records, losses. */
export async function printNotices(trace: Trace, io: Io): Promise<void> {
  for (const capture of trace.captures) {
    for (const damage of capture.damage) io.stderr.write(`analyze: ${capture.path}: ${damage}\n`);
    const lines = capture.rejected.reduce((sum, { count }) => sum + count, 0);
    if (lines > 0) {
      const [first] = capture.rejected;
      const more = capture.rejected.length > 1 ? ` and ${capture.rejected.length - 1} other texts` : "";
      io.stderr.write(
        `analyze: ${capture.path}: ${plural(lines, "line is no record and was", "lines are no records and were")} left out: ${JSON.stringify(first?.line.slice(0, 120))}${more}; \`analyze info\` lists them\n`,
      );
    }
  }
  const losses = await trace.rows<{ path: string; lost: number }>(
    "SELECT path, sum(lost)::INTEGER AS lost FROM losses JOIN captures USING (capture) GROUP BY capture, path ORDER BY capture",
  );
  for (const { path, lost } of losses) {
    io.stderr.write(
      `analyze: ${path}: ${plural(lost, "record")} lost while capturing; numbers near them are bounds (\`analyze info\` says where)\n`,
    );
  }
}
