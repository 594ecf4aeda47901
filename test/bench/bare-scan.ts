/** The limit: DuckDB alone reads every column of the Parquet once. */
import { DuckDBInstance } from "@duckdb/node-api";
import { tellUsage } from "./usage.ts";

const [, , parquetPath] = process.argv;
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run(`SELECT count(COLUMNS(*)), max(t) FROM read_parquet('${parquetPath}')`);
tellUsage();
