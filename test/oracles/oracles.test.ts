/**
 * The core of the oracle suite (npm run test:oracles has all of it; docs/accuracy.md tells what is compared with what):
 * what `analyze` says, beside what tshark, nstat, ss and iperf3 say of the same connections.
 */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { run } from "../../lab/command.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type Case, type Control, hostSources } from "./cases.ts";
import { compareRun } from "./compare.ts";
import type { Comparison, Metric } from "./comparison.ts";
import { buildTraffic, runOnHost } from "./host.ts";
import { recordsOnly } from "./records-only.ts";

const saved = join(import.meta.dirname, "evidence");
const savedRuns = readdirSync(saved, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);
const exactMetrics = ["connections", "bytes acknowledged", "retransmissions", "timeouts", "bytes in flight"] as const;
const limitMetrics = [
  "limits: receiver",
  "limits: busy",
  "limits by records: receiver",
  "limits by records: busy",
] as const;
const differing = (rows: readonly Comparison[]): Comparison[] => rows.filter(({ verdict }) => verdict === "differs");
const verdicts = (rows: readonly Comparison[], metric: Metric): string[] =>
  rows.filter((row) => row.metric === metric).map(({ verdict }) => verdict);

const reads = requires({ tools: ["tshark", "zstd"] });

/** A copy of the saved evidence, and beside its capture the same one without the extended fields. */
async function copyOfEvidence(t: ExecutionContext): Promise<string> {
  const copy = join(temporaryDirectory(t), "set");
  cpSync(saved, copy, { recursive: true });
  await recordsOnly(copy);
  return copy;
}

reads.serial("recorded with the module in a guest: each number is that of its witness", async (t) => {
  const copy = await copyOfEvidence(t);
  t.true(savedRuns.length >= 4);
  for (const name of savedRuns) {
    const rows = await compareRun(join(copy, name));
    t.deepEqual(differing(rows), [], name);
    for (const metric of exactMetrics) t.deepEqual(verdicts(rows, metric), ["exact"], `${name}: ${metric}`);
    for (const metric of limitMetrics) t.is(verdicts(rows, metric).length, 1, `${name}: ${metric}`);
  }
});

reads.serial(
  "the saved runs hold a chain of timeouts, retransmissions, and time limited by the receiver",
  async (t) => {
    const copy = await copyOfEvidence(t);
    const ours = async (name: string, metric: Metric): Promise<number> => {
      const rows = await compareRun(join(copy, name));
      return Number.parseFloat(rows.find((row) => row.metric === metric)?.ours ?? "");
    };
    t.true((await ours("blackout-cubic", "timeouts")) >= 3);
    t.true((await ours("loss-cubic", "retransmissions")) >= 3);
    t.true((await ours("receiver-limited-cubic", "limits: receiver")) > 0.3);
  },
);

reads.serial("a number that is off is noticed, whichever side it is on", async (t) => {
  const folder = join(await copyOfEvidence(t), "loss-cubic");
  const counters = join(folder, "nstat.after");
  const more = (_: string, name: string, value: string): string => `${name}${Number(value) + 1}`;
  writeFileSync(counters, readFileSync(counters, "utf8").replace(/^(TcpRetransSegs\s+)(\d+)/m, more));
  // some data segments are missing in tcpdump's file
  const pcap = join(folder, "sender.pcap.gz");
  const shorter = join(folder, "shorter.pcap");
  await run([
    "tshark",
    "-r",
    pcap,
    "-Y",
    "!(frame.number >= 300 && frame.number < 310 && tcp.len > 1000)",
    "-F",
    "nsecpcap",
    "-w",
    shorter,
  ]);
  await run(["gzip", "-f", shorter]);
  cpSync(`${shorter}.gz`, pcap);
  const rows = await compareRun(folder);
  t.deepEqual(verdicts(rows, "retransmissions"), ["differs"]);
  t.deepEqual(verdicts(rows, "bytes in flight"), ["differs"]);
});

const live = requires({
  tracefs: true,
  netns: true,
  tools: ["iperf3", "tcpdump", "tshark", "ss", "nstat", "perl", "gcc", "gzip", "stdbuf"],
});

/** A few of the cases. `npm run test:oracles` has all of them. */
const onThisMachine: readonly (readonly [Case, Control, string])[] = [
  ["loss", "cubic", "1 % of the packets lost"],
  ["blackout", "reno", "a path cut for three seconds"],
  ["begun-before", "reno", "a transfer older than the capture"],
];

for (const [name, control, what] of onThisMachine) {
  live.serial(
    `tracepoints, bpf and ss on this machine, ${what}: each number is that of its witness, or the reason is known`,
    async (t) => {
      const directory = temporaryDirectory(t);
      const folder = join(directory, `${name}-${control}`);
      await runOnHost(name, control, folder, await buildTraffic(join(directory, "programs")));
      for (const [place, capture] of Object.entries(hostSources)) {
        const reason = join(folder, "no-bpf.txt");
        if (place === "host, bpf" && existsSync(reason) && process.env.CI !== "true") {
          t.log(`without bpf: ${readFileSync(reason, "utf8").trim()}`);
          continue;
        }
        const rows = await compareRun(folder, capture);
        t.deepEqual(differing(rows), [], place);
        // Polls bound them, and what nstat counted before the capture began is in no record.
        if (place === "host, ss" || name === "begun-before") continue;
        for (const metric of ["connections", "retransmissions"] as const)
          t.deepEqual(verdicts(rows, metric), ["exact"], place);
      }
    },
  );
}
