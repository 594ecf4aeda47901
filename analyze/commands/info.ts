/** `analyze info`: what a capture is, and whether it can be trusted. */
import { fileBytes, frameCount, linesOf, rawBytes, reportsOf } from "../describe/capture.ts";
import { openTrace } from "../trace/trace.ts";
import type { CommandIo } from "./open.ts";

/** Prints what each capture is and whether it can be trusted. */
export async function info(
  paths: readonly string[],
  options: { settings?: boolean; json?: boolean },
  io: CommandIo,
): Promise<void> {
  // Only reading the whole file shows whether it is intact.
  await using trace = await openTrace(paths, { ...io.opening, cache: false });
  const reports = await reportsOf(trace);
  if (options.json) {
    const objects = reports.map(({ capture, summary, losses, unseen }) => ({
      path: capture.path,
      ...summary,
      files: capture.files.map(({ path }) => path),
      file_bytes: capture.files.length > 0 ? fileBytes(capture) : null,
      frames: capture.files.length > 0 ? frameCount(capture) : null,
      raw_bytes: capture.files.length > 0 ? rawBytes(capture) : null,
      damage: capture.damage,
      incomplete: capture.incomplete,
      rejected: capture.rejected,
      losses,
      not_followed: unseen,
      header: capture.header,
      trailer: capture.files.at(-1)?.walk.trailer ?? null,
    }));
    io.stdout.write(`${JSON.stringify(objects, null, 2)}\n`);
  } else {
    const texts = reports.map((report) =>
      linesOf(report, options.settings ?? false).map(([name, text]) => `${name.padEnd(10)} ${text}\n`),
    );
    io.stdout.write(texts.map((lines) => lines.join("")).join("\n"));
  }
}
