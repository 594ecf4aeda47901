/**
 * Returns freed memory to the system. The C library keeps what DuckDB's quantiles free, hundreds of
 * megabytes of a large capture, and DuckDB has it returned only where a thread has been idle for a while or an instance
 * is closed. So an instance is closed that was made for this.
 */
import { DuckDBInstance } from "@duckdb/node-api";

/** Nothing is done while this process has less memory. */
const muchBytes = 700 * 2 ** 20;
/** By so much memory must have grown since it was last returned. Some of it is in use and stays. */
const growthBytes = 100 * 2 ** 20;

/** The least memory since it was last returned, bytes. */
let least = 0;
let returning: Promise<void> | null = null;

/** Call this before a query that can need much memory. It takes a tenth of a second where there is much to return. */
export function returnFreedMemory(): Promise<void> {
  if (returning !== null) return returning;
  const has = residentBytes();
  least = Math.min(least, has);
  if (has < Math.max(muchBytes, least + growthBytes)) return Promise.resolve();
  returning = closeInstance().finally(() => {
    least = residentBytes();
    returning = null;
  });
  return returning;
}

const residentBytes = (): number => process.memoryUsage.rss();

async function closeInstance(): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  instance.closeSync();
}
