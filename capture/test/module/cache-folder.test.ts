/** The folder for modules that root loads: nobody else may be able to change it. */
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { requires } from "../../../test/support/requires.ts";
import { buildModule, builtBefore } from "../../module/build/build.ts";
import { cacheFolder, checkFolder, makeFolder, openModule } from "../../module/build/cache-folder.ts";
import { hostKernel, type Kernel } from "../../module/build/requirements.ts";
import { moduleSources } from "../../module/build/sources.ts";

const test = requires({ root: true, tools: ["make"] });
const nobody = 65534;

/** A folder below one that only root can write to. */
function trusted(t: ExecutionContext): string {
  const folder = mkdtempSync("/run/capture-test-");
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A kernel whose makefile makes a module with this text. */
function toyKernel(folder: string, content: string): Kernel {
  mkdirSync(join(folder, "modules/build"), { recursive: true });
  const makefile = `modules:\n\tsleep 1\n\tprintf '%s' '${content}' >$(M)/tcpprobe_plus.ko\n`;
  writeFileSync(join(folder, "modules/build/Makefile"), makefile);
  return { release: "6.0-toy", version: "v", modules: join(folder, "modules") };
}

test("neither HOME nor XDG_CACHE_HOME decides where root builds", (t) => {
  const before = { ...process.env };
  t.teardown(() => Object.assign(process.env, before));
  process.env.HOME = process.env.XDG_CACHE_HOME = "/tmp/somebody";
  t.is(cacheFolder(), "/var/cache/tcpprobe_plus/module-builds");
});

test("it is made for root alone, and every folder above it is looked at", (t) => {
  const folder = trusted(t);
  const cache = join(folder, "a/b");
  makeFolder(cache);
  t.notThrows(() => checkFolder(cache));
  for (const [change, message] of [
    [() => chmodSync(folder, 0o777), /others than root may write to it/],
    [() => chmodSync(folder, 0o1777), /others than root may write to it/],
    [() => chmodSync(folder, 0o775), /others than root may write to it/],
    [() => chownSync(folder, nobody, nobody), /belongs to user 65534/],
  ] as const) {
    chmodSync(folder, 0o755);
    chownSync(folder, 0, 0);
    change();
    t.throws(() => makeFolder(cache), { name: "CacheError", message });
    t.throws(() => makeFolder(join(cache, "c")), { name: "CacheError", message });
  }
});

test("a folder below /tmp is none, nor is one behind a link", (t) => {
  const shared = mkdtempSync(join(tmpdir(), "capture-cache-"));
  t.teardown(() => rmSync(shared, { recursive: true }));
  t.throws(() => makeFolder(join(shared, "cache")), { message: /^\/tmp: .*others than root may write to it/ });
  const folder = trusted(t);
  mkdirSync(join(folder, "real"));
  symlinkSync("real", join(folder, "link"));
  t.throws(() => checkFolder(join(folder, "link")), { message: /link: .*it is a symbolic link/ });
});

test("a module is loaded only when it is a file of root's alone, with one name", (t) => {
  const folder = trusted(t);
  const path = join(folder, "tcpprobe_plus.ko");
  writeFileSync(path, "module", { mode: 0o600 });
  const fd = openModule(path);
  renameSync(path, `${path}.old`);
  writeFileSync(path, "another", { mode: 0o600 });
  t.is(readFileSync(`/proc/self/fd/${fd}`, "utf8"), "module", "what was checked is what insmod gets");
  t.is(fstatSync(fd).size, 6);
  closeSync(fd);
  for (const change of [
    () => chmodSync(path, 0o660),
    () => chownSync(path, nobody, 0),
    () => linkSync(path, join(folder, "other")),
  ]) {
    rmSync(join(folder, "other"), { force: true });
    chownSync(path, 0, 0);
    chmodSync(path, 0o600);
    change();
    t.throws(() => openModule(path), { name: "CacheError", message: /not a file that only root may write to/ });
  }
  rmSync(path);
  symlinkSync(`${path}.old`, path);
  t.throws(() => openModule(path), { name: "CacheError", message: /ELOOP/ });
});

test("what is built is kept, found again, and not taken once others may write it", async (t) => {
  const folder = trusted(t);
  const cache = join(folder, "cache");
  const kernel = toyKernel(folder, "module");
  const sources = moduleSources();
  t.is(builtBefore(kernel, sources, cache), null);
  const { path } = await buildModule(kernel, sources, () => {}, cache);
  t.is(readFileSync(path, "utf8"), "module");
  t.is(builtBefore(kernel, sources, cache), path);
  chmodSync(cache, 0o777);
  t.throws(() => builtBefore(kernel, sources, cache), { name: "CacheError" });
  await t.throwsAsync(
    buildModule(kernel, sources, () => {}, cache),
    { name: "CacheError", message: /root alone may write to it and to every folder above/ },
  );
});

test("a build that fails names its first error and its log, and leaves nothing else", async (t) => {
  const folder = trusted(t);
  const cache = join(folder, "cache");
  const kernel = { ...hostKernel(), modules: join(folder, "nothing") };
  const error = await t.throwsAsync(
    buildModule(kernel, moduleSources(), () => {}, cache),
    { name: "ModuleBuildError" },
  );
  const log = /The whole log is (\S+);/.exec(error?.message ?? "")?.[1] ?? "";
  t.regex(readFileSync(log, "utf8"), /nothing\/build/);
  t.is(builtBefore(kernel, moduleSources(), cache), null);
  rmSync(log);
  t.false(existsSync(log));
});
