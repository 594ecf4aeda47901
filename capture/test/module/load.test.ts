/**
 * Load, status, doctor and unload in a booted guest, with capture as its package installs it. The module is built
 * there, as for a user of that Debian release. The guest runs guest-load/load.sh.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { boot, type Evidence, splatsIn } from "../../../kmod/test/harness/boot.ts";
import { kernelNamed } from "../../../kmod/test/harness/kernels.ts";
import { missingForGuests } from "../../../kmod/test/harness/needs.ts";
import { sh } from "../../../kmod/test/harness/sh.ts";
import { tree } from "../../../kmod/test/harness/tree.ts";
import { installPackage } from "../../../test/support/package.ts";

const missing = missingForGuests();
const script = fileURLToPath(new URL("../guest-load", import.meta.url));
let guest: Evidence | undefined;

/**
 * The guest takes one or two minutes on an idle machine, mostly for the build, and several times that on a busy one.
 */
const limitS = 2400;

test.before(async (t) => {
  t.timeout((limitS + 300) * 1000);
  if (missing) return t.log(`no guest: ${missing}`);
  const installed = installPackage();
  const executable = join(installed.folder, "capture");
  sh(process.execPath, [fileURLToPath(new URL("../../../scripts/build/sea.ts", import.meta.url)), executable]);
  try {
    guest = await boot(await tree(kernelNamed("6.1")), {
      name: "load",
      files: [installed.modules, process.execPath, executable, script],
      command: "sh guest-load/load.sh",
      limit: limitS,
    });
  } finally {
    installed.remove();
  }
});

interface Step {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const text = (name: string): string => guest!.text(join("load", name));
const step = (name: string): Step => ({
  code: Number(text(`${name}.code`)),
  out: text(`${name}.out`),
  err: text(`${name}.err`),
});

function inGuest(claim: string, check: (t: ExecutionContext) => void): void {
  if (missing && process.env.CI !== "true") test.skip(`${claim} (${missing})`, () => {});
  else test.serial(claim, (t) => (guest ? check(t) : t.fail(missing ?? "the guest did not run")));
}

/** Checks that a step ends with this exit code and one matching line on standard error. */
function says(t: ExecutionContext, name: string, code: number, line: RegExp): void {
  const { code: ended, err } = step(name);
  t.is(ended, code, `${name}: ${err}`);
  t.regex(err.trimEnd().split("\n").at(-1) ?? "", line, name);
  t.notRegex(err, /unexpected error|\n {4}at /, name);
}

interface Finding {
  readonly section: string;
  readonly name: string;
  readonly state: string;
  readonly text: string;
}

const findings = (name: string): Finding[] => (JSON.parse(step(name).out) as { findings: Finding[] }).findings;

inGuest("each thing that loading lacks is one line with the next step", (t) => {
  says(t, "load-without-root", 77, /^capture: loading a kernel module needs root: run it with sudo\.$/);
  says(
    t,
    "load-without-headers",
    69,
    /headers of this kernel are not installed.*linux-headers-6\.1\.\S+;.*kernel-devel-6\.1/,
  );
  says(t, "load-without-compiler", 69, /^capture: no C compiler \(looked for gcc-12, gcc\).*apt-get install gcc/);
  says(t, "load-without-make", 69, /^capture: no make .*apt-get install make/);
  says(t, "load-without-insmod", 69, /^capture: insmod is not installed.*apt-get install kmod/);
});

inGuest("sources that do not compile: the first error and the log, and nothing is left to be loaded", (t) => {
  says(
    t,
    "load-broken",
    69,
    /does not build for 6\.1\S+: \w+\.c:1:10: fatal error: not-there\.h: No such file or directory\. The whole log is \/var\/cache\/\S+\.log/,
  );
  t.regex(text("after-broken.txt"), /^6\.1\S+\.log\n$/);
});

inGuest("load builds the module, keeps it for this kernel and these sources, and loads it with its settings", (t) => {
  says(t, "load", 0, /the module 2\.1\.0 is loaded \(built in \d+ s\): port 5001, 8 192 records for each CPU$/);
  t.regex(step("load").err, /^capture: building the module 2\.1\.0 for 6\.1\S+; this takes a moment$/m);
  t.regex(text("cache.txt"), /-rw------- .* tcpprobe_plus\.ko$/m);
  t.regex(text("cache.txt"), /build\.log$/m);
  t.notRegex(text("cache.txt"), /\.o$/m);
});

inGuest("load of a loaded module changes the settings at once, or says that there is nothing to change", (t) => {
  says(t, "load-again", 0, /was loaded already; port set to 5002 \(was 5001\)$/);
  says(t, "load-same", 0, /was loaded already; nothing changed$/);
  says(
    t,
    "load-fixed",
    75,
    /bufsize is fixed while the module is loaded \(it is 8192, not 65536\)\. `capture unload` first/,
  );
  t.is(text("port.txt"), "5002\n");
});

inGuest("status shows the module, and as JSON the same; without it the next step", (t) => {
  says(t, "status-without", 69, /`capture load`/);
  const { out } = step("status");
  t.regex(out, /^module +tcpprobe_plus 2\.1\.0, loaded$/m);
  t.regex(out, /^reader +none/m);
  t.regex(out, /^ring +8 192 records for each of 2 CPUs, 4\.19 MB$/m);
  t.regex(out, /port 5002/);
  const json = JSON.parse(step("status-json").out);
  t.is(json.loaded, true);
  t.is(json.version, "2.1.0");
  t.is(json.settings.port, "5002");
  t.is(json.fields.length, 45);
  says(t, "elsewhere", 69, /another.*nsenter -t 1 -n/);
});

inGuest("doctor: what works, with the module and without, on a terminal of 80 columns", (t) => {
  t.is(step("doctor-without").code, 0);
  t.regex(step("doctor-without").out, /tracefs +usable.*--source auto takes it/);
  t.regex(step("doctor-without").out, /building +possible: headers in \/lib\/modules\/6\.1/);
  const { out, code } = step("doctor");
  t.is(code, 0);
  const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
  t.regex(out, colour);
  const lines = out.replaceAll("\r", "").replace(colour, "").split("\n");
  t.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  t.regex(lines.join("\n"), /kmod +usable: module 2\.1\.0; --source auto takes it/);
  const found = findings("doctor-json");
  t.is(found.find(({ section, name }) => section === "sources" && name === "ss")?.state, "ok");
  t.regex(found.find(({ section, name }) => section === "rings" && name === "kmod")?.text ?? "", /8 192 records/);
});

inGuest("doctor as a plain user: ss works, the others need root", (t) => {
  const { code, out } = step("doctor-without-root");
  t.is(code, 0);
  t.regex(out, /ss +usable, without root; --source auto takes it/);
});

inGuest("unload names who reads and refuses; with --force the reader gets the rest, then the end", (t) => {
  const pid = text("reader.txt").trim();
  says(t, "unload-busy", 75, new RegExp(`in use: sleep 1000 \\(pid ${pid}, root\\) reads it.*--force`));
  t.regex(step("status-busy").out, new RegExp(`^reader +sleep 1000 \\(pid ${pid}, root\\), for \\d`, "m"));
  t.regex(step("unload-force").err, /unloaded while in use by cat \/proc\/net\/tcpprobe \(pid \d+, root\)/);
  says(t, "unload-force", 0, /^capture: the module is unloaded \(\d+\.\d s\)$/);
  t.notRegex(text("lsmod.txt"), /tcpprobe_plus/);
  says(t, "unload-without", 0, /^capture: the module is not loaded$/);
});

inGuest("status --watch prints rates until Ctrl-C", (t) => {
  const out = text("watch.txt");
  t.is(step("watch").code, 0);
  const [head = "", first = "", ...rest] = out.trimEnd().split("\n");
  t.regex(head, /^time +written\/s +read\/s +lost\/s +waiting +flows +lost +reader$/);
  t.regex(first, / - +- +- /);
  t.true(rest.length >= 1, out);
  t.true(
    rest.some((line) => /^\d\d:\d\d:\d\d +[1-9]/.test(line)),
    out,
  );
  const objects = text("watch-json.txt")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.is(objects[0].rates, null);
  for (const { loaded } of objects) t.true(loaded);
});

inGuest("load takes what it built before; a module of another build of the kernel is built again", (t) => {
  says(t, "load-cached", 0, /is loaded \(built earlier\)/);
  says(t, "load-stale", 69, /no make/);
});

inGuest("doctor finds the settings that a killed capture left, and puts them back only when asked", (t) => {
  t.is(text("port-killed.txt"), "7000\n");
  t.regex(step("doctor-left").out, /settings +of a capture that was killed \(pid \d+\): port 7000 \(was 0\)/);
  t.regex(step("doctor-fix").err, /put the module's setting port back from 7000 to 0/);
  t.is(text("port-fixed.txt"), "0\n");
});

inGuest("the single executable has the same sources inside, and takes what was built of them", (t) => {
  says(t, "load-executable", 0, /is loaded \(built earlier\)/);
  says(t, "unload-executable", 0, /unloaded/);
});

inGuest("load prefers the module that is installed for the kernel", (t) => {
  says(t, "load-installed", 0, /is loaded \(installed for this kernel\): port 5003/);
  says(t, "unload-installed", 0, /unloaded/);
});

inGuest("signatures, lockdown, modules switched off: what the kernel refuses is said with the way out", (t) => {
  says(t, "load-unsigned-installed", 69, /takes signed modules only \(.*DKMS.*mokutil.*--source tracefs/);
  says(t, "load-unsigned", 69, /takes signed modules only \(module\.sig_enforce\)/);
  says(t, "load-lockdown", 69, /takes signed modules only \(lockdown: integrity, as with Secure Boot\)/);
  says(t, "load-disabled", 69, /kernel\.modules_disabled=1/);
});

inGuest("nothing in the kernel log", (t) => {
  t.deepEqual(splatsIn(guest!.dmesg), []);
});
