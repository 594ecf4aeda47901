/**
 * Files as SQL names them. A path in a read_*() call is a pattern to DuckDB, and a folder called `name=value` a column:
 * neither is meant here. What is opened is the one file of that name, and its columns are those that are in it.
 */
import { literal } from "./literals.ts";

/** A path as a pattern that fits this path alone. */
export const patternOf = (path: string): string => path.replaceAll(/[*?[]/g, "[$&]");

const exactly = (paths: string | readonly string[]): string =>
  typeof paths === "string"
    ? literal(patternOf(paths))
    : `[${paths.map((path) => literal(patternOf(path))).join(", ")}]`;

/** A FROM item: the rows of Parquet files. `options` are further ones of read_parquet, each behind a comma. */
export const readParquet = (paths: string | readonly string[], options = ""): string =>
  `read_parquet(${exactly(paths)}, hive_partitioning = false${options})`;

/** A FROM item: the keys and values of a Parquet file's metadata. */
export const readParquetMetadata = (path: string): string => `parquet_kv_metadata(${exactly(path)})`;
