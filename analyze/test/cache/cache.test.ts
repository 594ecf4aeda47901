/** Parsed captures kept between commands: the same answers, never stale, bounded, and never in the way. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TppHeader, walkTpp } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext } from "ava";
import { analyze, fixture, linesOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { Cache, type CacheOptions, codeFiles } from "../../cache/cache.ts";
import { keptTables } from "../../cache/derived.ts";
import { convert } from "../../commands/convert.ts";
import { sqlOf } from "../../database/database.ts";
import { openTrace, type Trace } from "../../trace/trace.ts";
import { keptViews, windowedViews } from "../../trace/views.ts";
import { writeParquet } from "../../trace/write.ts";

const recording = fixture("kmod-loss");
const set = ["0001", "0002", "0003", "0004"].map((number) => fixture(`rotated.${number}`));
const all = "SELECT * FROM trace ORDER BY capture, ord";

// Means are sums of doubles, whose last digit depends on the order in which threads add.
const flowsQuery =
  "SELECT capture, flow, saddr, sport, start_s, records, seen, acked_bytes, retransmits, cwnd_max, crosses_gap FROM flows ORDER BY flow";

interface Opened {
  readonly trace: Trace;
  readonly said: readonly string[];
}

async function open(t: ExecutionContext, paths: readonly string[], cache: CacheOptions | false): Promise<Opened> {
  const said: string[] = [];
  const kept = cache && { minTextBytes: 0, ...cache };
  const trace = await openTrace(paths, { cache: kept, say: (text) => said.push(text), allowFiles: true });
  t.teardown(() => trace[Symbol.asyncDispose]());
  return { trace, said };
}

/** All rows, without the last digits of sums. */
const rounded = async (trace: Trace, query: string): Promise<unknown[]> =>
  (await trace.database.rows(query)).map((row) =>
    Object.values(row).map((value) => (typeof value === "number" ? value.toPrecision(10) : value)),
  );

/** A stand-in for all rows that is quick to compare. */
const digest = async (trace: Trace, query: string): Promise<string> =>
  createHash("sha256")
    .update(
      JSON.stringify((await trace.columns(query)).values, (_, value) =>
        typeof value === "bigint" ? `${value}` : value,
      ),
    )
    .digest("hex");

const entries = (directory: string): string[] => readdirSync(directory).sort();

/** Gives an entry's file a wrong but readable content, to see whether it is used. */
async function markEntry(directory: string, name: string): Promise<void> {
  const path = join(directory, name);
  const before = statSync(path);
  await using trace = await openTrace([path], { allowFiles: true });
  await trace.database.run(`COPY (SELECT * REPLACE ('marked' AS detail) FROM trace) TO '${path}.new' (FORMAT parquet, KV_METADATA {
    'tcpprobe_plus.entry': '${name}', 'tcpprobe_plus.captures': '${JSON.stringify(trace.captures.map(({ path, header, records }) => ({ path, header, records }))).replaceAll("'", "''")}'})`);
  copyFileSync(`${path}.new`, path);
  utimesSync(path, before.atime, before.mtime);
}

for (const [name, paths] of [
  ["one capture", [recording]],
  ["a rotated set", set],
  ["polls of ss", [fixture("ss-loss")]],
  ["a capture with losses", [fixture("kmod-overflow-extended")]],
  ["several captures", [fixture("shaped-loss"), recording, ...set]],
] as const) {
  test(`${name}: first run, second run and --no-cache give the same rows`, async (t) => {
    const directory = temporaryDirectory(t);
    const plain = await open(t, paths, false);
    const expected = await digest(plain.trace, all);
    const losses = await digest(plain.trace, "SELECT * FROM losses");
    for (const turn of ["first", "second"]) {
      const { trace, said } = await open(t, paths, { directory });
      t.deepEqual(said, [], turn);
      t.is(await digest(trace, all), expected, turn);
      t.is(await digest(trace, "SELECT * FROM losses"), losses, turn);
      t.is(await digest(trace, flowsQuery), await digest(plain.trace, flowsQuery), turn);
      t.deepEqual(
        trace.captures.map(({ path, records, incomplete }) => ({ path, records, incomplete })),
        plain.trace.captures.map(({ path, records, incomplete }) => ({ path, records, incomplete })),
        turn,
      );
    }
    // The tables that `flows` is made of are kept where one file holds all of it.
    const ofFlows = ["_connections", "slow_start", "limits", "flows"].length;
    t.is(entries(directory).length, plain.trace.captures.length + (plain.trace.captures.length === 1 ? ofFlows : 0));
  });
}

test("the second command takes the tables that the first has kept, of a capture and of its Parquet", async (t) => {
  const directory = temporaryDirectory(t);
  const parquet = join(temporaryDirectory(t), "trace.parquet");
  const first = await open(t, [recording], { directory });
  await writeParquet(first.trace, parquet);
  const [trace] = entries(directory);
  const marks = "SELECT flow, mark, count(*) AS n FROM marks GROUP BY flow, mark ORDER BY flow, mark";
  for (const [path, others] of [
    [recording, [trace]],
    [parquet, entries(directory)],
  ] as const) {
    const made = await (await open(t, [path], { directory })).trace.rows(marks);
    t.true(made.length > 0);
    const tables = entries(directory).filter((name) => !others.includes(name) && name.endsWith(".parquet"));
    t.is(tables.length, 1);
    const kept = join(directory, tables[0]!);
    // A damaged one is said, and made again.
    writeFileSync(kept, "PAR1");
    const again = await open(t, [path], { directory });
    t.deepEqual(await again.trace.rows(marks), made);
    t.regex(again.said.join("\n"), /cannot be read/);
    rmSync(kept);
  }
});

test("tables that are kept are the same when they are read again, to their types, and are not made again", async (t) => {
  const directory = temporaryDirectory(t);
  const plain = await open(t, [recording], false);
  const first = await open(t, [recording], { directory });
  await first.trace.need(...keptTables);
  t.is(entries(directory).length, 1 + keptTables.length);
  const second = await open(t, [recording], { directory });
  const tables =
    "SELECT table_name FROM duckdb_tables() WHERE table_name NOT IN ('_captures', '_losses', '_not_followed', '_sockets')";
  for (const name of keptTables) {
    await second.trace.need(name);
    // Nothing beside it was needed.
    t.deepEqual(await second.trace.database.rows(tables), [{ table_name: name }]);
    await plain.trace.need(name);
    const query = `SELECT * FROM ${name} ORDER BY ALL`;
    t.deepEqual(await second.trace.database.describe(query), await plain.trace.database.describe(query), name);
    t.deepEqual(await rounded(second.trace, query), await rounded(plain.trace, query), name);
    await second.trace.database.run(`DROP TABLE ${name}`);
  }
  t.deepEqual([...first.said, ...second.said], []);
});

for (const name of ["kmod-loss", "kmod-overflow-extended"])
  test(`${name}: views that are kept are the same when they are read again, for windows of any length`, async (t) => {
    const directory = temporaryDirectory(t);
    const plain = await open(t, [fixture(name)], false);
    const ofView = async (trace: Trace, view: string) => {
      const query = `SELECT * FROM ${view} ORDER BY ALL`;
      await trace.needOf(query);
      return {
        columns: await trace.database.describe(query),
        rows: await rounded(trace, query),
        ofOtherLength: await trace.withWindow(0.3, (own) => rounded(own, query)),
      };
    };
    const expected = new Map<string, unknown>();
    for (const view of keptViews) expected.set(view, await ofView(plain.trace, view));
    for (const turn of ["first", "second"]) {
      const { trace, said } = await open(t, [fixture(name)], { directory });
      for (const view of keptViews) t.deepEqual(await ofView(trace, view), expected.get(view), `${view}, ${turn}`);
      t.deepEqual(said, []);
    }
  });

test("a view is kept once all of its rows were asked for, with windows of the usual length, and read then", async (t) => {
  const directory = temporaryDirectory(t);
  /** The entry that the view reads after this query, if it reads one, and what was said. */
  const readFor = async (view: string, rest = "", window?: number) => {
    const { trace, said } = await open(t, [recording], { directory });
    const query = `SELECT * FROM ${view} ${rest}`;
    await (window === undefined ? trace.needOf(query) : trace.withWindow(window, (own) => own.needOf(query)));
    const sql = "SELECT sql FROM duckdb_views() WHERE view_name = $1";
    const [found] = await trace.database.rows<{ sql: string }>(sql, [view]);
    return { entry: /[0-9a-f]{40}\.parquet/.exec(found!.sql)?.[0], said: said.join("\n") };
  };
  for (const view of keptViews) {
    t.is((await readFor(view, "WHERE capture = 1")).entry, undefined, view);
    if (windowedViews.includes(view)) t.is((await readFor(view, "", 0.3)).entry, undefined, view);
    const before = entries(directory);
    const { entry } = await readFor(view);
    t.true(entry !== undefined && !before.includes(entry) && entries(directory).includes(entry), view);
    t.is((await readFor(view, "WHERE capture = 1")).entry, entry, view);
    // A damaged one is said, and made again.
    writeFileSync(join(directory, entry!), "PAR1");
    const again = await readFor(view);
    t.is(again.entry, entry, view);
    t.regex(again.said, /cannot be read/);
  }
});

test("no table that is kept depends on what a user may set", async (t) => {
  for (const name of keptTables)
    for (const [file, sql] of await sqlOf(name))
      t.notRegex(sql.replace(/^--.*$/gm, ""), /\bsettings\b/, `${name}: ${file}`);
});

test("what an entry is named by covers the SQL that is needed, however far behind", async (t) => {
  const names = [...(await sqlOf("flows")).keys()];
  for (const name of ["flows", "limits", "_records", "_segment_size", "_connections"])
    t.true(names.includes(name), name);
});

test("the second run takes what the first has kept, under whatever name the capture is given", async (t) => {
  const directory = temporaryDirectory(t);
  await open(t, [recording], { directory });
  await markEntry(directory, entries(directory)[0]!);
  const copy = join(directory, "copy.tpp");
  copyFileSync(recording, copy);
  for (const path of [recording, copy]) {
    const { trace } = await open(t, [path], { directory });
    t.is((await trace.rows("SELECT DISTINCT detail FROM trace"))[0]!.detail, "marked");
    t.is(trace.captures[0]!.path, path);
  }
  const { trace } = await open(t, [recording], false);
  t.is((await trace.rows("SELECT DISTINCT detail FROM trace"))[0]!.detail, null);
});

test("a capture with one other byte of text, or another header, is another entry", async (t) => {
  const directory = temporaryDirectory(t);
  const folder = temporaryDirectory(t);
  const { header } = (await walkTpp(recording)) as { header: TppHeader };
  const lines = await linesOf(recording);
  const path = join(folder, "run.tpp");
  const variants: [string, TppHeader][] = [
    [lines.join(""), header],
    [lines.join("").replace(/^1 /, "0 "), header],
    [lines.join(""), { ...header, clock: { ...header.clock, realtime_ns: "1" } }],
  ];
  for (const [index, [text, itsHeader]] of variants.entries()) {
    // The same path, size and time each time: only the content differs.
    await writeCapture(path, text, itsHeader, { overwrite: true });
    utimesSync(path, 1, 1);
    const { trace } = await open(t, [path], { directory });
    const plain = await open(t, [path], false);
    t.is(await digest(trace, all), await digest(plain.trace, all));
    t.is(entries(directory).length, index + 1);
  }
});

test("read only: what is kept is used, nothing is added", async (t) => {
  const directory = temporaryDirectory(t);
  await open(t, [recording], { directory, readOnly: true });
  t.deepEqual(entries(directory), []);
  await open(t, [recording], { directory });
  await markEntry(directory, entries(directory)[0]!);
  const { trace } = await open(t, [recording], { directory, readOnly: true });
  t.is((await trace.rows("SELECT DISTINCT detail FROM trace"))[0]!.detail, "marked");
});

test("what is still growing, cut, damaged or small is not kept", async (t) => {
  const directory = temporaryDirectory(t);
  const folder = temporaryDirectory(t);
  const file = readFileSync(recording);
  const cut = join(folder, "cut.tpp");
  writeFileSync(cut, file.subarray(0, file.length - 3000));
  const damaged = join(folder, "damaged.tpp");
  const walk = await walkTpp(recording);
  const flipped = Buffer.from(file);
  const checkpoint = walk.frames[1]!.offset + walk.frames[1]!.compressedBytes + 40;
  flipped[checkpoint] = flipped[checkpoint]! ^ 1;
  writeFileSync(damaged, flipped);
  for (const path of [cut, damaged]) await open(t, [path], { directory });
  await open(t, [recording], { directory, minTextBytes: 1e9 });
  t.deepEqual(entries(directory), []);
});

test("least recently used entries go when the cache is full, those in use stay, leftovers of the dead go", async (t) => {
  const directory = temporaryDirectory(t);
  const long = new Date(Date.now() - 2 * 24 * 3600_000);
  const dead = `${"d".repeat(40)}.parquet.1.partial`;
  const mine = "mine.parquet";
  for (const name of [dead, mine]) {
    writeFileSync(join(directory, name), "x");
    utimesSync(join(directory, name), long, long);
  }
  await open(t, [recording], { directory });
  const [first] = entries(directory).filter((name) => name !== mine);
  const { size } = statSync(join(directory, first!));
  await open(t, [fixture("kmod-bbr")], { directory, maxBytes: size * 1.2 });
  t.is(entries(directory).length, 3, "the first was used just now");
  utimesSync(join(directory, first!), long, long);
  await open(t, [fixture("kmod-ipv6")], { directory, maxBytes: size * 1.2 });
  t.false(entries(directory).includes(first!));
  t.is(entries(directory).filter((name) => name.endsWith(".partial")).length, 0);
  t.true(entries(directory).includes(mine), "what is called otherwise is somebody else's");
});

test("a broken entry is made again; a cache that cannot be written changes nothing, and only --debug says so", async (t) => {
  const directory = temporaryDirectory(t);
  await open(t, [recording], { directory });
  const [entry] = entries(directory);
  writeFileSync(join(directory, entry!), "PAR1 nothing");
  const again = await open(t, [recording], { directory });
  t.is(again.trace.captures[0]!.records, (await linesOf(recording)).length);
  t.regex(again.said.join("\n"), /cannot be read and is made again/);
  t.true(statSync(join(directory, entry!)).size > 1000);

  const file = join(directory, "a file");
  writeFileSync(file, "");
  const blocked = await open(t, [recording], { directory: join(file, "cache") });
  t.is(blocked.trace.captures[0]!.records, (await linesOf(recording)).length);
  t.regex(blocked.said.join("\n"), /is not kept for the next command: /);
});

test.serial("XDG_CACHE_HOME is obeyed, by a capture that is large enough; --no-cache keeps nothing", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "synthetic.tpp");
  const { syntheticText } = await import("../../../test/bench/synthetic.ts");
  const { header } = await walkTpp(recording);
  await writeCapture(path, [...syntheticText({ records: 80_000 })].join(""), { ...header!, source: "synthetic" });
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = directory;
  try {
    const query = ["sql", "--csv", path, "SELECT count(*), sum(snd_una) FROM trace"];
    const none = await analyze(...query, "--no-cache");
    t.deepEqual(entries(directory), ["synthetic.tpp"]);
    const first = await analyze(...query);
    t.is(entries(join(directory, "tcpprobe_plus", "traces")).length, 1);
    t.is(statSync(join(directory, "tcpprobe_plus", "traces")).mode & 0o777, 0o700);
    const second = await analyze(...query);
    t.deepEqual([first, second], [none, none]);
    const info = await analyze("info", path);
    t.regex(info.out, /every checksum holds/);
    chmodSync(join(directory, "tcpprobe_plus"), 0o700);
    process.env.XDG_CACHE_HOME = "/proc/nothing";
    mkdirSync(join(directory, "x"));
    const unwritable = await analyze(...query, "--debug");
    t.is(unwritable.out, none.out);
    t.regex(unwritable.err, /is not kept for the next command: /);
    t.is((await analyze(...query)).err, "");
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
});

test("an entry is readable by its owner alone; a cache that others could write is not used", async (t) => {
  const directory = temporaryDirectory(t);
  const mask = process.umask(0o022);
  t.teardown(() => process.umask(mask));
  const own = join(directory, "own");
  const first = await open(t, [recording], { directory: own });
  await first.trace.flows();
  t.true(entries(own).length >= 5);
  for (const name of entries(own)) t.is(statSync(join(own, name)).mode & 0o777, 0o600, name);
  t.is(statSync(own).mode & 0o777, 0o700);
  for (const mode of [0o777, 0o775, 0o1777]) {
    const open_ = join(directory, mode.toString(8));
    mkdirSync(open_);
    chmodSync(open_, mode);
    copyFileSync(join(own, entries(own)[0]!), join(open_, entries(own)[0]!));
    const { said, trace } = await open(t, [recording], { directory: open_ });
    t.is(entries(open_).length, 1, "nothing is added");
    t.regex(said.join("\n"), /the cache is not used: .* is writable by others/);
    t.is(trace.captures[0]!.records, (await linesOf(recording)).length);
  }
  // Neither is one below a folder that somebody may replace.
  const above = join(directory, "above");
  mkdirSync(above);
  chmodSync(above, 0o777);
  const below = await open(t, [recording], { directory: join(above, "cache") });
  t.regex(below.said.join("\n"), /is writable by others/);
  t.deepEqual(entries(join(above, "cache")), []);
});

test("an entry of another capture under this one's name is not believed", async (t) => {
  const directory = temporaryDirectory(t);
  await open(t, [recording], { directory });
  const [name] = entries(directory);
  await open(t, [fixture("kmod-ipv6")], { directory });
  const [other] = entries(directory).filter((entry) => entry !== name);
  copyFileSync(join(directory, other!), join(directory, name!));
  const { trace, said } = await open(t, [recording], { directory });
  t.is(trace.captures[0]!.records, (await linesOf(recording)).length);
  t.regex(said.join("\n"), /belongs to another capture/);
});

test("what is kept of a Parquet file is not taken once the file has changed, whatever its footer says", async (t) => {
  const directory = temporaryDirectory(t);
  const kept = join(directory, "kept");
  const path = join(directory, "x.parquet");
  const before = await open(t, [recording], false);
  await before.trace.database.run(`COPY (SELECT * FROM _trace) TO '${path}' (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1, KV_METADATA {
    'tcpprobe_plus.captures': '${JSON.stringify(before.trace.captures.map(({ path, header, records }) => ({ path, header, records }))).replaceAll("'", "''")}'})`);
  const mean = async () => {
    const [row] = await (await open(t, [path], { directory: kept })).trace.rows(
      "SELECT cwnd_mean FROM flows WHERE flow = 1",
    );
    return row!.cwnd_mean as number;
  };
  const first = await mean();
  t.is(await mean(), first);
  const was = statSync(path);
  // Some windows of 10 packets become 30, in place: no size, no place and no extreme changes.
  const file = readFileSync(path);
  const ten = Buffer.from(new Uint32Array(8).fill(10).buffer);
  let changed = 0;
  for (let at = file.indexOf(ten); at >= 0 && at < file.length - 20_000; at = file.indexOf(ten, at + 32), changed++)
    Buffer.from(new Uint32Array(8).fill(30).buffer).copy(file, at);
  t.true(changed > 0);
  writeFileSync(path, file);
  utimesSync(path, was.atime, was.mtime);
  t.is(statSync(path).size, was.size);
  const [row] = await (await open(t, [path], false)).trace.rows("SELECT cwnd_mean FROM flows WHERE flow = 1");
  t.not(row!.cwnd_mean, first);
  t.is(await mean(), row!.cwnd_mean as number);
});

test("the rows of a Parquet file are looked at once, and again when it has changed", async (t) => {
  const directory = temporaryDirectory(t);
  const cache = { directory: join(directory, "kept"), minTextBytes: 0 };
  const path = join(directory, "x.parquet");
  const checked = (): string[] => entries(cache.directory).filter((name) => name.endsWith(".checked"));
  const opened = () => openTrace([path], { cache }).then((trace) => trace[Symbol.asyncDispose]());

  // What was just converted is known to be sound.
  const silent = { write: () => {} };
  await convert(
    [recording],
    { output: path, force: false },
    { stdout: silent, stderr: silent, columns: 100, opening: { cache } },
  );
  t.is(checked().length, 1);
  await opened();
  t.is(checked().length, 1);

  // Another file, even of the same length and time, is not; one with a bad row never is.
  {
    await using trace = await openTrace([path], { cache: false, allowFiles: true });
    await trace.database.run(`COPY (SELECT * REPLACE ('nothing' AS type) FROM _trace) TO '${path}.new' (FORMAT parquet, KV_METADATA {
      'tcpprobe_plus.captures': '${JSON.stringify(trace.captures.map(({ path, header, records }) => ({ path, header, records }))).replaceAll("'", "''")}'})`);
  }
  copyFileSync(`${path}.new`, path);
  for (let turn = 0; turn < 2; turn++)
    await t.throwsAsync(opened, { message: /its column type has a word that is no/ });
  t.is(checked().length, 1);
  // If its rows were looked at in spite of an entry, this would throw as well.
  await new Cache(cache, () => {}).remember(path, statSync(path, { bigint: true }));
  await opened();
  t.is(checked().length, 2);
  utimesSync(path, 0, 0);
  await t.throwsAsync(opened, { message: /its column type has a word that is no/ });
});

/**
 * The files of ours that one imports, for values and not for types alone, makes a thread of, or reads beside itself.
 */
function reachedFrom(entry: URL): Set<string> {
  const reached = new Set<string>();
  const left = [entry];
  const named =
    /(?:^|\n)(?:import|export) (?!type )[^;]*?from "([^"]+)"|import\("([^"]+)"\)|[(?] ?"(\.\.?\/[^"]+\.(?:ts|js|wasm))"/g;
  for (let url = left.pop(); url; url = left.pop()) {
    if (reached.has(url.href) || !existsSync(url)) continue;
    reached.add(url.href);
    for (const [, ...paths] of readFileSync(url, "utf8").matchAll(named)) {
      const path = paths.find((path) => path !== undefined)!;
      if (path.startsWith(".")) left.push(new URL(path, url));
      else if (path.startsWith("@tcpprobe-plus/")) left.push(new URL(import.meta.resolve(path)));
    }
  }
  return reached;
}

test("an entry's name covers every file of code that opening a capture reaches", async (t) => {
  const reached = reachedFrom(new URL("../../trace/open.ts", import.meta.url));
  t.true(reached.size > 50);
  for (const name of ["records/worker.ts", "parquet/write.ts", "database/sql-text.ts", "captures/losses.ts"])
    t.true(reached.has(new URL(`../../${name}`, import.meta.url).href), name);
  const covered = new Set((await codeFiles()).map(({ href }) => href));
  t.deepEqual(
    [...reached].filter((href) => !covered.has(href)),
    [],
  );
});
