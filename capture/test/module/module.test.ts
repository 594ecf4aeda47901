/** Load, unload, status and doctor, as far as they can be tested without a module. load.test.ts has the rest. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { live, program, silentIo, temporaryDirectory } from "../../../test/support/capture.ts";
import { main } from "../../cli.ts";
import { statusText, watchHead, watchLine } from "../../commands/status-text.ts";
import { fromError } from "../../doctor/finding.ts";
import { findingOf } from "../../doctor/interfaces.ts";
import { findingsText } from "../../doctor/text.ts";
import { firstError } from "../../module/build/build.ts";
import { insertError, StaleModuleError } from "../../module/build/insert.ts";
import { addSetting, asKept, parameters } from "../../module/build/parameters.ts";
import { removeModule } from "../../module/build/remove.ts";
import { buildProblems, hostKernel, isRealTime } from "../../module/build/requirements.ts";
import { ModuleRightsError, NoHeadersError, NoKmodToolsError, SignatureNeededError } from "../../module/errors.ts";
import { type ModuleStatus, ratesBetween, statusOf } from "../../module/status.ts";
import { processNamespace } from "../../system/process.ts";
import { painter, wrap } from "../../terminal/lines.ts";
import { defaultBufferKb, findTracefs } from "../../tracefs/trace-instance.ts";

const capture = async (...args: string[]) => {
  const io = silentIo();
  const code = await main(["node", "capture", ...args], io);
  return { code, out: io.out, err: io.err };
};
const oneLine = /^capture: .*\S.*\n$/;
const plain = painter(silentIo().stdout);
const loaded = existsSync("/sys/module/tcpprobe_plus");

const usage: [string[], RegExp][] = [
  [["load", "--port", "70000"], /from 0 to 65535/],
  [["load", "--port", "http"], /from 0 to 65535/],
  [["load", "--set", "port"], /port=0 to port=65535/],
  [["load", "--set", "bufsize=0"], /bufsize=1 to/],
  [["load", "--set", "speed=1"], /Give one of bufsize/],
  [["load", "--set", "full=-1"], /full=0 to full=1/],
  [["status", "--watch", "0"], /from 0\.1/],
  [["status", "--watch", "soon"], /seconds/],
  [["completion", "tcsh"], /bash, zsh, fish/],
  [["doctor", "--repair"], /unknown option/],
];
for (const [args, message] of usage) {
  test(`capture ${args.join(" ")}: one line, exit code 64`, async (t) => {
    const { code, err } = await capture(...args);
    t.is(code, 64);
    t.regex(err, oneLine);
    t.regex(err, message);
  });
}

test("parameters and their limits are those of kmod/sysctl.c", (t) => {
  const text = readFileSync(new URL("../../../kmod/sysctl.c", import.meta.url), "utf8");
  const rows = [...text.matchAll(/\{ "(\w+)", &tcpp_conf\.\w+, ([^,]+), ([^,]+),\s*(0\d+) \}/g)];
  const number = (c: string): number => (/^1U << \d+$/.test(c) ? 2 ** Number(c.slice(6)) : Number(c));
  t.deepEqual(
    rows.map(([, name, least, most, mode]) => [name, number(least!), number(most!), mode === "0444"]),
    parameters.map(({ name, least, most, onlyAtLoad }) => [name, least, most, onlyAtLoad]),
  );
});

test("--set collects settings; bufsize and hashsize are kept as powers of two", (t) => {
  t.deepEqual(addSetting("full=0", addSetting("port=0080")), { port: "80", full: "0" });
  t.is(asKept("bufsize", "5000"), "8192");
  t.is(asKept("bufsize", "8192"), "8192");
  t.is(asKept("hashsize", "0"), "0");
  t.is(asKept("probetime", "5"), "5");
});

(loaded ? test.skip : test)("without the module: status 69 with the next step, unload nothing to do", async (t) => {
  const status = await capture("status");
  t.is(status.code, 69);
  t.regex(status.err, /^capture: .*`capture load`.*\n$/);
  const json = await capture("status", "--json");
  t.is(json.code, 69);
  t.deepEqual(JSON.parse(json.out), { loaded: false });
  t.deepEqual(await capture("unload"), { code: 0, out: "", err: "capture: the module is not loaded\n" });
});

(existsSync("/proc/modules") ? test.skip : test)(
  "a kernel without modules: load says so (69), doctor too",
  async (t) => {
    const { code, err } = await capture("load");
    if (process.getuid?.() !== 0) return t.is(code, 77);
    t.is(code, 69);
    t.regex(err, /^capture: this kernel \(\S+\) is built without loadable modules\. .*tracefs.*\n$/);
    const { findings } = JSON.parse((await capture("doctor", "--json")).out);
    const about = findings.filter(({ section }: { section: string }) => section === "module");
    t.deepEqual(
      about.map(({ name, state }: { name: string; state: string }) => [name, state]),
      [["kernel", "problem"]],
    );
  },
);

test("doctor: every section, and no line wider than the page", async (t) => {
  const { code, out } = await capture("doctor");
  t.true([0, 69].includes(code));
  for (const section of ["sources", "module", "tracing", "interfaces", "clock", "rings", "left behind"]) {
    t.regex(out, new RegExp(`^${section}$`, "m"));
  }
  for (const line of out.split("\n")) t.true(line.length <= 100, line);
});

live("doctor finds a tracing instance that a killed capture left, and removes it only with --fix", async (t) => {
  const child = spawn("true");
  await once(child, "close");
  const name = `tcpprobe_plus-${child.pid}-1-${processNamespace()}`;
  const left = join(findTracefs(), "instances", name);
  mkdirSync(left);
  const found = JSON.parse((await capture("doctor", "--json")).out).findings;
  const own = found.filter(({ section }: { section: string }) => section === "left behind");
  t.regex(own[0].text, new RegExp(name));
  t.regex(own[0].next, /doctor --fix/);
  t.true(existsSync(left));
  t.regex((await capture("doctor", "--fix")).err, new RegExp(`removed the tracing instance ${name}`));
  t.false(existsSync(left));
});

test("offloads: what is on, and the command that switches exactly that off", (t) => {
  const offloads = {
    "tcp-segmentation-offload": true,
    "generic-receive-offload": true,
    "large-receive-offload": false,
  };
  const finding = findingOf({ name: "eth0", mtu: 1500, qdisc: "fq", offloads });
  t.regex(finding.next ?? "", /^ethtool -K eth0 tso off gro off$/);
  t.is(findingOf({ name: "eth0", mtu: 1500, qdisc: "fq", offloads: {} }).state, "ok");
  t.is(findingOf({ name: "eth0", mtu: 1500, qdisc: null, offloads: null }).state, "unknown");
});

test("each error says the next step last, which doctor shows on a line of its own", (t) => {
  for (const error of [
    new NoHeadersError("6.1.0-50-amd64", "/lib/modules/6.1.0-50-amd64/build"),
    new NoKmodToolsError("insmod"),
    new SignatureNeededError("lockdown: integrity"),
    new ModuleRightsError("loading", false),
  ]) {
    const { text, next } = fromError(error);
    t.log(`${text} → ${next}`);
    t.true(text.length > 0 && (next === null || error.message.endsWith(`${next}.`)));
  }
  const { next } = fromError(new NoHeadersError("6.1.0-50-amd64", "/lib"));
  t.regex(next ?? "", /linux-headers-6\.1\.0-50-amd64; Fedora: dnf install kernel-devel-6\.1\.0-50-amd64$/);
});

test("what insmod says becomes one line with the next step", (t) => {
  const said = (reason: string): string => `insmod: ERROR: could not insert module /x/tcpprobe_plus.ko: ${reason}\n`;
  t.true(insertError(said("Key was rejected by service"), null) instanceof SignatureNeededError);
  t.true(
    insertError(said("Operation not permitted"), "Lockdown: insmod: unsigned module loading is restricted") instanceof
      SignatureNeededError,
  );
  t.true(insertError(said("Invalid module format"), null) instanceof StaleModuleError);
  t.regex(
    insertError(said("Cannot allocate memory"), null).message,
    /\(Cannot allocate memory\)\. Give a smaller --set bufsize/,
  );
  t.regex(
    insertError(said("Unknown symbol in module"), "tcpprobe_plus: Unknown symbol foo (err -2)").message,
    /Unknown symbol foo/,
  );
  t.regex(insertError(said("Device or resource busy"), null).message, /dmesg/);
});

test("PREEMPT_RT is told by the kernel's own version", (t) => {
  const kernel = { release: "6.1.0-50-rt-amd64", modules: "/lib/modules/6.1.0-50-rt-amd64" };
  t.true(isRealTime({ ...kernel, version: "#1 SMP PREEMPT_RT Debian 6.1.170-3 (2026-07-02)" }));
  t.false(isRealTime({ ...kernel, version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (2026-07-02)" }));
});

test("without headers the folder that lacks them and both packages are named", (t) => {
  const kernel = { ...hostKernel(), modules: join(temporaryDirectory(t), "nothing") };
  t.regex(buildProblems(kernel)[0]?.message ?? "", /nothing\/build: not there.*linux-headers-.*kernel-devel-/);
});

test("of a compiler's complaints the first is shown, without the path", (t) => {
  const log =
    "  CC [M]  /root/.cache/x/ring.o\n/root/.cache/x/ring.c:12:3: error: expected ‘;’\n/root/x/ring.c:13:1: error: more\nmake[2]: *** [Makefile:250] Error 1\n";
  t.is(firstError(log), "ring.c:12:3: error: expected ‘;’");
  t.is(
    firstError("make: *** No rule to make target 'modules'.  Stop.\n"),
    "make: *** No rule to make target 'modules'.  Stop",
  );
});

test.serial("unload says that it waits", async (t) => {
  const folder = temporaryDirectory(t);
  program(folder, "rmmod", "sleep 3");
  chmodSync(folder, 0o755);
  const path = process.env.PATH;
  const user = process.geteuid?.() ?? 0;
  process.env.PATH = `${folder}:${path}`;
  process.seteuid?.(user || 65534); // root takes no program from PATH
  t.teardown(() => {
    process.seteuid?.(user);
    process.env.PATH = path;
  });
  const lines: string[] = [];
  const { seconds } = await removeModule((line) => lines.push(line));
  t.true(seconds >= 3);
  t.is(lines.length, 1);
  t.regex(lines[0] ?? "", /waiting for the kernel: every task/);
});

/** The module's statistics text, from a recording whose ring overflowed. */
async function realStatus(): Promise<ModuleStatus> {
  const file = fileURLToPath(new URL("../../../test/fixtures/kmod-overflow-extended.tpp", import.meta.url));
  const { header, trailer } = await walkTpp(file);
  return statusOf(trailer?.statistics?.end ?? "", header?.module_sysctl ?? {}, [], 0n);
}

test("status of a module's own text: every number in its place", async (t) => {
  const { settings: _settings, fields, hooks, ...numbers } = await realStatus();
  t.is(fields.length, 45);
  t.is(hooks.length, 8);
  t.deepEqual(numbers, {
    version: "2.0.0",
    monotonic_ns: "0",
    readers: [],
    log: { open: false, open_s: null, written: 1470, read: 1470, lost: 303 },
    records: { written: 1470, read: 1470, lost: 303 },
    waiting: 0,
    flows: { active: 0, refused_limit: 0, refused_memory: 0 },
    ring: { records_per_cpu: 128, cpus: 2, kib: 64 },
    missed: 0,
  });
});

test("status on a terminal of 80 columns", async (t) => {
  const text = statusText(await realStatus(), 80, plain);
  t.true(text.split("\n").every((line) => line.length <= 80));
  t.is(
    text.split("\n").slice(0, 7).join("\n"),
    `module      tcpprobe_plus 2.0.0, loaded
reader      none, so nothing is recorded
last log    1 470 written, 1 470 read, 0 waiting, 303 lost
since load  1 470 written, 303 lost
flows       0 followed of at most 1 000, none refused
ring        128 records for each of 2 CPUs, 65.5 kB
settings    bufsize 128, debug 0, extended 1, full 1, hashsize 16384, maxflows`,
  );
});

test("rates are differences by time, and lines have their columns", async (t) => {
  const before = { ...(await realStatus()), monotonic_ns: "1000000000" };
  const records = {
    written: before.records.written + 500,
    read: before.records.read + 400,
    lost: before.records.lost + 10,
  };
  const rates = ratesBetween(before, { ...before, records, monotonic_ns: "3000000000" });
  t.deepEqual(rates, { written_per_s: 250, read_per_s: 200, lost_per_s: 5 });
  const line = watchLine(before, rates, "12:00:00", plain);
  t.is(line.indexOf("250") + 3, watchHead().indexOf("written/s") + "written/s".length);
});

test("colours only on a terminal, and not with NO_COLOR", (t) => {
  const io = silentIo(true);
  delete process.env.NO_COLOR;
  t.is(painter(io.stdout)("red", "x"), "\x1b[31mx\x1b[0m");
  t.is(plain("red", "x"), "x");
  process.env.NO_COLOR = "1";
  t.is(painter(io.stdout)("red", "x"), "x");
  delete process.env.NO_COLOR;
});

test("lines are cut between words", (t) => {
  t.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  t.deepEqual(wrap("incomprehensible word", 7), ["incomprehensible", "word"]);
  const text = findingsText(
    [{ section: "module", name: "a", state: "ok", text: "b ".repeat(60), next: "c" }],
    40,
    plain,
  );
  t.true(text.split("\n").every((line) => line.length <= 40));
});

test("the rings of all CPUs together stay within bounds", (t) => {
  t.is(defaultBufferKb(2), 16 * 1024);
  t.is(defaultBufferKb(64), 4 * 1024);
});
