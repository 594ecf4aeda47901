/** The system programs that capture starts: which ones, in which environment, and what happens if they misbehave. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import ava, { type ExecutionContext } from "ava";
import { program, temporaryDirectory, withProgram } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { readQdiscs } from "../../snapshot/interfaces.ts";

const asRoot = requires({ root: true, tools: ["ss", "tc", "unshare", "mount", "setpriv"] });
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));

const run = ([command, args]: [string, string[]]) =>
  spawnSync(command, args, { encoding: "utf8", timeout: 120_000, killSignal: "SIGKILL" });

const odd = `echo '[{"kind":"hfsc","handle":"1:","dev":"eth0","root":true,"refcnt":2,"options":{default 0x1 }}]'`;

asRoot("root takes no program from PATH", (t) => {
  const directory = temporaryDirectory(t);
  const folder = join(directory, "node_modules/.bin");
  for (const name of ["ss", "tc", "ethtool", "getent", "setpriv", "make", "insmod", "sh", "cat"]) {
    program(folder, name, `echo "$0" >>${directory}/started; exit 1`);
  }
  const args = [bin, "run", "--source", "ss", "-o", join(directory, "a.tpp"), "--duration", "0.3"];
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  t.is(status, 0, stderr);
  spawnSync(process.execPath, [bin, "doctor"], { env });
  t.false(existsSync(join(directory, "started")));
});

asRoot("a plain user's own programs are taken", (t) => {
  const directory = temporaryDirectory(t);
  const ss = program(directory, "ss", "exit 0");
  const path = `${directory}:${process.env.PATH}`;
  const look = `const { findProgram } = await import(${JSON.stringify(new URL("../../system/programs.ts", import.meta.url).href)});
    process.env.PATH = ${JSON.stringify(path)}; process.seteuid(65534); console.log(findProgram("ss"));`;
  spawnSync("chmod", ["755", directory]);
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", look], { encoding: "utf8" });
  t.is(stdout, `${ss}\n`);
});

asRoot("root's programs get no variables but language and path", (t) => {
  const directory = temporaryDirectory(t);
  const stand = program(directory, "tc", `env | sort >${directory}/environment; echo '[]'`);
  const env = { ...process.env, MAKEFILES: "x", BASH_ENV: "x", TC_LIB_DIR: "/tmp", HOME: "/tmp" };
  const [command, args] = withProgram("tc", stand, "run", "--quiet", "--source", "ss", "--duration", "0.2");
  const { status, stderr } = spawnSync(command, [...args, "-o", join(directory, "a.tpp")], { env, encoding: "utf8" });
  t.is(status, 0, stderr);
  const names = readFileSync(join(directory, "environment"), "utf8").match(/^\w+(?==)/gm) ?? [];
  t.deepEqual(
    names.filter((name) => !["PWD", "_", "SHLVL", "OLDPWD"].includes(name)),
    ["LC_ALL", "PATH"],
  );
});

asRoot("tc that prints no JSON, or dies, is a note, for run and for doctor", async (t) => {
  for (const [script, note] of [
    [odd, "printed invalid JSON"],
    ["echo 5", "printed invalid JSON"],
    ["kill -SEGV $$", "is not installed or failed"],
    ["sleep 60", "is not installed or failed"],
  ] as const) {
    const directory = temporaryDirectory(t);
    const stand = program(directory, "tc", script);
    const path = join(directory, "a.tpp");
    const { status, stderr } = run(
      withProgram("tc", stand, ...["run", "--source", "ss", "--duration", "0.2", "-o", path]),
    );
    t.is(status, 0, stderr);
    const { header } = await verifyTpp(path);
    t.true(header?.notes?.includes(`qdiscs unknown: \`tc\` (iproute2) ${note}`), JSON.stringify(header?.notes));
    t.true(header?.interfaces.every(({ qdisc }) => qdisc === null));
  }
  const doctor = run(withProgram("tc", program(temporaryDirectory(t), "tc", odd), "doctor", "--json"));
  t.is(doctor.status, 0, doctor.stderr);
  t.true(doctor.stdout.includes("printed invalid JSON"));
});

asRoot(
  "an ethtool that hangs delays the start by some seconds at most, however many interfaces there are",
  async (t) => {
    const directory = temporaryDirectory(t);
    const stand = program(directory, "ethtool", `echo x >>${directory}/asked; sleep 60; :`);
    const path = join(directory, "a.tpp");
    const [command, args] = withProgram("ethtool", stand, "run", "--source", "ss", "--duration", "0.2", "-o", path);
    const links =
      'for i in $(seq 20); do ip link add ve$i type veth peer name vp$i; done; mount -t sysfs sysfs /sys; exec "$@"';
    t.is(run(["unshare", ["-n", "-m", "sh", "-c", links, "sh", command, ...args]]).status, 0);
    const { header } = await verifyTpp(path);
    t.true((header?.interfaces.length ?? 0) >= 40);
    t.true(header?.notes?.includes("offloads unknown: `ethtool` is not installed or failed"));
    t.true(readFileSync(join(directory, "asked"), "utf8").length / 2 <= 3);
  },
);

ava("of tc's list only what has the form of one is read", (t) => {
  t.deepEqual(
    [...(readQdiscs('[{"kind":"fq","dev":"eth0","root":true},{"kind":"x","dev":"y"}]') ?? [])],
    [["eth0", "fq"]],
  );
  for (const bad of ["5", "{}", '"x"', "[", "null"]) t.is(readQdiscs(bad), null, bad);
  for (const nothing of ["", "[]", "[null]", '[{"kind":7,"dev":"a","root":true}]', '[{"kind":"a","root":true}]']) {
    t.deepEqual([...(readQdiscs(nothing) ?? ["none"])], [], nothing);
  }
});

/** An ss that answers once and then hangs, with a child that keeps its output open. */
const hanging = (folder: string): string =>
  program(folder, "ss", `[ -e ${folder}/asked ] || { : >${folder}/asked; exit 0; }; sleep 60; :`);

function start(t: ExecutionContext, [command, args]: [string, string[]]) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr.on("data", (data: Buffer) => {
    err += data.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return { child, err: () => err, ended };
}

asRoot.serial("an ss that hangs keeps neither --duration nor a signal waiting", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "a.tpp");
  const running = start(t, withProgram("ss", hanging(directory), "run", "--source", "ss", "-o", path));
  while (!running.err().includes("capturing to")) await wait(20);
  await wait(300);
  const askedMs = performance.now();
  running.child.kill("SIGTERM");
  t.is(await running.ended, 0, running.err());
  t.true(performance.now() - askedMs < 8000, "ss itself is waited for 10 s");
  t.deepEqual((await verifyTpp(path)).damage, []);
});

asRoot.serial("an ss that hangs at the first try is left as soon as the capture is called off", async (t) => {
  const directory = temporaryDirectory(t);
  const stand = program(directory, "ss", `: >${directory}/asked; sleep 60; :`);
  const path = join(directory, "a.tpp");
  const running = start(t, withProgram("ss", stand, "run", "--source", "ss", "-o", path));
  while (!existsSync(join(directory, "asked"))) await wait(20);
  const askedMs = performance.now();
  running.child.kill("SIGTERM");
  t.is(await running.ended, 143, running.err());
  t.true(performance.now() - askedMs < 8000);
  t.regex(running.err(), /^capture: SIGTERM: called off before the capture began\. No file was made/m);
  t.false(existsSync(path));
});
