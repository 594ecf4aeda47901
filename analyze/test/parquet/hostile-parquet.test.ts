/**
 * Parquet that somebody else made: what its metadata, columns, values and name can do, which is nothing but to be
 * refused.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { literal } from "../../database/literals.ts";
import { openTrace } from "../../index.ts";
import { writeParquet } from "../../trace/write.ts";

const recording = fixture("kmod-loss");
const recordings = 4724;

interface Changes {
  /** SQL of the columns of `trace`; all as they are unless given. */
  readonly columns?: string;
  readonly captures?: unknown;
  readonly losses?: unknown;
  /** The metadata as it is, in place of JSON of the above. */
  readonly raw?: Readonly<Record<string, string>>;
  readonly rows?: string;
}

/** What `analyze convert` would have written, changed. */
async function parquetOf(
  path: string,
  { columns = "*", captures, losses, raw, rows = "true" }: Changes,
): Promise<string> {
  await using trace = await openTrace([recording], { allowFiles: true });
  const own = trace.captures.map(({ path, header, records }) => ({ path, header, records }));
  const metadata = {
    "tcpprobe_plus.captures": JSON.stringify(captures ?? own),
    "tcpprobe_plus.losses": JSON.stringify(losses ?? []),
    ...raw,
  };
  const pairs = Object.entries(metadata).map(([key, value]) => `${literal(key)}: ${literal(value)}`);
  await trace.database.run(
    `COPY (SELECT ${columns} FROM _trace WHERE ${rows}) TO ${literal(path)} (FORMAT parquet, KV_METADATA {${pairs.join(", ")}})`,
  );
  return path;
}

async function headerOf(): Promise<Record<string, unknown>> {
  await using trace = await openTrace([recording]);
  return trace.captures[0]!.header as unknown as Record<string, unknown>;
}

const loss = { capture: 1, after_ord: null, lost: 1, cause: "ring", from_s: 0, to_s: 1, known_by: "lost line" };

test("SQL in the metadata's losses is not run", async (t) => {
  const directory = temporaryDirectory(t);
  const target = join(directory, "written");
  const evil = `1, 'ring', 0, 1, 'lost line'); COPY (SELECT 'x') TO ${literal(target)} (FORMAT csv); INSERT INTO losses VALUES (1, NULL, 1`;
  for (const name of Object.keys(loss)) {
    const path = await parquetOf(join(directory, `${name}.parquet`), { losses: [{ ...loss, [name]: evil }] });
    for (const command of ["flows", "info"]) {
      const { code, err } = await analyze(command, path);
      t.is(code, 65, name);
      t.regex(err, /^analyze: .*losses has a value that cannot be; convert the capture again\.\n$/);
    }
  }
  t.false(existsSync(target));
});

const broken: readonly (readonly [string, Changes | (() => Promise<Changes>)])[] = [
  ["metadata that is no JSON", { raw: { "tcpprobe_plus.captures": "{not json" } }],
  ["null for captures", { raw: { "tcpprobe_plus.captures": "null" } }],
  ["no captures", { captures: [] }],
  ["an empty capture", { captures: [{}] }],
  ["a null capture", { captures: [null] }],
  [
    "a header without clock",
    async () => ({ captures: [{ path: "x", header: { ...(await headerOf()), clock: {} }, records: 1 }] }),
  ],
  [
    "a clock beyond 64 bits",
    async () => ({
      captures: [
        {
          path: "x",
          header: {
            ...(await headerOf()),
            clock: { realtime_ns: "99999999999999999999", monotonic_ns: "0", zero_monotonic_ns: "0" },
          },
          records: 1,
        },
      ],
    }),
  ],
  [
    "a header without kernel",
    async () => ({ captures: [{ path: "x", header: { ...(await headerOf()), kernel: undefined }, records: 1 }] }),
  ],
  [
    "records that are no number",
    async () => ({ captures: [{ path: "x", header: await headerOf(), records: "1; x" }] }),
  ],
  ["a loss of half a name", { losses: [{ capture: 1 }] }],
  ["a loss of a capture that is not there", { losses: [{ ...loss, capture: 2 }] }],
  ["a loss with an unknown proof", { losses: [{ ...loss, known_by: "me" }] }],
  ["no column flow", { columns: "* EXCLUDE (flow)" }],
  ["no column t", { columns: "* EXCLUDE (t)" }],
  ["no column ord", { columns: "* EXCLUDE (ord)" }],
  ["no column capture", { columns: "* EXCLUDE (capture)" }],
  ["text for cwnd", { columns: "* REPLACE ('many' AS snd_cwnd)" }],
  ["a list for flow", { columns: "* REPLACE ([1] AS flow)" }],
  ["a type of record that there is not", { columns: "* REPLACE ('nonsense' AS type)" }],
  ["no type of record", { columns: "* REPLACE (NULL::VARCHAR AS type)" }],
  ["a congestion state that there is not", { columns: "* REPLACE ('Panic' AS ca_state)" }],
  ["flow 0", { columns: "* REPLACE (0::UINTEGER AS flow)" }],
  ["capture 7 of 1", { columns: "* REPLACE (7::USMALLINT AS capture)" }],
  ["t that is no number", { columns: "* REPLACE ('nan'::DOUBLE AS t)" }],
  ["t without end", { columns: "* REPLACE ('inf'::DOUBLE AS t)" }],
  ["t of a thousand years", { columns: "* REPLACE (3e10 AS t)" }],
  ["one ord for all", { columns: "* REPLACE (5::BIGINT AS ord)" }],
  [
    "sequence numbers at both ends of 64 bits",
    { columns: "* REPLACE (CASE ord % 2 WHEN 0 THEN 9223372036854775807 ELSE -9223372036854775807 END AS snd_una)" },
  ],
  ["a smoothed RTT that is no number", { columns: "* REPLACE ('nan'::DOUBLE AS srtt_us)" }],
];

test("Parquet that `convert` cannot have written ends with one line and 65", async (t) => {
  const directory = temporaryDirectory(t);
  for (const [what, changes] of broken) {
    const path = await parquetOf(
      join(directory, "x.parquet"),
      typeof changes === "function" ? await changes() : changes,
    );
    const { code, err } = await analyze("flows", path);
    t.is(code, 65, `${what}: ${err}`);
    t.regex(err, /^analyze: \S*x\.parquet: .*(; convert the capture again|that no host can have)\.\n$/, what);
  }
});

test("what is no Parquet behind its first bytes, and one cut off, are said to be that", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "x.parquet");
  writeFileSync(path, "PAR1 and nothing more");
  const { code, err } = await analyze("flows", path);
  t.is(code, 65);
  t.regex(err, /^analyze: \S*x\.parquet: its Parquet cannot be read/);
  t.false(err.includes("-input.parquet"));
});

test("further columns, narrower types and rows in another order change nothing", async (t) => {
  const directory = temporaryDirectory(t);
  const expected = (await analyze("flows", recording, "--json")).out;
  for (const columns of [
    `*, 1 AS "evil""; DROP", {'a': [1]} AS nest`,
    "* REPLACE (flow::UTINYINT AS flow, snd_cwnd::USMALLINT AS snd_cwnd, snd_una::INTEGER AS snd_una, time::TIMESTAMP AS time)",
  ]) {
    const path = await parquetOf(join(directory, "x.parquet"), { columns });
    t.is((await analyze("flows", path, "--json")).out, expected);
  }
  const turned = await parquetOf(join(directory, "x.parquet"), { rows: "true ORDER BY flow, ord" });
  t.is((await analyze("flows", turned, "--json")).out, expected);
});

test("numbers of flows that do not fit beside each other are refused, not turned round", async (t) => {
  const directory = temporaryDirectory(t);
  const path = await parquetOf(join(directory, "x.parquet"), { columns: "* REPLACE (4294967295::UINTEGER AS flow)" });
  t.is((await analyze("flows", path)).code, 0);
  const { code, err } = await analyze("flows", path, path);
  t.is(code, 65);
  t.regex(err, /too large to open it together with the others/);
});

async function rowsOf(path: string): Promise<number> {
  const { out } = await analyze("sql", path, "SELECT count(*) AS n FROM trace", "--csv");
  return Number(out.split("\n")[1]);
}

test("a folder called name=value changes no column: of an input", async (t) => {
  const directory = temporaryDirectory(t);
  const whole = (await analyze("flows", await convert(join(directory, "k.parquet")), "--json")).out;
  for (const folder of ["run=1/snd_cwnd=40", "flow=77", "type=send", "t=5", "capture=3"]) {
    const inside = join(directory, folder);
    mkdirSync(inside, { recursive: true });
    copyFileSync(join(directory, "k.parquet"), join(inside, "k.parquet"));
    t.is((await analyze("flows", join(inside, "k.parquet"), "--json")).out, whole, folder);
  }
});

test.serial("a folder called name=value changes no column: where temporary files or the cache are", async (t) => {
  const directory = temporaryDirectory(t);
  const before = { TMPDIR: process.env.TMPDIR };
  const shaped = fixture("shaped-loss");
  const whole = (await analyze("flows", shaped, "--json")).out;
  try {
    for (const folder of ["snd_una=7", "t=5", "flow=9", "line=x", "type=send", "ends=a", "[x]", "a*b", "it's"]) {
      const inside = join(directory, folder);
      mkdirSync(inside);
      process.env.TMPDIR = inside;
      t.is((await analyze("flows", shaped, "--json", "--no-cache")).out, whole, folder);
      for (const turn of ["first", "second"]) {
        await using trace = await openTrace([shaped], { cache: { directory: join(inside, "cache"), minTextBytes: 0 } });
        const [row] = await trace.rows<{ n: number }>("SELECT count(DISTINCT flow) AS n FROM trace");
        t.is(row!.n, 4, `${folder}, ${turn}`);
        t.is((await trace.flows()).length, 4);
      }
      t.true(readdirSync(join(inside, "cache")).length > 1, folder);
    }
  } finally {
    if (before.TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before.TMPDIR;
  }
});

const convert = async (path: string): Promise<string> => {
  await using trace = await openTrace([recording], { allowFiles: true });
  await writeParquet(trace, path);
  return path;
};

test("a name with [ ] * ? opens the one file of that name", async (t) => {
  const directory = temporaryDirectory(t);
  const file = (name: string) => join(directory, name);
  await convert(file("k.parquet"));
  await parquetOf(file("x1.parquet"), { rows: "ord <= 10" });
  for (const name of [
    "x[1].parquet",
    "x*.parquet",
    "x?.parquet",
    "it's; $a.parquet",
    "ein \\ b.parquet",
    "n\nl.parquet",
  ]) {
    copyFileSync(file("k.parquet"), file(name));
    t.is(await rowsOf(file(name)), recordings, name);
  }
});
