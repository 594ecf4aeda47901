// node kmod/test/stress.ts [--minutes N] [--cpus 2,4] [--kernels 6.1] [--rate 20mbit] [--churn 200] [--debug-kernel]
// Everything at once for a while (guest/stress.sh), then: no splat, no hang, no flow left, memory back.
// --debug-kernel takes the 6.1 with KASAN, PROVE_LOCKING, DEBUG_ATOMIC_SLEEP and kmemleak, and first runs the tests'
// scenarios on it.
import path from "node:path";
import { parseArgs } from "node:util";
import { disorder, holes } from "./checks/settings.ts";
import { boot, type Evidence, left, type Scenario, splatsIn } from "./harness/boot.ts";
import { buildModule, buildModuleOnHost, buildPrograms, moduleFolder } from "./harness/build.ts";
import { debugKernel } from "./harness/debug-kernel.ts";
import { kernelNamed } from "./harness/kernels.ts";
import { missingForGuests } from "./harness/needs.ts";
import { parseRecords, parseStat } from "./harness/records.ts";
import { CommandError } from "./harness/sh.ts";
import { type Tree, tree } from "./harness/tree.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    cpus: { type: "string", default: "2,4" },
    kernels: { type: "string", default: "6.1" },
    rate: { type: "string", default: "20mbit" },
    churn: { type: "string", default: "200" },
    scenarios: { type: "string", default: "reading lifecycle settings witness hostile" },
    "debug-kernel": { type: "boolean", default: false },
  },
});
const missing = missingForGuests();
if (missing) throw new Error(missing);
const seconds = Math.round(Number(values.minutes) * 60);
let failures = 0;
const readerKinds = "plain blocking poll epoll sleep=300 edge threads splice sendfile".split(" ");

/** Pages of a cache in /proc/slabinfo, kB: slabs times pages a slab. */
function slabKb(line: string): number {
  const m = /^\S+ +\d+ +\d+ +\d+ +\d+ +(\d+) .* slabdata +\d+ +(\d+)/.exec(line);
  return m ? Number(m[1]) * Number(m[2]) * 4 : 0;
}

/** The kinds of readers in the storm, and how often each had read something and not. */
function readersIn(text: string): Map<string, { read: number; nothing: number }> {
  const kinds = new Map<string, { read: number; nothing: number }>();
  for (const line of text.trim().split("\n")) {
    const [kind = "", what] = line.split(" ");
    const counts = kinds.get(kind) ?? { read: 0, nothing: 0 };
    counts[what === "read" ? "read" : "nothing"] += 1;
    kinds.set(kind, counts);
  }
  return kinds;
}

/** A guest that hangs is a failure too, and does not keep the others from running. */
async function run(title: string, made: Tree, scenario: Scenario): Promise<void> {
  try {
    judge(title, await boot(made, scenario));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(`${title}: FAILED: ${error.message}`);
    failures += 1;
  }
}

function judge(title: string, evidence: Evidence): void {
  const problems = splatsIn(evidence.dmesg).concat(
    splatsIn(evidence.console).filter((l) => !evidence.dmesg.includes(l.slice(15))),
  );
  if (evidence.status !== 0) problems.push(`the script ended with ${evidence.status}`);
  if (/=== \w+ failed/.test(evidence.text("run.log"))) problems.push("a scenario failed");
  const of = (file: string) => evidence.text(`stress/${file}`);
  if (left(evidence, "stress/loads.txt")) {
    const loads = of("loads.txt").trim();
    if (!/failed 0$/.test(loads)) problems.push(`module: ${loads}`);
    const readers = readersIn(of("readers.txt"));
    for (const kind of readerKinds)
      if (!readers.get(kind)?.read) problems.push(`no ${kind} reader of the storm has read anything`);
    const unreclaimable = (when: string) => Number(/^SUnreclaim: +(\d+)/m.exec(of(`meminfo.${when}`))?.[1]);
    const grown = unreclaimable("after") - unreclaimable("before");
    if (!values["debug-kernel"] && grown > 4096) {
      const sizes = (when: string) =>
        new Map(
          of(`slabinfo.${when}`)
            .split("\n")
            .map((l) => [l.split(" ")[0], slabKb(l)] as const),
        );
      const before = sizes("before");
      const most = [...sizes("after")]
        .map(([name, kb]) => [name, kb - (before.get(name) ?? 0)] as const)
        .sort((x, y) => y[1] - x[1]);
      problems.push(
        `SUnreclaim grew by ${grown} kB: ${most
          .slice(0, 5)
          .map(([n, kb]) => `${n} ${kb} kB`)
          .join(", ")}`,
      );
    }
    const stat = parseStat(of("peace/stat.after"));
    if (stat.flows !== 0) problems.push(`${stat.flows} flows left`);
    const inOrder = parseRecords(of("order/probe.txt"));
    const backwards = disorder(inOrder);
    if (backwards) problems.push(`${backwards} of ${inOrder.length} records older than the one before`);
    const missing = holes(inOrder).reduce((sum, hole) => sum + hole.lost, 0);
    const lost = parseStat(of("order/stat.after")).lines.Log?.lost ?? -1;
    if (missing > lost) problems.push(`${missing} records missing, ${lost} counted as lost`);
    if (inOrder.length < 1000) problems.push(`only ${inOrder.length} records under load`);
    const records = parseRecords(of("peace/probe.txt")).length;
    if (records < 50) problems.push(`afterwards only ${records} records of a connection`);
    if (left(evidence, "stress/kmemleak.txt") && of("kmemleak.txt").includes("tcpp")) problems.push(of("kmemleak.txt"));
    console.log(
      `${title}: ${loads}; ${of("churn.txt").trim()}; ${of("settings.txt").trim()}; SUnreclaim ${grown >= 0 ? "+" : ""}${grown} kB; ${inOrder.length} records in order, ${lost} lost; ${records} in peace`,
    );
    const shares = readerKinds.map((kind) => {
      const { read, nothing } = readers.get(kind) ?? { read: 0, nothing: 0 };
      return `${kind} ${read} of ${read + nothing}`;
    });
    console.log(`${title}: readers that had something to read: ${shares.join(", ")}`);
  }
  for (const problem of problems) console.log(`${title}: ${problem}`);
  console.log(`${title}: ${problems.length ? "FAILED" : "clean"} (evidence in ${evidence.folder})`);
  failures += problems.length ? 1 : 0;
}

const debug = values["debug-kernel"] ? await debugKernel() : null;
for (const name of debug ? ["6.1"] : values.kernels.split(",")) {
  const made = await tree(kernelNamed(name));
  const { module } = debug ? await buildModuleOnHost(debug.buildFolder, "debug") : await buildModule(made);
  const files = [module, await buildPrograms(made), path.join(moduleFolder, "test/guest")];
  // Emulated CPUs are some twenty times slower, and never rest here: a task that was preempted may wait for long.
  const patience = "rcupdate.rcu_cpu_stall_timeout=60";
  // kmemleak frees what it knows of each allocation by RCU, and RCU does ten of those at a time: on a busy emulated CPU
  // they pile up, and whoever waits for a grace period waits for all of them (measured: 33 s without the module, else 1
  // s).
  const callbacks = "rcutree.blimit=10000 rcutree.rcu_resched_ns=100000000";
  const kernel = debug
    ? { vmlinuz: debug.vmlinuz, initrd: null, kernelArgs: `kmemleak=on pci=noacpi ${patience} ${callbacks}` }
    : { kernelArgs: `quiet ${patience}` };
  const slow = debug ? 6 : 1;
  if (debug && values.scenarios) {
    const command = `LIMIT=1800 sh guest/all.sh ${values.scenarios}`;
    const scenario = {
      name: "debug-scenarios",
      files,
      command,
      limit: 7200,
      bootLimit: 900,
      memoryMiB: 4096,
      ...kernel,
    };
    await run("debug kernel, the tests' scenarios", made, scenario);
  }
  if (seconds === 0) continue;
  for (const cpus of values.cpus.split(",").map(Number)) {
    const title = `${debug ? "debug kernel" : name}, ${cpus} CPUs, ${seconds} s`;
    const command = `RATE=${values.rate} CHURN=${values.churn} sh guest/stress.sh ${seconds}`;
    const limit = seconds * 2 + 300 * slow;
    const folder = `stress-${debug ? "debug-" : ""}${cpus}`;
    await run(title, made, { name: folder, files, command, cpus, limit, bootLimit: 900, memoryMiB: 4096, ...kernel });
  }
}
process.exitCode = failures ? 1 : 0;
