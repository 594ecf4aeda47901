/** What is changed in a footer after a file is written. */
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import { temporaryDirectory } from "../../../test/support/analyze.ts";
import { finishFooter, placeholder } from "../../parquet/footer.ts";

/** Row groups of 2048 rows whose numbers fall from group to group, and a column of each kind beside them. */
async function written(path: string, key: string): Promise<(sql: string) => Promise<unknown[][]>> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(`
    COPY (
      SELECT (4 - i // 2048) * 2048 + i % 2048 AS ord, i % 3 = 0 AS flag, i / 7 AS ratio,
        CASE WHEN i % 5 > 0 THEN 'row ' || i % 9 END AS word, [i, i + 1] AS list
      FROM range(10_240) AS rows (i)
    ) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048, KV_METADATA {a: '${key}', b: 'stays'})`);
  return async (sql) => (await connection.runAndReadAll(sql)).getRows();
}

test("row groups are listed in the order of a column, and hold what they held", async (t) => {
  const path = join(temporaryDirectory(t), "x.parquet");
  const key = placeholder();
  const rows = await written(path, key);
  const places = `SELECT ord FROM read_parquet('${path}')`;
  const sums = `SELECT count(*), sum(ord), count(word), sum(ratio), count(flag), sum(hash(ord, flag, ratio, word, list)) FROM read_parquet('${path}')`;
  const [before, first] = [await rows(sums), (await rows(places))[0]];
  t.deepEqual(first, [8192n]);
  await finishFooter(path, { values: new Map([[key, "ä longer value ".repeat(40)]]), orderedBy: "ord" });
  t.deepEqual(
    (await rows(places)).map(([ord]) => Number(ord)),
    Array.from({ length: 10_240 }, (_, row) => row),
  );
  t.deepEqual(await rows(sums), before);
  const metadata = await rows(
    `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}') WHERE decode(key) IN ('a', 'b') ORDER BY 1`,
  );
  t.deepEqual(metadata, [
    ["a", "ä longer value ".repeat(40)],
    ["b", "stays"],
  ]);
});

test("a column that has no minimum, or is not there, is an error, and the file stays as it is", async (t) => {
  const path = join(temporaryDirectory(t), "x.parquet");
  const key = placeholder();
  const rows = await written(path, key);
  const before = await rows(`SELECT md5(content) FROM read_blob('${path}')`);
  for (const orderedBy of ["word", "none"])
    await t.throwsAsync(finishFooter(path, { values: new Map(), orderedBy }), { message: /has no minimum of/ });
  t.deepEqual(await rows(`SELECT md5(content) FROM read_blob('${path}')`), before);
});
