/** Helpers for the tests of analyze: runs its command line in this process and keeps the output, and opens traces. */
import type { ExecutionContext } from "ava";
import { main } from "../../analyze/cli.ts";
import { openTrace, type Trace } from "../../analyze/index.ts";

export * from "./captures.ts";
export { temporaryDirectory } from "./temporary-directory.ts";

/** Opens captures. They are closed when the test ends. */
export async function opened(t: ExecutionContext, ...paths: string[]): Promise<Trace> {
  const trace = await openTrace(paths);
  t.teardown(() => trace[Symbol.asyncDispose]());
  return trace;
}

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `analyze ARGS` in this process. */
export async function analyze(...args: string[]): Promise<Run> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (chunks: Buffer[]) => ({ write: (chunk: string | Uint8Array) => chunks.push(Buffer.from(chunk)) });
  const io = { stdout: into(out), stderr: into(err), columns: 120 };
  const code = await main(["node", "analyze", ...args], io);
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}
