import type { Io } from "../io.ts";
import { openTrace, type Trace } from "../trace.ts";
import { printNotices } from "./notices.ts";

/** Opens captures for a command, says what is wrong with them, and closes them after the work. */
export async function withTrace<Result>(
  paths: readonly string[],
  io: Io,
  work: (trace: Trace) => Promise<Result>,
): Promise<Result> {
  await using trace = await openTrace(paths, io.opening);
  await printNotices(trace, io);
  return await work(trace);
}
