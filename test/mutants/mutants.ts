/**
 * `npm run mutants`: single faults put into a copy of the code, one at a time, to see whether the tests notice.
 *
 *     npm run mutants                       # all; some twenty minutes on two cores
 *     npm run mutants -- S01 S02 --jobs 1   # these
 *     npm run mutants -- sql                # one list
 *
 * The lists beside this file are data. Where a change of the code moves a fault's place, move its `find` along, or say
 * with `gone` why the code has no such place any more; mutants.test.ts holds every text against its file. Ends with 1
 * where a fault survived or a place is not found.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allMutants, placeOf, placesOf, root } from "./all.ts";
import type { Mutant } from "./mutant.ts";

/** A suite that takes longer hangs, and a fault that makes it hang is noticed. */
const suiteMs = 600_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: "string", default: "2" } },
});
const chosen = Object.entries(allMutants).flatMap(([list, mutants]) =>
  mutants.filter(({ id }) => positionals.length === 0 || positionals.includes(id) || positionals.includes(list)),
);

/**
 * A copy of the repository that a fault can be put into; its packages are the repository's own, but ours are the
 * copy's.
 */
function scratchCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  chmodSync(copy, 0o755); // some tests are another user's
  for (const name of readdirSync(root))
    if (!["node_modules", ".git"].includes(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
  mkdirSync(join(copy, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name === "@tcpprobe-plus")
      cpSync(join(root, "node_modules", name), join(copy, "node_modules", name), {
        recursive: true,
        verbatimSymlinks: true,
      });
    else symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
  }
  return copy;
}

interface Run {
  readonly passed: boolean;
  /** False where no test has the title asked for. */
  readonly anyTest: boolean;
  /** The first test that failed, or why else it did not pass. */
  readonly noticedBy: string;
}

/** Runs suites of a copy, or of them the tests with this title, until the first test fails. */
function runSuites(copy: string, suites: readonly string[], title?: string): Promise<Run> {
  return new Promise((resolve) => {
    const ava = join(copy, "node_modules/ava/entrypoints/cli.js");
    const child = spawn(
      process.execPath,
      [ava, "--tap", "--fail-fast", "--timeout=5m", ...(title ? [`--match=${title}`] : []), ...suites],
      {
        cwd: copy,
        detached: true, // so that its workers end with it
        env: { ...process.env, NODE_NO_WARNINGS: "1", XDG_CACHE_HOME: join(copy, "cache") },
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        output += chunk;
      });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid!, "SIGKILL");
    }, suiteMs);
    child.on("close", (code) => {
      clearTimeout(timer);
      const failed = /^not ok \d+ - (.*)$/m.exec(output)?.[1];
      const why = late ? "the suite hung" : (failed ?? "a suite that could not run to its end");
      resolve({ passed: code === 0, anyTest: !/^# tests 0$/m.test(output), noticedBy: code === 0 ? "" : why });
    });
  });
}

async function inParallel<Item>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item, copy: string) => Promise<void>,
) {
  const waiting = [...items];
  const worker = async () => {
    const copy = scratchCopy();
    try {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, copy);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}

type Result = "noticed" | "survived" | "gone" | "equivalent" | "place lost" | "not run";
const results = new Map<string, { result: Result; detail: string }>();
const toRun: Mutant[] = [];
for (const mutant of chosen) {
  const { id, gone, equivalent, file } = mutant;
  if (gone !== undefined) results.set(id, { result: "gone", detail: gone });
  else if (equivalent !== undefined) results.set(id, { result: "equivalent", detail: equivalent });
  else if (placesOf(mutant) !== 1)
    results.set(id, { result: "place lost", detail: `stands ${placesOf(mutant)} times in ${file}` });
  else toRun.push(mutant);
}
const jobs = Number(values.jobs);

// A suite that fails without any fault would notice all of them.
const failing = new Map<string, string>();
await inParallel([...new Set(toRun.flatMap((mutant) => mutant.suites))], jobs, async (suite, copy) => {
  const { passed, noticedBy } = await runSuites(copy, [suite]);
  if (!passed) failing.set(suite, noticedBy);
  console.error(`${suite} ${passed ? "passes as it is" : `FAILS as it is: ${noticedBy}`}`);
});

await inParallel(toRun, jobs, async (mutant, copy) => {
  const suites = mutant.suites.filter((suite) => !failing.has(suite));
  if (suites.length === 0) {
    results.set(mutant.id, { result: "not run", detail: `${mutant.suites} fails as it is` });
    return;
  }
  const path = join(copy, mutant.file);
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(placeOf(mutant), () => mutant.replace),
  );
  let run = mutant.by === undefined ? null : await runSuites(copy, suites, mutant.by);
  if (!run || run.passed || !run.anyTest) run = await runSuites(copy, suites);
  const { passed, noticedBy } = run;
  writeFileSync(path, text);
  const result = passed ? "survived" : "noticed";
  results.set(mutant.id, { result, detail: noticedBy });
  console.error(`${mutant.id} ${result}${passed ? `: ${mutant.fault}` : ` by ${noticedBy}`}`);
});

for (const [list, mutants] of Object.entries(allMutants)) {
  const mine = mutants.filter(({ id }) => results.has(id));
  if (mine.length === 0) continue;
  console.log(`\n## ${list}\n\n| fault | what it is | result | by, or why |\n|---|---|---|---|`);
  for (const { id, file, fault } of mine) {
    const { result, detail } = results.get(id)!;
    console.log(`| ${id} | ${file}: ${fault} | ${result === "noticed" ? result : `**${result}**`} | ${detail} |`);
  }
}
const count = (result: Result): number => [...results.values()].filter((one) => one.result === result).length;
const noticed = count("noticed");
console.log(
  `\n${noticed} of ${noticed + count("survived")} noticed; ${count("gone")} gone, ${count("equivalent")} equivalent, ${count("place lost")} whose place is lost, ${count("not run")} not run`,
);
process.exitCode = count("survived") + count("place lost") + count("not run") === 0 ? 0 : 1;
