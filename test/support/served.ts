/** A served trace for one test. */
import type { ExecutionContext } from "ava";
import { type Served, type ServeOptions, serveTrace } from "../../analyze/serve/serve.ts";
import { openTrace, type Trace } from "../../analyze/trace/trace.ts";

export async function served(
  t: ExecutionContext,
  paths: readonly string[],
  options: ServeOptions = {},
): Promise<Served & { readonly trace: Trace }> {
  const trace = await openTrace(paths, { follow: true, cache: false });
  const one = await serveTrace(trace, options);
  t.teardown(async () => {
    await one.close();
    await trace[Symbol.asyncDispose]();
  });
  return { ...one, trace };
}
