/** That a command touches the files that it was given, and no others, whatever these hold. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { walkTpp } from "@tcpprobe-plus/tpp";
import { commandLines } from "../hostile/answer.ts";
import { checkpointOf, metadataFrame, rawFrame, write } from "../hostile/frames.ts";
import { fullHeader, fullTrailer } from "../hostile/metadata.ts";
import { touchedBy } from "../hostile/touched.ts";
import { fixtureFile } from "../support/captures.ts";

import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const test = requires({ tools: ["strace"] });
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Statements as a header's values, where one is put into a query without having been looked at. */
const statements = (folder: string): string[] =>
  [`0) TO '/dev/null'`, "0", "0)", "'"].map(
    (end) =>
      `${end}; COPY (SELECT 'owned') TO '${folder}/owned.csv'; COPY (SELECT content FROM read_text('${folder}/secret')) TO '${folder}/stolen.csv'; --`,
  );

/** Files that hold statements and paths wherever text may stand; each with a record. */
function hostileCaptures(folder: string): string[] {
  const text = Buffer.from("   x-1   [000] ..s2.     2.000000: tcp_probe: a=1\n");
  const data = rawFrame(text);
  return statements(folder).flatMap((sql, index) => {
    const values = [
      { filters: { port: sql } },
      { kernel: { ...fullHeader.kernel, hz: sql } },
      { events: { [sql]: sql } },
      {
        events: { tcp_probe: `"a=%s ${sql}"` },
        hostname: sql,
        notes: [sql],
        command_line: [sql],
        capture_id: sql.slice(0, 100),
      },
      { columns: [sql], text: "probe", source: "kmod" },
      { set: { id: sql.slice(0, 100), number: 1 }, imported: { format: sql, files: ["../../secret", sql] } },
    ];
    return values.map((value, number) => {
      const header = metadataFrame("TPPH", { ...fullHeader, ...value });
      const checkpoint = checkpointOf(data, {
        number: 1,
        offset: header.length,
        lines: 1,
        before: { lines: 0, rawBytes: 0 },
      });
      const trailer = { ...fullTrailer, frames: 1, lines: 1, raw_bytes: text.length, reason: sql.slice(0, 1000) };
      const parts = [header, data, metadataFrame("TPPC", checkpoint), metadataFrame("TPPT", trailer)];
      return write(join(folder, `hostile-${index}-${number}.tpp`), ...parts);
    });
  });
}

/** A folder with all that a command may use, and something that it may not. */
function sandbox(folder: string) {
  const env = { HOME: join(folder, "home"), TMPDIR: join(folder, "tmp"), XDG_CACHE_HOME: join(folder, "cache") };
  for (const path of Object.values(env)) mkdirSync(path);
  writeFileSync(join(folder, "secret"), "a secret");
  return env;
}

/** Where Node, DuckDB and the C library look; nobody's files. */
const systems = /^\/(usr|lib|lib64|etc|proc|sys|dev|bin|opt)(\/|$)/;
const isOf = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const expand = (line: readonly string[], input: string, folder: string): string[] =>
  line
    .slice(1)
    .map((word) =>
      word === "FILE" ? input : word.startsWith("NEW.") ? join(folder, "new", `new${word.slice(3)}`) : word,
    );

async function strangeTouches(
  command: string,
  input: string,
  folder: string,
  env: ReturnType<typeof sandbox>,
): Promise<string[]> {
  const line = commandLines[command]!;
  const program = join(root, line[0]!, "bin", `${line[0]}.js`);
  const touched = await touchedBy([process.execPath, program, ...expand(line, input, folder)], {
    cwd: folder,
    log: join(folder, "log"),
    env,
  });
  const mayChange = (path: string) =>
    [env.TMPDIR, env.XDG_CACHE_HOME, join(folder, "new")].some((own) => isOf(path, own)) ||
    /^\/dev\/|^\/proc\/self/.test(path);
  const mayRead = (path: string) =>
    mayChange(path) ||
    isOf(path, root.slice(0, -1)) ||
    systems.test(path) ||
    path === input ||
    isOf(folder, path) ||
    path === env.HOME;
  return [
    ...[...touched.changed].filter((path) => !mayChange(path)).map((path) => `changed ${path}`),
    ...[...touched.read].filter((path) => !mayRead(path)).map((path) => `read ${path}`),
    ...(touched.code === 0 || touched.code === 65 ? [] : [`exit code ${touched.code}: ${touched.err.slice(0, 200)}`]),
  ].map((what) => `${command}: ${what}`);
}

for (const command of ["info", "flows", "recover", "verify", "convert csv", "plot"]) {
  test.serial(`${command} touches its input, its output and its own folders, whatever is in a header`, async (t) => {
    t.timeout(900_000);
    const folder = temporaryDirectory(t);
    const env = sandbox(folder);
    mkdirSync(join(folder, "new"));
    const all = hostileCaptures(folder);
    const some = command === "info" ? all : all.filter((_, index) => index % 6 === 0);
    const wrong: string[] = [];
    for (const input of [...some, fixtureFile("loopback.tpp")]) {
      const before = readFileSync(input);
      wrong.push(...(await strangeTouches(command, input, folder, env)));
      if (!readFileSync(input).equals(before)) wrong.push(`${command}: changed its input`);
    }
    t.deepEqual(wrong, []);
    t.false(readdirSync(folder).some((name) => /owned|stolen/.test(name)));
    t.deepEqual(readdirSync(env.HOME), []);
    t.true((await walkTpp(fixtureFile("loopback.tpp"))).damage.length === 0);
  });
}
