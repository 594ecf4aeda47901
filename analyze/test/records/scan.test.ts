/** Rows that several of DuckDB's threads read from a pass are those that one reads, each in the range of one thread. */
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { fixture, headerOf, linesOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { Pass } from "../../records/pass.ts";
import { carriedTypes, PassTable, suppliedColumns } from "../../records/table.ts";

interface Reading {
  readonly threads: number;
  readonly rangeRows: number | null;
  /** Rows in a batch. */
  readonly rows: number;
}

/** All rows of a capture, by number, as text. `only`: these columns of them; null for all. */
async function rowsBy(
  path: string,
  { threads, rangeRows, rows }: Reading,
  only: readonly string[] | null = null,
): Promise<string[]> {
  const walk = await walkTpp(path);
  const pass = new Pass({ path, files: [{ path, header: walk.header!, walk }], number: 1 }, { rows });
  let ended = 0;
  const finished = () => {
    ended++;
  };
  const table = new PassTable(pass, { name: "pass", capture: 1, start: () => pass, finished, threads, rangeRows });
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    preserve_insertion_order: "false",
  });
  try {
    const connection = await instance.connect();
    connection.registerTableFunction(table.function);
    const columns = (only ?? suppliedColumns(pass)).join(", ");
    await connection.run(`CREATE TABLE rows AS SELECT ${columns} FROM pass()`);
    const read = await connection.runAndReadAll("SELECT to_json(rows)::VARCHAR FROM rows ORDER BY ord");
    if (ended !== 1) throw new Error(`the scan ended ${ended} times`);
    return read.getRows().map(([row]) => String(row));
  } finally {
    table.close();
    await pass.close();
    instance.closeSync();
  }
}

// Columns with NULLs in them, batches that end within a byte of their bits, ranges that do.
for (const name of ["kmod-bbr-extended", "kmod-loss", "shaped-loss"]) {
  test(`${name}: the same rows from any number of threads, in ranges of any size`, async (t) => {
    const path = fixture(name);
    const expected = await rowsBy(path, { threads: 1, rangeRows: null, rows: 8192 });
    t.true(expected.length > 100);
    for (const reading of [
      { threads: 2, rangeRows: null, rows: 8192 },
      { threads: 2, rangeRows: 5000, rows: 8192 },
      { threads: 2, rangeRows: 333, rows: 1000 },
      { threads: 3, rangeRows: 77, rows: 120 },
    ])
      t.deepEqual(await rowsBy(path, reading), expected, JSON.stringify(reading));
  });
}

test("a capture without records ends for each of the threads", async (t) => {
  const path = await writeCapture(join(temporaryDirectory(t), "none.tpp"), "", headerOf("probe"));
  t.deepEqual(await rowsBy(path, { threads: 2, rangeRows: 100, rows: 8192 }), []);
});

test("a single record goes to one of the threads", async (t) => {
  const [line] = await linesOf(fixture("kmod-loss"));
  const path = await writeCapture(join(temporaryDirectory(t), "one.tpp"), line!, headerOf("probe"));
  t.is((await rowsBy(path, { threads: 2, rangeRows: 100, rows: 8192 })).length, 1);
});

for (const name of ["kmod-loss", "shaped-loss", "kmod-bbr-extended"]) {
  test(`${name}: each column that the pass adds is by itself what it is among all`, async (t) => {
    const path = fixture(name);
    const reading = { threads: 1, rangeRows: null, rows: 8192 };
    const expected = (await rowsBy(path, reading)).map((row) => JSON.parse(row) as Record<string, unknown>);
    for (const column of Object.keys(carriedTypes)) {
      if (!(column in expected[0]!)) continue;
      const got = (await rowsBy(path, reading, ["ord", column])).map((row) => JSON.parse(row)[column] as unknown);
      t.deepEqual(
        got,
        expected.map((row) => row[column]),
        column,
      );
    }
  });
}
