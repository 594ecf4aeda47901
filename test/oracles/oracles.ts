/**
 * node test/oracles/oracles.ts [--host | --guest | --compare] [--cases clean,loss] [--controls cubic] [--document FILE]
 *
 * Runs the oracle suite, in booted guests and on this machine, and writes docs/accuracy.md, or the runs of this machine
 * alone as another document. The evidence stays in the
 * cache folder; --compare looks at that again. Exit code 1 where a number differs from its witness without an
 * explanation.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder } from "../../kmod/test/harness/kernels.ts";
import { run } from "../../lab/command.ts";
import {
  type Case,
  type Control,
  controls,
  guestCases,
  guestSets,
  hostCases,
  hostSources,
  type Place,
} from "./cases.ts";
import { compareRun } from "./compare.ts";
import { guestTools, runInGuest } from "./guest.ts";
import { buildTraffic, runOnHost } from "./host.ts";
import { NoFlowError } from "./ours.ts";
import { recordsOnly } from "./records-only.ts";
import { type Result, report, type Setting } from "./report.ts";

const { values } = parseArgs({
  options: {
    host: { type: "boolean", default: false },
    guest: { type: "boolean", default: false },
    compare: { type: "boolean", default: false },
    cases: { type: "string" },
    controls: { type: "string", default: controls.join(",") },
    document: { type: "string" },
  },
});
const evidence = cacheFolder("oracles");
const everywhere = !values.host && !values.guest && !values.compare;
const wanted = (known: readonly Case[]): Case[] =>
  known.filter((name) => values.cases === undefined || values.cases.split(",").includes(name));
const chosen = values.controls.split(",") as Control[];
const hostFolder = (name: Case, control: Control): string => join(evidence, "host", `${name}-${control}`);
const guestFolder = (name: Case, control: Control): string => {
  const set = Object.entries(guestSets).find(([, members]) => members.includes(name))?.[0] ?? "";
  return join(evidence, "guest", set, `${name}-${control}`);
};
const say = (line: string): void => console.error(line);

if (values.guest || everywhere) {
  for (const [set, members] of Object.entries(guestSets)) {
    const runs = wanted(members);
    if (runs.length === 0) continue;
    say(`guest: ${runs.join(", ")} with ${chosen.join(", ")}`);
    await runInGuest(runs, chosen, join(evidence, "guest", set));
    await recordsOnly(join(evidence, "guest", set));
  }
}
if (values.host || everywhere) {
  const programs = await buildTraffic(join(evidence, "programs"));
  for (const name of wanted(hostCases)) {
    for (const control of chosen) {
      say(`host: ${name} ${control}`);
      rmSync(hostFolder(name, control), { recursive: true, force: true });
      await runOnHost(name, control, hostFolder(name, control), programs);
    }
  }
}

const results: Result[] = [];
const places: Place[] = [
  ...(values.document === undefined ? (["guest"] as const) : []),
  ...(Object.keys(hostSources) as (keyof typeof hostSources)[]),
];
for (const place of places) {
  for (const name of place === "guest" ? guestCases : hostCases) {
    for (const control of controls) {
      const folder = place === "guest" ? guestFolder(name, control) : hostFolder(name, control);
      const capture = place === "guest" ? "capture.tpp" : hostSources[place];
      if (!existsSync(join(folder, "nstat.after"))) continue;
      if (place !== "guest" && !existsSync(join(folder, capture))) continue;
      const comparisons = await compareRun(folder, capture).catch((error) => {
        if (!(error instanceof NoFlowError && place === "host, ss")) throw error;
        say(`${place} ${name} ${control}: no poll saw a connection`);
        return [];
      });
      results.push({ run: { place, case: name, control, folder }, comparisons });
      for (const row of comparisons.filter(({ verdict }) => verdict === "differs")) {
        const part = row.part ? `, ${row.part}` : "";
        say(
          `${place} ${name} ${control}${part}: ${row.metric}: ours ${row.ours}, witness ${row.witness} (${row.difference})`,
        );
      }
    }
  }
}
const document = values.document ?? join(import.meta.dirname, "../../docs/accuracy.md");
writeFileSync(document, report(results, await settings()));
const rows = results.flatMap(({ comparisons }) => comparisons);
const differing = rows.filter(({ verdict }) => verdict === "differs").length;
console.log(
  `${results.length} runs, ${rows.length} comparisons, ${differing} differ; ${values.document ?? "docs/accuracy.md"} is written, the evidence is in ${evidence}`,
);
process.exitCode = differing === 0 && results.length > 0 ? 0 : 1;

async function settings(): Promise<Setting[]> {
  const version = async (...command: string[]): Promise<string> =>
    ((await run(command)).split("\n")[0] ?? "").replace(/ \((?!Wireshark)[^)]*\)\.?/g, "").trim();
  const tshark = await version("tshark", "--version");
  const made: Setting[] = [];
  if (existsSync(join(evidence, "guest/paths/release.txt"))) {
    const [kernel, ...tools] = guestTools(join(evidence, "guest/paths"));
    made.push({
      place: "guest",
      what: `Linux ${kernel} in QEMU's emulator, whose clock counts instructions; the module with \`extended=1\`; namespaces joined by veth through a router with netem; ${tools.join(", ")}, ${tshark}.`,
    });
  }
  const tools = [
    await version("iperf3", "--version"),
    await version("sh", "-c", "tcpdump --version 2>&1"),
    await version("ss", "--version"),
  ];
  made.push({
    place: "host",
    what: `Linux ${readFileSync("/proc/sys/kernel/osrelease", "utf8").trim() || release()}; the tracepoints; namespaces joined by veth through a router with a tbf queue and drops by nftables; ${tools.join(", ")}, ${tshark}.`,
  });
  made.push({
    place: "host, bpf",
    what: "the same runs, recorded at the same time with `--source bpf`, where this kernel lets no function be hooked.",
  });
  made.push({
    place: "host, ss",
    what: "the same runs, recorded at the same time with `--source ss`, polled every 0.1 s.",
  });
  return made;
}
