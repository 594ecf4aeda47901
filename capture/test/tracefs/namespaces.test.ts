/** Captures in containers: several pid namespaces, one tracefs. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import {
  instancesFolder,
  instancesOf,
  silentIo,
  startCapture,
  temporaryDirectory,
} from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { main } from "../../cli.ts";
import { everything } from "../../filter/filter.ts";
import { openTracefs } from "../../sources/tracefs.ts";
import { ownTag, processNamespace } from "../../system/process.ts";
import { findForeign, findLeftovers, removeForeign, removeLeftovers } from "../../tracefs/left-instances.ts";
import { TraceInstance } from "../../tracefs/trace-instance.ts";
import { killInNamespaces } from "../namespace-kills.ts";

const test = requires({ tracefs: true, tools: ["unshare"] });
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
const root = "/sys/kernel/tracing";
const inAnHour = (): number => Date.now() + 3_600_000;
const inContainer = ["-p", "-f", "--mount-proc", "--kill-child"];

test.serial("a second container captures beside the first, both as process 1", async (t) => {
  const directory = temporaryDirectory(t);
  const codes = await Promise.all(
    ["a.tpp", "b.tpp"].map((name) => {
      const args = [bin, "run", "--quiet", "--source", "tracefs", "-o", join(directory, name), "--duration", "2"];
      const child = spawn("unshare", [...inContainer, process.execPath, ...args], { stdio: "ignore" });
      return new Promise((resolve) => child.once("close", resolve));
    }),
  );
  t.deepEqual(codes, [0, 0]);
  for (const name of ["a.tpp", "b.tpp"]) t.deepEqual((await verifyTpp(join(directory, name))).damage, []);
});

test.serial("a capture of another namespace is never taken for a left one, however its pid is used here", async (t) => {
  const running = await startCapture(t, ["--source", "tracefs", "-o", join(temporaryDirectory(t), "a.tpp")]);
  const [name] = instancesOf(running.child.pid!);
  const script = `
    const { removeLeftovers, removeForeign } = await import(${JSON.stringify(new URL("../../tracefs/left-instances.ts", import.meta.url).href)});
    for (let count = 0; count < 200; count += 1) { removeLeftovers("${root}"); removeForeign("${root}", ${inAnHour()}); }`;
  const { status, stderr } = spawnSync("unshare", [
    ...inContainer,
    process.execPath,
    "--input-type=module",
    "-e",
    script,
  ]);
  t.is(status, 0, String(stderr));
  t.true(existsSync(join(instancesFolder, name!)));
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
});

test.serial("captures start while another namespace looks for left instances in a loop", async (t) => {
  const script = `
    const { removeLeftovers, removeForeign } = await import(${JSON.stringify(new URL("../../tracefs/left-instances.ts", import.meta.url).href)});
    for (;;) { removeLeftovers("${root}"); removeForeign("${root}"); }`;
  const looking = spawn("unshare", [...inContainer, process.execPath, "--input-type=module", "-e", script]);
  t.teardown(() => looking.kill("SIGKILL"));
  for (let count = 0; count < 10; count += 1) {
    const source = await openTracefs({ filter: everything, bufferSizeKb: 64, say: () => {} });
    source.start();
    source.halt();
    await source.dispose();
  }
  t.is(looking.exitCode, null);
});

/** An instance as left by a capture in another container. AVA runs teardowns in reverse order. */
function foreignInstance(t: { teardown(done: () => void): void }, number: number): string {
  const name = `tcpprobe_plus-1-${number}-${Number(processNamespace()) + 1}`;
  mkdirSync(join(instancesFolder, name));
  t.teardown(() => {
    if (existsSync(join(instancesFolder, name))) rmdirSync(join(instancesFolder, name));
  });
  return name;
}

test.serial("what a killed container has left is found when it is a minute old and nobody has it open", (t) => {
  const [left, used] = [foreignInstance(t, 1), foreignInstance(t, 2)];
  const held = openSync(join(instancesFolder, used, "trace"), "r");
  t.teardown(() => closeSync(held));
  const found = (nowMs: number) => {
    const { unused, unknown } = findForeign(root, nowMs);
    return [...unused, ...unknown].filter((name) => name === left || name === used);
  };
  t.deepEqual(found(Date.now()), [], "the time of grace");
  t.deepEqual(found(inAnHour()), [left]);
  t.deepEqual(
    removeLeftovers(root).filter((line) => line.includes(left)),
    [],
    "not the next capture's to judge",
  );
  const lines = removeForeign(root, inAnHour(), (name) => [left, used].includes(name));
  t.deepEqual(lines.length, 1);
  t.false(existsSync(join(instancesFolder, left)));
  t.true(existsSync(join(instancesFolder, used)));
});

test.serial("doctor names it, and says that only --fix removes it", async (t) => {
  const name = foreignInstance(t, 3);
  const nowMs = Date.now;
  Date.now = () => nowMs() + 3_600_000;
  t.teardown(() => {
    Date.now = nowMs;
  });
  const io = silentIo();
  await main(["node", "capture", "doctor", "--json"], io);
  const { findings } = JSON.parse(io.out) as { findings: { text: string; next: string }[] };
  const finding = findings.find(({ text }) => text.includes(name));
  t.regex(finding?.text ?? "", /other pid namespaces \(containers\), not open in any process/);
  t.regex(finding?.next ?? "", /doctor --fix/);
  t.true(existsSync(join(instancesFolder, name)));
});

test.serial("an instance of a process of this namespace whose pid is used again is left over", (t) => {
  const name = `tcpprobe_plus-${process.pid}-1-${processNamespace()}`; // of an earlier process with our pid
  mkdirSync(join(instancesFolder, name));
  t.true(findLeftovers(root).includes(name));
  removeLeftovers(root);
  t.false(existsSync(join(instancesFolder, name)));
});

test.serial("a name that is taken is left to who has it", async (t) => {
  const taken = join(instancesFolder, `tcpprobe_plus-${ownTag()}`);
  mkdirSync(taken);
  t.teardown(() => rmdirSync(taken));
  const instance = new TraceInstance(root);
  t.is(instance.path, `${taken}.2`);
  await instance.remove();
  t.true(existsSync(taken));
});

test.serial(
  "somebody who looks into the instance at the end keeps it, which is said; the capture is whole",
  async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const running = await startCapture(t, ["--source", "tracefs", "-o", path, "--", "sh", "-c", "sleep 1; exit 3"]);
    const [name] = instancesOf(running.child.pid!);
    const held = openSync(join(instancesFolder, name!, "trace"), "r");
    t.is(await running.ended, 3, running.err());
    t.regex(
      running.err(),
      /the tracing instance stays, because a process has a file of it open \(EBUSY\); it no longer records/,
    );
    t.deepEqual((await verifyTpp(path)).damage, []);
    closeSync(held);
    removeLeftovers(root);
    t.false(readdirSync(instancesFolder).includes(name!));
  },
);

test.serial("captures of two namespaces killed at random: no instance lost or taken", async (t) => {
  t.timeout(300_000);
  const { killed, ended, removed, problems } = await killInNamespaces(20, 3);
  t.log(`${killed} killed, ${ended} ended by themselves, ${removed} instances removed`);
  t.deepEqual(problems, []);
});
