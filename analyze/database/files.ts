/**
 * File names in SQL. DuckDB takes a path in a read_*() call as a pattern, and a folder named `name=value` as a column.
 * Neither is wanted here: exactly the named file is opened, with the columns that are in it.
 */
import { literal } from "./literals.ts";

/** A pattern that matches this path only. */
export const patternOf = (path: string): string => path.replaceAll(/[*?[]/g, "[$&]");

const exactly = (paths: string | readonly string[]): string =>
  typeof paths === "string"
    ? literal(patternOf(paths))
    : `[${paths.map((path) => literal(patternOf(path))).join(", ")}]`;

/** A FROM item: the rows of Parquet files. `options`: further options of read_parquet, each preceded by a comma. */
export const readParquet = (paths: string | readonly string[], options = ""): string =>
  `read_parquet(${exactly(paths)}, hive_partitioning = false${options})`;

/** A FROM item: the keys and values of a Parquet file's metadata. */
export const readParquetMetadata = (path: string): string => `parquet_kv_metadata(${exactly(path)})`;
