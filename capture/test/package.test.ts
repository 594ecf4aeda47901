import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { output } from "../../lab/command.ts";
import { live, startTraffic, temporaryDirectory } from "../../test/support/capture.ts";
import { type Installed, installPackage } from "../../test/support/package.ts";
import { isModuleSource } from "../module/build/sources.ts";

const maxInstalledBytes = 1_000_000;
let installed: Installed;

test.before((t) => {
  t.timeout(5 * 60 * 1000);
  installed = installPackage();
});
test.after.always(() => installed?.remove());

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("the package installs with commander and koffi and nothing else, under 1 MB without the latter", (t) => {
  t.deepEqual(
    readdirSync(installed.modules)
      .filter((name) => !name.startsWith("."))
      .sort(),
    ["@koromix", "@tcpprobe-plus", "commander", "koffi"],
  );
  t.deepEqual(readdirSync(join(installed.modules, "@tcpprobe-plus")), ["capture"]);
  const bytesOf = (names: readonly string[]): number =>
    names.flatMap((name) => filesIn(join(installed.modules, name))).reduce((sum, path) => sum + statSync(path).size, 0);
  const bytes = bytesOf(["@tcpprobe-plus", "commander"]);
  const koffiBytes = bytesOf(["koffi", "@koromix"]);
  const sizes = `${(bytes / 1000).toFixed(0)} kB installed, ${(koffiBytes / 1000).toFixed(0)} kB of koffi beside it`;
  t.log(`${sizes}, ${(statSync(installed.tarball).size / 1000).toFixed(0)} kB packed`);
  t.true(bytes < maxInstalledBytes, `${bytes} bytes`);
});

test("it holds no TypeScript, no tests, and nothing that leads out of it", (t) => {
  const files = filesIn(join(installed.modules, "@tcpprobe-plus/capture"));
  t.deepEqual(
    files.filter((path) => path.endsWith(".ts") || /\/test\//.test(path)),
    [],
  );
  const code = files.filter((path) => path.endsWith(".js"));
  t.deepEqual(
    code.filter((path) => readFileSync(path, "utf8").includes('"@tcpprobe-plus/tpp"')),
    [],
  );
});

test("it brings the module's sources, unchanged, the manual and the completions", (t) => {
  const dist = join(installed.modules, "@tcpprobe-plus/capture/dist");
  const kmod = new URL("../../kmod/", import.meta.url);
  for (const name of readdirSync(kmod).filter(isModuleSource)) {
    t.deepEqual(readFileSync(join(dist, "kmod", name)), readFileSync(new URL(name, kmod)));
  }
  t.true(existsSync(join(dist, "man/capture.1")));
  for (const shell of ["bash", "zsh", "fish"]) {
    const printed = execFileSync(process.execPath, [installed.bin, "completion", shell], { encoding: "utf8" });
    t.is(printed, readFileSync(new URL(`../completions/capture.${shell}`, import.meta.url), "utf8"));
  }
});

live("it captures", async (t) => {
  const traffic = await startTraffic(t, 1000, 5);
  const file = join(temporaryDirectory(t), "a.tpp");
  const args = ["run", "--port", String(traffic.port), "--duration", "1", "-o", file];
  const { status, stderr } = await output([process.execPath, installed.bin, ...args], { cwd: "/" });
  t.is(status, 0, stderr);
  const walk = await verifyTpp(file);
  t.deepEqual(walk.damage, []);
  t.true(walk.frames.length > 0);
});

const oldNode = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return Number(/^v(\d+)/.exec(stdout ?? "")?.[1] ?? 99) < 24;
});

(oldNode ? test : test.skip)("an older Node is told what is needed, in one line (69)", (t) => {
  const { status, stderr } = spawnSync(oldNode!, [installed.bin, "--version"], { encoding: "utf8" });
  t.is(status, 69);
  t.regex(stderr, /^capture: needs Node\.js 24 or later, this is v\d+\.\d+\.\d+\..*\n$/);
});
