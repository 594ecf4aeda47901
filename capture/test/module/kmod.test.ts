/** Captures with the kernel module, in a booted guest, which runs guest/module.sh. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type TppWalk, verifyTpp } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext } from "ava";
import { type Evidence, splatsIn } from "../../../kmod/test/harness/boot.ts";
import { missingForGuests } from "../../../kmod/test/harness/needs.ts";
import { textOf } from "../../../test/support/capture.ts";
import { captureInGuest } from "../../../test/support/guest.ts";
import { lastOf } from "../../../test/support/records.ts";
import { parseStatistics } from "../../module/statistics.ts";

const missing = missingForGuests();
let evidence: Evidence | undefined;

/** Where guests cannot run, the tests are skipped with the reason. In CI they fail. */
function inGuest(claim: string, check: (t: ExecutionContext, guest: Evidence) => Promise<void> | void): void {
  if (missing && process.env.CI !== "true") {
    test.skip(`${claim} (${missing})`, () => {});
    return;
  }
  test.serial(claim, async (t) => {
    if (missing) return t.fail(missing);
    await (evidence ? check(t, evidence) : t.fail("the guest did not run"));
  });
}

test.before(async (t) => {
  t.timeout(30 * 60 * 1000);
  if (missing) return;
  evidence = await captureInGuest("6.1", { name: "capture", command: "sh guest-capture/module.sh", limit: 1200 });
});

const walkOf = (guest: Evidence, name: string): Promise<TppWalk> =>
  verifyTpp(join(guest.folder, "module", `${name}.tpp`));
const read = (guest: Evidence, name: string): string => guest.text(join("module", name));
const statisticsOf = (guest: Evidence, name: string) => parseStatistics(read(guest, name));

inGuest("the kernel log has no complaint, and every capture but the killed one is whole", async (t, guest) => {
  t.is(guest.status, 0);
  t.deepEqual(splatsIn(guest.dmesg), []);
  for (const name of ["run1", "changed", "next", "clock", "signal", "removed", "overflow"]) {
    t.deepEqual((await walkOf(guest, name)).damage, [], name);
  }
});

inGuest(
  "records in the file are exactly those that the module has written, and each loss is its own count",
  async (t, guest) => {
    const statistics = statisticsOf(guest, "run1.after");
    const { trailer, header } = await walkOf(guest, "run1");
    t.log(`${trailer?.lines} records, lost ${trailer?.lost.ring ?? 0}`);
    t.true(statistics.written > 5000);
    t.is(trailer?.lines, statistics.written);
    t.is(trailer?.lost.ring ?? 0, statistics.lost.ring ?? -1);
    t.is(header?.clock.zero_monotonic_ns, statistics.zeroMonotonicNs);
    t.is(parseStatistics(trailer?.statistics?.end ?? "").written, statistics.written);
    t.regex(trailer?.statistics?.start ?? "", /^Flows: active/);
  },
);

inGuest(
  "the header holds settings, version and fields as they were during the run; afterwards all is as before",
  async (t, guest) => {
    const { header, trailer } = await walkOf(guest, "run1");
    const during = read(guest, "run1.settings").trim().split("\n");
    t.deepEqual(Object.values(header?.module_sysctl ?? {}), during);
    t.deepEqual([header?.module_sysctl?.port, header?.module_sysctl?.extended], ["5201", "1"]);
    t.deepEqual(trailer?.module_sysctl, header?.module_sysctl);
    t.is(header?.filters.port, 5201);
    t.is(header?.module?.version, statisticsOf(guest, "run1.after").version);
    t.deepEqual(header?.columns, statisticsOf(guest, "run1.during").fields);
    t.is(header?.columns?.length, 45);
    t.is(read(guest, "settings.after"), read(guest, "settings.before"));
    t.is(read(guest, "state.after"), "");
  },
);

inGuest("the command's exit code is passed on; records flow before it begins", async (t, guest) => {
  t.is(read(guest, "run1.exit"), "exit 3\n");
  const { header, trailer } = await walkOf(guest, "run1");
  t.deepEqual([trailer?.reason, trailer?.command?.exit_code], ["command ended", 3]);
  t.regex(read(guest, "run1.during"), /^Log: open 1 /m);
  t.true(BigInt(header?.command?.started_monotonic_ns ?? 0) > BigInt(header?.clock.zero_monotonic_ns ?? 0));
  const first = textOf(join(guest.folder, "module", "run1.tpp")).split("\n")[0] ?? "";
  t.regex(first, /^1 \d+\.\d{9} 10\.0\.1\.1 \d+ 10\.0\.2\.1 5201 0 0x2 /, "it begins with iperf3's first SYN");
});

inGuest("--json: one object a line, the last with the totals", (t, guest) => {
  const events = read(guest, "run1.err")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const end = events.find(({ event }) => event === "end");
  t.is(end?.reason, "command ended");
  t.is(end?.records, statisticsOf(guest, "run1.after").written);
  t.true(events.some(({ event }) => event === "status"));
});

inGuest("a setting changed meanwhile is said, and is in the checkpoint and the trailer", async (t, guest) => {
  t.regex(read(guest, "changed.err"), /setting probetime was changed from 0 to 50 meanwhile/);
  const { header, trailer, checkpoints } = await walkOf(guest, "changed");
  t.is(header?.module_sysctl?.probetime, "0");
  t.is(trailer?.module_sysctl?.probetime, "50");
  const told = checkpoints.filter(({ module_sysctl }) => module_sysctl);
  t.deepEqual(
    told.map(({ module_sysctl }) => module_sysctl?.probetime),
    ["50"],
  );
  t.is(header?.columns?.length, 30, "--no-extended");
});

inGuest("a setting changed meanwhile is in the headers of a set's later files", async (t, guest) => {
  t.is(read(guest, "set.exit"), "exit 0\n");
  const files = readdirSync(join(guest.folder, "module")).filter((name) => /^set\.\d+\.tpp$/.test(name));
  t.true(files.length >= 2, files.join());
  const first = await walkOf(guest, "set.0001");
  const last = await walkOf(guest, (files.sort().at(-1) ?? "").replace(".tpp", ""));
  t.deepEqual([first.header?.module_sysctl?.probetime, last.header?.module_sysctl?.probetime], ["0", "50"]);
});

inGuest("connections beyond maxflows: losses by that cause are those since the run began", async (t, guest) => {
  t.is(read(guest, "limit.exit"), "exit 0\n");
  const before = statisticsOf(guest, "limit.before").lost["flow limit"] ?? 0;
  const after = statisticsOf(guest, "limit.after").lost["flow limit"] ?? 0;
  const { trailer } = await walkOf(guest, "limit");
  t.true(before > 0 && after > before);
  t.is(trailer?.lost["flow limit"], after - before);
});

inGuest("what a killed capture left changed is put back by the next one, which names it", (t, guest) => {
  t.not(read(guest, "settings.killed"), read(guest, "settings.before"));
  t.is(read(guest, "settings.next"), read(guest, "settings.before"));
  t.regex(read(guest, "next.err"), /put the module's setting port back from 5201 to 0/);
  t.is(read(guest, "next.exit"), "exit 0\n");
});

inGuest("while somebody else reads the module it says so (75) and changes nothing", (t, guest) => {
  t.is(read(guest, "busy.exit"), "exit 75\n");
  t.regex(read(guest, "busy.err"), /^capture: \/proc\/net\/tcpprobe: another process reads it.*fuser.*\n$/);
  t.is(read(guest, "settings.busy"), read(guest, "settings.before"));
});

inGuest(
  "a clock that is set by an hour is said, shown by the checkpoints, and leaves the records alone",
  async (t, guest) => {
    t.regex(read(guest, "clock.err"), /the clock was set, by \+3[56]\d\d\.\d{3} s/);
    const { header, checkpoints, trailer } = await walkOf(guest, "clock");
    const offsetS = (at: { realtime_ns?: string; monotonic_ns: string } | undefined) =>
      Number(BigInt(at?.realtime_ns ?? 0) - BigInt(at?.monotonic_ns ?? 0)) / 1e9;
    t.true(offsetS(checkpoints.at(-1)) - offsetS(header?.clock) > 3500);
    t.true((trailer?.duration_s ?? 0) < 60);
    const times = [...textOf(join(guest.folder, "module", "clock.tpp")).matchAll(/^\d (\d+\.\d{9}) /gm)].map(Number);
    t.true(times.every((time) => !(time > 60)));
  },
);

inGuest("SIGTERM ends it with every record that was written", async (t, guest) => {
  t.is(read(guest, "signal.exit"), "exit 0\n");
  const { trailer } = await walkOf(guest, "signal");
  const end = parseStatistics(trailer?.statistics?.end ?? "");
  t.deepEqual([trailer?.reason, trailer?.lines], ["signal SIGTERM", end.written]);
  t.is(trailer?.lost.ring ?? 0, end.lost.ring ?? -1);
});

inGuest(
  "the module removed under it: 74, one line, a whole file, and what was known to be written is there or counted",
  async (t, guest) => {
    t.is(read(guest, "removed.exit"), "exit 74\n");
    t.regex(read(guest, "removed.err"), /the tcpprobe_plus module was unloaded during the capture; stopped/);
    const { trailer, checkpoints } = await walkOf(guest, "removed");
    t.is(trailer?.reason, "module removed");
    const known = Math.max(...checkpoints.map(({ module }) => module?.written ?? 0));
    t.log(`${statisticsOf(guest, "removed.stat").written} written before, ${trailer!.lines} in the file`);
    t.true(trailer!.lines + (trailer?.lost["not drained"] ?? 0) >= known);
  },
);

inGuest(
  "a ring of 16: the lost are exactly the module's, the holes in the record numbers too, and it says what to raise",
  async (t, guest) => {
    t.is(read(guest, "overflow.exit"), "exit 0\n");
    const statistics = statisticsOf(guest, "overflow.stat");
    const walk = await walkOf(guest, "overflow");
    const { trailer, checkpoints, header } = walk;
    t.log(`${statistics.written} written, ${statistics.lost.ring} lost`);
    t.true((statistics.lost.ring ?? 0) > 0);
    t.is(trailer?.lost.ring, statistics.lost.ring);
    t.is(trailer?.lines, statistics.written);
    t.true(
      checkpoints.some(({ lost }) => (lost.ring ?? 0) > 0),
      "the place is a checkpoint's",
    );
    t.is(header?.text, "records");
    const last = Number(await lastOf(join(guest.folder, "module", "overflow.tpp"), walk, "record"));
    t.true(last - trailer!.lines <= (statistics.lost.ring ?? 0), "holes at the very end have no record behind them");
    t.regex(
      read(guest, "overflow.err"),
      /records were lost\. Load the module with a larger bufsize \(now 16 records a CPU\)/,
    );
  },
);
