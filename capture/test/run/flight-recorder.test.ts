/** `--last`: what is kept in memory, and the files that are written from it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { captureHere, live, startCapture, startTraffic, temporaryDirectory } from "../../../test/support/capture.ts";
import { layoutOf, recordBytes, strideBytes } from "../../bpf/layout.ts";
import { RuleWatch } from "../../run/rule-watch.ts";
import { parseRule } from "../../run/rules.ts";
import { connectIn, makeNamespace, rowsOf } from "../namespace-traffic.ts";

test("a rule is a name, a comparison and a number; times have units", (t) => {
  t.true(parseRule("rto >= 2").compare(2));
  t.false(parseRule("rto>=800ms").compare(0.7999));
  t.true(parseRule(" srtt > 100us ").compare(0.0002));
  for (const bad of [
    "",
    "rto",
    "rto = 2",
    "rto >= x",
    "cwnd > 5ms",
    "retransmits/s < 5",
    "constructor > 1",
    "rto >= 2; x",
  ])
    t.throws(() => parseRule(bad), { name: "BadRuleError" }, bad);
});

/** synthetic: records in the kernel's layout with a few fields set. */
function records(...rows: readonly Readonly<Record<string, number>>[]): Buffer {
  const layout = layoutOf(250, true, true);
  const bytes = Buffer.alloc(rows.length * strideBytes);
  for (const [index, row] of rows.entries()) {
    const at = index * strideBytes;
    bytes.writeUInt32LE(recordBytes, at);
    for (const [name, value] of Object.entries(row)) {
      const { offset, type } = layout.fields.find((field) => field.name === name)!;
      if (type === "u64") bytes.writeBigUInt64LE(BigInt(value), at + offset);
      else if (type === "u32") bytes.writeUInt32LE(value, at + offset);
      else bytes.writeUInt8(value, at + offset);
    }
  }
  return bytes;
}

test("rules hold over a record, or over a second of all connections", (t) => {
  const watch = (...rules: string[]) => new RuleWatch(rules.map(parseRule), layoutOf(250, true, true));
  t.is(watch("rto >= 2").holds(records({ rto_jiffies: 499 }, { rto_jiffies: 500 }))?.text, "rto >= 2");
  t.is(watch("rto >= 2").holds(records({ rto_jiffies: 499 })), null);
  t.is(watch("srtt > 100ms").holds(records({ srtt: 800_008 }))?.text, "srtt > 100ms");
  t.is(watch("inflight > 9").holds(records({ packets_out: 12, sacked_out: 2, lost_out: 2, retrans_out: 1 })), null);
  t.is(watch("rto >= 2").holds(records({ rto_jiffies: 500, type: 12 })), null, "no moment of a connection");
  const rate = watch("retransmits/s > 2");
  const at = (s: number, connection: number, retrans: number) => ({ time_ns: s * 1e9, connection, retrans });
  // Earlier retransmissions of a connection do not count in this second. The next second starts at 0.
  t.is(
    rate.holds(records(at(1, 7, 100), at(1.1, 7, 101), at(1.2, 8, 0), at(1.3, 8, 1), at(2.1, 8, 2), at(2.2, 7, 102))),
    null,
  );
  t.is(rate.holds(records(at(2.9, 7, 103)))?.text, "retransmits/s > 2");
});

test("rules need --last and binary records, and --last no rotation", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const refused = async (...args: string[]) => (await captureHere("run", "-o", path, ...args)).err;
  t.regex(await refused("--dump-on", "rto >= 2"), /--dump-on: only with --last/);
  t.regex(await refused("--last", "5s", "--rotate", "1s"), /cannot be combined with it/);
  t.regex(
    await refused("--last", "5s", "--source", "ss", "--dump-on", "rto > 5"),
    /rules need binary records, and source ss gives text/,
  );
});

live("SIGUSR1 writes the last seconds as a whole file, and the recording goes on", async (t) => {
  t.timeout(60_000);
  const directory = temporaryDirectory(t);
  const traffic = await startTraffic(t, 1000, 5);
  const args = ["--source", "bpf", "--port", String(traffic.port), "--last", "2s", "-o", join(directory, "a.tpp")];
  const running = await startCapture(t, args);
  for (const number of [1, 2]) {
    await wait(4000);
    running.child.kill("SIGUSR1");
    for (let tries = 0; tries < 100 && !running.err().includes(`a.000${number}.tpp: `); tries += 1) await wait(50);
  }
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  t.regex(running.err(), /2 files written: /);
  const dumps = [];
  for (const name of readdirSync(directory).sort()) {
    const walk = await verifyTpp(join(directory, name));
    t.deepEqual(walk.damage, []);
    t.is(walk.trailer?.reason, "dump, SIGUSR1");
    const [begin, end] = [BigInt(walk.header!.clock.monotonic_ns), BigInt(walk.trailer!.monotonic_ns)];
    const seconds = Number(end - begin) / 1e9;
    t.true(seconds > 1.9 && seconds < 4.5, `${seconds} s`); // blocks of a second, on a busy machine
    t.true((await rowsOf(join(directory, name))).rows.length > 100);
    dumps.push({ begin, end });
  }
  t.is(dumps.length, 2);
  t.true(dumps[1]!.begin > dumps[0]!.begin + 2_000_000_000n, "what was older is gone");
});

live("a blackout is in the file that its timeouts have asked for, with what was before and after it", async (t) => {
  t.timeout(90_000);
  const directory = temporaryDirectory(t);
  const namespace = makeNamespace(t);
  await connectIn(t, namespace, [["10.77.0.1", 5001]]);
  const args = ["--source", "bpf", "--netns", namespace, "--last", "8s", "--dump-on", "rto >= 700ms"];
  const running = await startCapture(t, [...args, "-o", join(directory, "a.tpp")]);
  const nft = (rules: string): void => {
    execFileSync("nsenter", [`--net=/run/netns/${namespace}`, "nft", rules], {
      // npm's PATH has another program named nft.
      env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env.PATH}` },
    });
  };
  await wait(3000);
  nft("add table inet dark; add chain inet dark inbound { type filter hook input priority 0; policy drop; }");
  // Wait until the timer has backed off this far, however late it runs on a busy machine.
  for (let tries = 0; tries < 400 && !running.err().includes("rto >= 700ms: holds"); tries += 1) await wait(50);
  nft("delete table inet dark");
  for (let tries = 0; tries < 200 && !running.err().includes("a.0001.tpp: "); tries += 1) await wait(50);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  t.regex(running.err(), /rto >= 700ms: holds; the 8 s around this moment will be written in 4 s/);
  const { rows } = await rowsOf(join(directory, "a.0001.tpp"));
  const received = rows.filter(({ type }) => type === 0).map(({ ns }) => ns);
  const gaps = received.slice(1).map((ns, index) => ns - received[index]!);
  const dark = gaps.indexOf(Math.max(...gaps));
  t.true(gaps[dark]! > 1e9, `${gaps[dark]} ns`);
  t.true(dark > 50 && received.length - dark > 50, `${dark} before, ${received.length - dark} after`);
});

live("a rule that holds writes what was before it and what came after; memory is bounded", async (t) => {
  t.timeout(90_000);
  const directory = temporaryDirectory(t);
  const traffic = await startTraffic(t, 20_000, 0);
  const args = ["--source", "bpf", "--port", String(traffic.port), "--last", "4s", "--last-memory", "50kB"];
  const running = await startCapture(t, [...args, "--dump-on", "records/s > 5", "-o", join(directory, "a.tpp")]);
  const memory = (): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${running.child.pid}/status`, "utf8"))![1]);
  await wait(4000);
  const early = memory();
  await wait(6000);
  const late = memory();
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  t.true(late < early * 1.3, `${early} KiB, then ${late} KiB`);
  t.regex(running.err(), /records\/s > 5: holds; the 4 s around this moment will be written in 2 s/);
  t.regex(running.err(), /memory holds the last [\d.]+ s only at this rate; raise --last-memory/);
  const [first] = readdirSync(directory).sort();
  const walk = await verifyTpp(join(directory, first!));
  t.deepEqual(walk.damage, []);
  t.is(walk.trailer?.reason, "dump, records/s > 5");
});
