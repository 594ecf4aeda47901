/** The limit: DuckDB alone reads every column of the Parquet once. */
import { DuckDBInstance } from "@duckdb/node-api";

const [, , parquetPath] = process.argv;
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run(`SELECT count(COLUMNS(*)), max(t) FROM read_parquet('${parquetPath}')`);
process.send?.({ peakBytes: process.resourceUsage().maxRSS * 1024 });
process.disconnect?.();
