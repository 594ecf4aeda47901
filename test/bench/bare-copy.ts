/** The yardstick: DuckDB's own COPY of the same raw text, each field in its type, to zstd Parquet with its defaults. */
import { DuckDBInstance } from "@duckdb/node-api";
import { documentedColumns } from "@tcpprobe-plus/tpp";
import { tellUsage } from "./usage.ts";

const [, , textPath, parquetPath] = process.argv;
const columns = documentedColumns.map(({ wire, wireType }) => `'${wire}': '${wireType}'`).join(", ");
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
await connection.run(`
  COPY (FROM read_csv('${textPath}', auto_detect = false, header = false, delim = ' ', quote = '', escape = '', columns = {${columns}}))
  TO '${parquetPath}' (FORMAT parquet, COMPRESSION zstd)`);
tellUsage();
