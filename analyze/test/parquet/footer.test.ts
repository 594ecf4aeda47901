/** What is changed in a footer after a file is written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { temporaryDirectory } from "../../../test/support/analyze.ts";
import { finishFooter, placeholder } from "../../parquet/footer.ts";
import { ThriftReader } from "../../parquet/thrift.ts";

interface Written {
  readonly path: string;
  readonly rows: (sql: string) => Promise<unknown[][]>;
  /** Writes columns without values. */
  readonly absent: (rows: number) => Promise<string>;
}

const columns = ["none", "ord", "flag", "ratio", "text", "word", "list", "moment", "last"];
const nulls = `NULL::INTEGER AS none, NULL::VARCHAR AS "text", NULL::TIMESTAMP_NS AS moment, NULL::BOOLEAN AS "last"`;
const all = columns.map((name) => `"${name}"`).join(", ");

/** Row groups of 2048 rows and one of 5, whose numbers fall from group to group. */
async function written(directory: string, key: string, count = 10_245): Promise<Written> {
  const path = join(directory, "x.parquet");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const options = "FORMAT parquet, ROW_GROUP_SIZE 2048, COMPRESSION zstd, PARQUET_VERSION v2";
  await connection.run(`
    COPY (
      SELECT (9 - i // 2048) * 2048 + i % 2048 AS ord, i % 3 = 0 AS flag, i / 7 AS ratio,
        CASE WHEN i % 5 > 0 THEN 'row ' || i % 9 END AS word, i * 2 AS list
      FROM range(${count}) AS rows (i)
    ) TO '${path}' (${options}, KV_METADATA {a: '${key}', b: 'stays'})`);
  const absent = async (rows: number) => {
    const file = join(directory, `${rows}.parquet`);
    await connection.run(`COPY (SELECT ${nulls} FROM range(${rows})) TO '${file}' (${options})`);
    return file;
  };
  return { path, absent, rows: async (sql) => (await connection.runAndReadAll(sql)).getRows() };
}

test("row groups are listed in the order of a column, and hold what they held; columns without values are added", async (t) => {
  const key = placeholder();
  const { path, rows, absent } = await written(temporaryDirectory(t), key);
  const sums = `SELECT count(*), sum(ord), count(word), sum(ratio), count(flag), sum(hash(ord, flag, ratio, word, list)) FROM read_parquet('${path}')`;
  const places = `SELECT ord FROM read_parquet('${path}')`;
  const before = await rows(sums);
  const ords = (await rows(places)).map(([ord]) => Number(ord));
  t.not(ords[0], Math.min(...ords));
  const value = "ä longer value ".repeat(40);
  await finishFooter(path, { values: new Map([[key, value]]), orderedBy: "ord", columns, absent });
  t.deepEqual(
    (await rows(places)).map(([ord]) => Number(ord)),
    ords.toSorted((a, b) => a - b),
  );
  t.deepEqual(await rows(sums), before);
  t.deepEqual(await rows(`SELECT DISTINCT none, "text", moment, "last" FROM read_parquet('${path}')`), [
    [null, null, null, null],
  ]);
  const described = (await rows(`DESCRIBE SELECT * FROM read_parquet('${path}')`)).map(([name, type]) => [name, type]);
  t.deepEqual(described, [
    ["none", "INTEGER"],
    ["ord", "BIGINT"],
    ["flag", "BOOLEAN"],
    ["ratio", "DOUBLE"],
    ["text", "VARCHAR"],
    ["word", "VARCHAR"],
    ["list", "BIGINT"],
    ["moment", "TIMESTAMP_NS"],
    ["last", "BOOLEAN"],
  ]);
  const metadata = await rows(
    `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}') WHERE decode(key) IN ('a', 'b') ORDER BY 1`,
  );
  t.deepEqual(metadata, [
    ["a", value],
    ["b", "stays"],
  ]);
});

/** Number of elements in field 7 of a file's footer. */
function columnOrdersIn(bytes: Buffer): number {
  const end = bytes.length - 8;
  const reader = new ThriftReader(bytes.subarray(end - bytes.readUInt32LE(end), end));
  let orders = 0;
  reader.struct((field) => {
    if (field !== 7) return;
    reader.list(() => {
      reader.struct(() => {});
      orders++;
    });
  });
  return orders;
}

test("another reader of Parquet finds the same columns and values", async (t) => {
  const { path, absent, rows } = await written(temporaryDirectory(t), placeholder());
  const expected = await rows(`SELECT ord, flag, ratio, word FROM read_parquet('${path}') ORDER BY ord`);
  await finishFooter(path, { values: new Map(), orderedBy: "ord", columns, absent });
  const file = await asyncBufferFromFile(path);
  const read = await parquetReadObjects({ file, compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) } });
  t.deepEqual(Object.keys(read[0]!), columns);
  t.deepEqual(
    read.map(({ ord, flag, ratio, word }) => [ord, flag, ratio, word ?? null]),
    expected,
  );
  t.true(read.every((row) => ["none", "text", "moment", "last"].every((name) => (row[name] ?? null) === null)));
  const { row_groups, schema } = await parquetMetadataAsync(file);
  t.is(schema.length, columns.length + 1);
  // Arrow refuses a file that does not tell the order of each column's values.
  t.is(columnOrdersIn(readFileSync(path)), columns.length);
  for (const { columns, total_byte_size, total_compressed_size, num_rows } of row_groups) {
    const sum = (of: "total_uncompressed_size" | "total_compressed_size") =>
      columns.reduce((sum, { meta_data }) => sum + meta_data![of], 0n);
    t.is(total_byte_size, sum("total_uncompressed_size"));
    t.is(total_compressed_size, sum("total_compressed_size"));
    t.true(columns.every(({ meta_data }) => meta_data!.num_values === num_rows));
  }
});

test("a file without rows has all columns, too", async (t) => {
  const { path, absent, rows } = await written(temporaryDirectory(t), placeholder(), 0);
  await finishFooter(path, { values: new Map(), orderedBy: "ord", columns, absent });
  t.deepEqual(await rows(`SELECT ${all} FROM read_parquet('${path}')`), []);
});

test("a column that has no minimum, or is not there, is an error, and the file stays as it is", async (t) => {
  const { path, absent, rows } = await written(temporaryDirectory(t), placeholder());
  const before = await rows(`SELECT md5(content) FROM read_blob('${path}')`);
  for (const orderedBy of ["word", "none"])
    await t.throwsAsync(finishFooter(path, { values: new Map(), orderedBy, columns, absent }), {
      message: "the Parquet file's footer lacks a part",
    });
  await t.throwsAsync(finishFooter(path, { values: new Map(), orderedBy: "ord", columns: ["ord"], absent }), {
    message: "the Parquet file holds other columns than were asked for",
  });
  t.deepEqual(await rows(`SELECT md5(content) FROM read_blob('${path}')`), before);
});
