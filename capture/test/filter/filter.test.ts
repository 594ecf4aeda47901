/** Filters: their options, how each source applies them, and the results on this kernel. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext } from "ava";
import { captureHere, live, startCapture, temporaryDirectory, textOf } from "../../../test/support/capture.ts";
import { settingsOf } from "../../bpf/settings.ts";
import { everything } from "../../filter/filter.ts";
import { findCgroup, parseHosts, parsePorts, parseSample } from "../../filter/parse.ts";
import { expression } from "../../sources/ss.ts";
import { connectIn, makeNamespace, type Row, rowsOf } from "../namespace-traffic.ts";

test("ports are numbers and ranges, up to 16 of them", (t) => {
  t.deepEqual(parsePorts("443", parsePorts("5000-5010")), [
    [5000, 5010],
    [443, 443],
  ]);
  for (const bad of ["0", "65536", "5010-5000", "1-2-3", "-5", "5-", "http"])
    t.throws(() => parsePorts(bad), { name: "BadPortError" }, bad);
  const sixteen = Array.from({ length: 16 }, () => [1, 1] as const);
  t.throws(() => parsePorts("2", sixteen), { name: "BadFilterError" });
});

test("hosts are addresses and beginnings of them; a v4-mapped one is the IPv4 address", (t) => {
  const hosts = (text: string) =>
    parseHosts(text).map(({ bytes, length }) => [Buffer.from(bytes).toString("hex"), length]);
  t.deepEqual(hosts("10.1.2.3"), [["0a010203", 32]]);
  t.deepEqual(hosts("10.0.0.0/8"), [["0a000000", 8]]);
  t.deepEqual(hosts("2001:db8::/32"), [["20010db8000000000000000000000000", 32]]);
  t.deepEqual(hosts("::1"), [["00000000000000000000000000000001", 128]]);
  t.deepEqual(hosts("fe80::1:2:3:4"), [["fe800000000000000001000200030004", 128]]);
  t.deepEqual(hosts("::ffff:10.1.2.3"), [["0a010203", 32]]);
  t.deepEqual(hosts("0.0.0.0/0"), [["00000000", 0]]);
  for (const bad of ["10.0.0.1/8", "10.0.0.0/33", "10.0.0", "localhost", "::1%lo", "::/129", "1.2.3.4/8/8", "1.2.3.4/"])
    t.throws(() => parseHosts(bad), { name: "BadFilterError" }, bad);
});

test("a sample is one connection in so many", (t) => {
  t.is(parseSample("1/100"), 100);
  for (const bad of ["100", "2/3", "1/0", "1/1000001", "1/x"])
    t.throws(() => parseSample(bad), { name: "BadFilterError" });
});

test("the programs' settings are as the C structure has them", (t) => {
  const settings = settingsOf({
    extended: true,
    filter: {
      ...everything,
      ports: [[80, 90]],
      hosts: [...parseHosts("10.0.0.0/8"), ...parseHosts("fd00::/8")],
      pid: 7,
      sample: 3,
    },
  });
  t.deepEqual(
    [0, 8, 12, 16, 20, 24].map((at) => settings.readUInt32LE(at)),
    [1, 1, 1, 1, 3, 7],
  );
  t.deepEqual([settings.readUInt16LE(48), settings.readUInt16LE(50)], [80, 90]);
  t.is(settings.subarray(112, 120).toString("hex"), "0a000000ff000000");
  t.is(settings.subarray(240, 272).toString("hex"), `fd${"00".repeat(15)}ff${"00".repeat(15)}`);
});

test("ss is asked in its own words", (t) => {
  const words = expression({
    ...everything,
    ports: [
      [80, 80],
      [5000, 5010],
    ],
    hosts: [...parseHosts("10.0.0.0/8"), ...parseHosts("::1")],
  });
  t.is(
    words.join(" "),
    "( sport = :80 or dport = :80 or ( sport ge :5000 and sport le :5010 ) or ( dport ge :5000 and dport le :5010 ) ) and ( src 10.0.0.0/8 or dst 10.0.0.0/8 or src [::1] or dst [::1] )",
  );
});

test("what a source cannot filter is refused where it was asked for by name", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const refused = async (...args: string[]) => {
    const { code, err } = await captureHere("run", "-o", path, ...args);
    t.is(code, 64, err);
    return err;
  };
  t.regex(
    await refused("--source", "tracefs", "--host", "10.0.0.1"),
    /^capture: --host: source tracefs cannot do that \(/,
  );
  t.regex(
    await refused("--source", "kmod", "--port", "1-2"),
    /^capture: more than one --port: source kmod cannot do that \(/,
  );
  t.regex(await refused("--source", "ss", "--sample", "1/2"), /^capture: --sample: source ss cannot do that \(/);
  t.regex(await refused("--kmod-file", "/dev/null", "--port", "5"), /--kmod-file cannot do that/);
  t.regex(await refused("--netns", "no/such"), /^capture: --netns no\/such: no such network namespace/);
  t.regex(await refused("--netns", "tcpp-none"), /no such network namespace can be reached/);
  t.regex(await refused("--cgroup", "/tmp"), /no cgroup of version 2/);
  t.regex(await refused("--pid", "4194999"), /no such process/);
});

/** Captures while `during` runs. */
async function captured(t: ExecutionContext, args: readonly string[], during: () => Promise<void> = () => wait(600)) {
  const path = join(temporaryDirectory(t), "a.tpp");
  const running = await startCapture(t, [...args, "-o", path]);
  await during();
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  return { path, err: running.err() };
}

const portsOf = (rows: readonly Row[], least: number): number[] =>
  [...new Set(rows.flatMap(({ sport, dport }) => [sport, dport]).filter((port) => port < least))].sort((a, b) => a - b);

live("bpf: ranges of ports, hosts of both families, in a namespace whose settings are in the header", async (t) => {
  t.timeout(180_000);
  const namespace = makeNamespace(t);
  const other = makeNamespace(t);
  const ends = [
    ["10.77.0.1", 5001],
    ["10.77.0.1", 5004],
    ["10.78.0.1", 5005],
    ["fd00:77::1", 5006],
    ["10.77.0.1", 6000],
  ] as const;
  await connectIn(t, namespace, ends);
  await connectIn(t, other, ends);
  const inode = statSync(`/run/netns/${namespace}`).ino;
  const all = ["--source", "bpf", "--netns", namespace];
  const ports = await rowsOf((await captured(t, [...all, "--port", "5001-5004", "--port", "6000"])).path);
  t.deepEqual(portsOf(ports.rows, 7000), [5001, 5004, 6000]);
  t.true(ports.rows.every(({ netns }) => netns === inode));
  t.deepEqual(ports.header.filters, {
    port: null,
    ports: [
      [5001, 5004],
      [6000, 6000],
    ],
    netns: { name: namespace, inode },
  });
  t.deepEqual(
    ports.header.interfaces.map(({ name, mtu }) => [name, mtu]),
    [["lo", 9000]],
  );
  t.is(ports.header.sysctl["net.ipv4.tcp_sack"], "0");
  t.true(Object.keys(ports.header.sysctl).length > 50);
  const v4 = await rowsOf((await captured(t, [...all, "--host", "10.78.0.0/16"])).path);
  t.deepEqual(portsOf(v4.rows, 7000), [5005]);
  const both = await rowsOf((await captured(t, [...all, "--host", "fd00:77::/64", "--host", "10.78.0.1"])).path);
  t.deepEqual(portsOf(both.rows, 7000), [5005, 5006]);
});

/** The filter as documented in docs/tpp-format.md. */
function isSampled({ saddr, sport, daddr, dport }: Row, sample: number): boolean {
  const word = (address: string): bigint => BigInt(Buffer.from(address.split(".").map(Number)).readUInt32LE());
  const mask = 2n ** 64n - 1n;
  let hash = word(saddr) ^ word(daddr) ^ (BigInt(sport ^ dport) << 32n);
  hash ^= hash >> 33n;
  hash = (hash * 0xff51afd7ed558ccdn) & mask;
  hash ^= hash >> 33n;
  hash = (hash * 0xc4ceb9fe1a85ec53n) & mask;
  hash ^= hash >> 33n;
  return ((hash >> 32n) * BigInt(sample)) >> 32n === 0n;
}

live("bpf: a sample holds whole connections, both ends, those that the documented hash says", async (t) => {
  t.timeout(120_000);
  const namespace = makeNamespace(t);
  const connections = await connectIn(t, namespace, Array(30).fill(["10.77.0.1", 5001]));
  const args = ["--source", "bpf", "--netns", namespace];
  const during = async (): Promise<void> => {
    await wait(300);
    await connections.more();
    await wait(300);
    await connections.end();
    await wait(200);
  };
  const [whole, sample] = await Promise.all([
    captured(t, args, during),
    captured(t, [...args, "--sample", "1/3"], () => wait(1500)),
  ]);
  const ends = (rows: readonly Row[]) => new Set(rows.map(({ sport, dport }) => `${sport}>${dport}`));
  const all = ends((await rowsOf(whole.path)).rows);
  const { rows, header } = await rowsOf(sample.path);
  t.is(header.filters.sample, 3);
  t.true(rows.every((row) => isSampled(row, 3)));
  const some = ends(rows);
  t.true(some.size > 10 && some.size < all.size * 0.6, `${some.size} of ${all.size}`);
  for (const end of some) t.true(some.has(end.split(">").reverse().join(">")), end);
});

live("bpf: of one process what it opens, and what it had open already", async (t) => {
  t.timeout(120_000);
  const namespace = makeNamespace(t);
  const wanted = await connectIn(t, namespace, [["10.77.0.1", 5001]]);
  await connectIn(t, namespace, [["10.77.0.1", 5002]]);
  const { path } = await captured(t, ["--source", "bpf", "--pid", String(wanted.pid)], async () => {
    await wait(300);
    await wanted.more();
    await wait(500);
  });
  const { rows, header } = await rowsOf(path);
  t.is(header.filters.pid, wanted.pid);
  t.deepEqual(portsOf(rows, 5010), [5001]);
  const clients = new Set(rows.filter(({ dport }) => dport === 5001).map(({ sport }) => sport));
  t.is(clients.size, 2, "the earlier connection and the one opened during the capture");
});

live("bpf: a container's processes by their cgroup, those below it too", async (t) => {
  t.timeout(120_000);
  const { path: root } = findCgroup("/");
  const outer = join(root, `tcpp-test-${process.pid}`);
  const inner = join(outer, "inner");
  mkdirSync(inner, { recursive: true });
  t.teardown(async () => {
    for (let tries = 0; tries < 50; tries += 1) {
      try {
        rmdirSync(inner);
        rmdirSync(outer);
        return;
      } catch {
        await wait(100); // its last process is still ending
      }
    }
  });
  const namespace = makeNamespace(t);
  const enter = ["sh", "-c", `echo $$ >${inner}/cgroup.procs; exec "$@"`, "sh"];
  await connectIn(t, namespace, [["10.77.0.1", 5001]], enter);
  await connectIn(t, namespace, [["10.77.0.1", 5002]]);
  for (const folder of [inner, outer]) {
    const { rows, header } = await rowsOf((await captured(t, ["--source", "bpf", "--cgroup", folder])).path);
    t.deepEqual(portsOf(rows, 5010), [5001], folder);
    t.is(header.filters.cgroup?.path, folder);
  }
});

live("tracefs and ss: ranges of ports; ss: hosts, in another namespace", async (t) => {
  t.timeout(120_000);
  const namespace = makeNamespace(t);
  await connectIn(t, namespace, [
    ["10.77.0.1", 25001],
    ["10.78.0.1", 25003],
    ["10.77.0.1", 26000],
  ]);
  const probes = textOf((await captured(t, ["--source", "tracefs", "--port", "25001-25003", "--port", "7"])).path);
  t.regex(probes, /:25001 /);
  t.regex(probes, /:25003 /);
  t.notRegex(probes, /:26000 /);
  const polls = textOf(
    (await captured(t, ["--source", "ss", "--netns", namespace, "--port", "25001-25003", "--host", "10.78.0.0/24"]))
      .path,
  );
  t.regex(polls, /:25003 /);
  t.notRegex(polls, /:2[56]00[01] /);
});

async function captureWithin(namespace: string, args: readonly string[]): Promise<{ status: number; stderr: string }> {
  const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, bin, "run", ...args], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [status] = (await once(child, "close")) as [number];
  return { status, stderr };
}

live("behind `ip netns exec` every source captures, and the header has that namespace's interfaces", async (t) => {
  t.timeout(180_000);
  const namespace = makeNamespace(t);
  await connectIn(t, namespace, [["10.77.0.1", 25001]]);
  for (const source of ["bpf", "tracefs", "ss"]) {
    const path = join(temporaryDirectory(t), "a.tpp");
    const { status, stderr } = await captureWithin(namespace, ["--source", source, "--duration", "1s", "-o", path]);
    t.is(status, 0, stderr);
    const { header, trailer } = await verifyTpp(path);
    t.is(header?.source, source as "bpf");
    t.true(trailer!.lines > 5, `${source}: ${trailer!.lines}`);
    t.is(header?.sysctl["net.ipv4.tcp_sack"], "0", source);
    t.deepEqual(
      header?.interfaces.map(({ name, mtu }) => [name, mtu]),
      [["lo", 9000]],
      source,
    );
  }
});
