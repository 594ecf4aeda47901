/** Files that others have put where a capture writes, and files that do not belong to it. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { captureHere, moduleText, startCapture, temporaryDirectory, textOf } from "../../../test/support/capture.ts";
import { fixture } from "../../../test/support/captures.ts";
import { requires } from "../../../test/support/requires.ts";
import { numberedPath } from "../../run/file-set.ts";

const test = requires({ tools: ["ss", "zstd"] });
const asRoot = requires({ root: true, tools: ["ss", "mount"] });
const recording = fixture("shaped-loss");
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));

/** A folder with a short text of the module in it. */
function folderWithText(t: ExecutionContext): { readonly folder: string; readonly text: string } {
  const folder = temporaryDirectory(t);
  const text = join(folder, "text");
  writeFileSync(text, "0 1.000000000 a\n");
  return { folder, text };
}

const run = (text: string, output: string, ...more: string[]) =>
  captureHere("run", "--quiet", "--kmod-file", text, "-o", output, ...more);

test("--rotate -f removes nothing that does not say itself that it is a file of a set, and names it", async (t) => {
  const { folder, text } = folderWithText(t);
  const names = ["eth0.20261124.tpp", "eth0.20261125.tpp"]; // captures by their day
  for (const name of names) writeFileSync(join(folder, name), readFileSync(recording));
  writeFileSync(join(folder, "backup.1732550400"), "data");
  for (const [output, named] of [
    ["eth0.tpp", "eth0.20261124.tpp"],
    ["backup", "backup.1732550400"],
  ] as const) {
    for (const force of [["-f"], []]) {
      const { code, err } = await run(text, join(folder, output), "--rotate", "1h", ...force);
      t.is(code, 73);
      t.true(err.includes(`${join(folder, named)}: is named like a file of the set`), err);
    }
  }
  t.deepEqual(readdirSync(folder).sort(), ["backup.1732550400", ...names, "text"]);
});

test("of an earlier set only files whose header has the number of their name go", async (t) => {
  const { folder, text } = folderWithText(t);
  const output = join(folder, "a.tpp");
  t.is((await run(text, output, "--rotate", "1h")).code, 0);
  renameSync(join(folder, "a.0001.tpp"), join(folder, "a.0007.tpp"));
  const { code, err } = await run(text, output, "--rotate", "1h", "-f");
  t.is(code, 73);
  t.regex(err, /a\.0007\.tpp: is named like/);
  renameSync(join(folder, "a.0007.tpp"), join(folder, "a.0001.tpp"));
  symlinkSync("a.0001.tpp", join(folder, "a.0002.tpp"));
  t.is((await run(text, output, "--rotate", "1h", "-f")).code, 73, "a link is no file of a set");
  unlinkSync(join(folder, "a.0002.tpp"));
  t.is((await run(text, output, "--rotate", "1h", "-f")).code, 0);
});

test("a folder that is named like a file of the set is named (73)", async (t) => {
  const { folder, text } = folderWithText(t);
  mkdirSync(join(folder, "ls.0001.tpp"));
  const { code, err } = await run(text, join(folder, "ls.tpp"), "--rotate", "1h", "-f");
  t.is(code, 73);
  t.regex(err, /^capture: .*ls\.0001\.tpp: is named like a file of the set.*\n$/);
});

test("a folder as output is refused, also with a suffix and a slash, and nothing is made beside it", async (t) => {
  const { folder, text } = folderWithText(t);
  mkdirSync(join(folder, "a.b"));
  for (const output of ["a.b", "a.b/", "new.d/"]) {
    for (const rotate of [["--rotate", "1h"], []]) {
      t.is((await run(text, `${folder}/${output}`, ...rotate, "-f")).code, 73, output);
    }
  }
  t.deepEqual(readdirSync(folder).sort(), ["a.b", "text"]);
  t.is(numberedPath("/x.y/run", 2), "/x.y/run.0002");
});

test.serial(
  "a later file of a set is not written through a link that somebody has put there; its name is another",
  async (t) => {
    const folder = temporaryDirectory(t);
    const victim = join(folder, "victim");
    writeFileSync(victim, "precious");
    const output = join(folder, "run.tpp");
    const running = await startCapture(t, ["--source", "ss", "-f", "-o", output, "--rotate", "1s", "--interval", "50"]);
    symlinkSync(victim, join(folder, "run.0003.tpp"));
    writeFileSync(join(folder, "run.0004.tpp"), "not ours");
    for (let tries = 0; tries < 400 && !existsSync(join(folder, "run.0005.tpp")); tries += 1) await wait(50);
    running.child.kill("SIGINT");
    t.is(await running.ended, 0, running.err());
    t.is(readFileSync(victim, "utf8"), "precious");
    t.is(readFileSync(join(folder, "run.0004.tpp"), "utf8"), "not ours");
    for (const number of [3, 4]) {
      const path = join(folder, `run.000${number}-2.tpp`);
      const { header, damage } = await verifyTpp(path);
      t.deepEqual([header?.set?.number, damage], [number, []]);
      t.true(running.err().includes(`${path} is file ${number} of the set: its usual name is taken`));
    }
  },
);

test("-f follows no link, and writes over no device but what takes characters", async (t) => {
  const { folder, text } = folderWithText(t);
  writeFileSync(join(folder, "victim"), "precious");
  symlinkSync("victim", join(folder, "link.tpp"));
  const { code, err } = await run(text, join(folder, "link.tpp"), "-f");
  t.is(code, 73);
  t.regex(err, /link\.tpp: is a symbolic link, which is not followed/);
  t.is(readFileSync(join(folder, "victim"), "utf8"), "precious");
  t.is((await run(text, "/dev/null", "-f")).code, 0);
  t.true(lstatSync("/dev/null").isCharacterDevice());
});

test("-f makes a new file: another name of the old one keeps its content", async (t) => {
  const { folder, text } = folderWithText(t);
  const [old, other] = [join(folder, "a.tpp"), join(folder, "other")];
  writeFileSync(old, "precious");
  linkSync(old, other);
  t.is((await run(text, old, "-f")).code, 0);
  t.is(readFileSync(other, "utf8"), "precious");
  t.deepEqual((await verifyTpp(old)).damage, []);
});

test("a capture is for its user alone", async (t) => {
  const { folder, text } = folderWithText(t);
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  await run(text, join(folder, "a.tpp"));
  chmodSync(join(folder, "a.tpp"), 0o666);
  await run(text, join(folder, "a.tpp"), "-f");
  t.is(statSync(join(folder, "a.tpp")).mode & 0o777, 0o600);
});

asRoot("under sudo it belongs to who called sudo", (t) => {
  const { folder, text } = folderWithText(t);
  const path = join(folder, "a.tpp");
  const env = { ...process.env, SUDO_USER: "somebody", SUDO_UID: "4321", SUDO_GID: "4322" };
  const args = [bin, "run", "--quiet", "--kmod-file", text, "-o", path];
  t.is(spawnSync(process.execPath, args, { env }).status, 0);
  const { uid, gid, mode } = statSync(path);
  t.deepEqual([uid, gid, mode & 0o777], [4321, 4322, 0o600]);
});

test("the file that is read is not written over, under whatever name", async (t) => {
  const { folder, text } = folderWithText(t);
  linkSync(text, join(folder, "hard"));
  symlinkSync("text", join(folder, "soft"));
  for (const output of ["text", "hard", "soft", `../${folder.split("/").at(-1)}/text`]) {
    const { code, err } = await run(text, join(folder, output), "-f");
    t.is(code, 64, output);
    t.regex(err, /is both input and output/);
  }
  t.is(readFileSync(text, "utf8"), "0 1.000000000 a\n");
});

asRoot("nor is it through a bind mount; recover neither", async (t) => {
  const { folder, text } = folderWithText(t);
  const [capture, mounted] = [join(folder, "a.tpp"), join(folder, "mounted")];
  await run(text, capture);
  const before = readFileSync(capture);
  writeFileSync(mounted, "");
  execFileSync("mount", ["--bind", capture, mounted]);
  t.teardown(() => execFileSync("umount", [mounted]));
  t.is((await captureHere("recover", capture, "-o", mounted, "-f")).code, 64);
  linkSync(capture, join(folder, "hard.tpp"));
  t.is((await captureHere("recover", capture, "-o", join(folder, "hard.tpp"), "-f")).code, 64);
  t.deepEqual(readFileSync(capture), before);
});

function replace(path: string): void {
  rmSync(path);
  writeFileSync(path, "x");
}

const meanwhile: [string, (path: string) => void, RegExp][] = [
  ["deleted", unlinkSync, /was deleted while it was written: what it held is gone/],
  ["replaced", (path) => replace(path), /was (replaced|deleted)/],
  ["moved", (path) => renameSync(path, `${path}.moved`), /was moved away while it was written/],
  ["written by another", (path) => appendFileSync(path, "x"), /was written by another process, too/],
];
for (const [what, change, message] of meanwhile) {
  test(`a file that is ${what} while it is written is said (74)`, async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const running = await startCapture(t, ["--source", "ss", "-o", path]);
    change(path);
    running.child.kill("SIGINT");
    t.is(await running.ended, 74, running.err());
    t.regex(running.err(), message);
    t.regex(running.err(), /\(writing failed\)/);
  });
}

test("two captures to one file: the first says that it has lost it, the second is whole", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const first = await startCapture(t, ["--source", "ss", "-o", path]);
  t.is((await captureHere("run", "--source", "ss", "-o", path, "--duration", "0.2")).code, 73);
  const second = await startCapture(t, ["--source", "ss", "-f", "-o", path, "--duration", "0.5"]);
  t.is(await second.ended, 0, second.err());
  first.child.kill("SIGINT");
  t.is(await first.ended, 74, first.err());
  t.deepEqual((await verifyTpp(path)).damage, []);
});

test.serial("--keep takes away only files that it has written", async (t) => {
  const folder = temporaryDirectory(t);
  const text = join(folder, "text");
  writeFileSync(text, Buffer.concat(Array.from({ length: 20 }, () => moduleText("loss"))));
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  const running = startCapture(t, [
    ...["--kmod-file", fifo, "-o", join(folder, "k.tpp"), "--rotate", "60kB", "--keep", "1"],
  ]);
  const writer = spawn("sh", ["-c", `exec 3>"$1"; head -c 4000000 "$2" >&3; sleep 5; cat "$2" >&3`, "sh", fifo, text]);
  t.teardown(() => writer.kill());
  const { ended, err } = await running;
  for (let tries = 0; tries < 400 && !existsSync(join(folder, "k.0002.tpp")); tries += 1) await wait(10);
  const last = (): string =>
    readdirSync(folder)
      .filter((name) => name.startsWith("k."))
      .sort()
      .at(-1)!;
  await wait(2000);
  const replaced = join(folder, last());
  rmSync(replaced);
  writeFileSync(replaced, "somebody else's");
  await ended;
  t.is(readFileSync(replaced, "utf8"), "somebody else's");
  t.regex(err(), /was (replaced by another file|deleted)/);
});

test("-f onto a FIFO that nobody reads: it says so at once", async (t) => {
  const folder = temporaryDirectory(t);
  const fifo = join(folder, "fifo.tpp");
  execFileSync("mkfifo", [fifo]);
  const { code, err } = await captureHere("run", "--source", "ss", "-f", "-o", fifo, "--duration", "1");
  t.is(code, 73);
  t.regex(err, /fifo\.tpp: is a FIFO that nobody reads from\. Start its reader first\.\n$/);
  const reader = spawn("sh", ["-c", `cat "$1" >"$2"`, "sh", fifo, join(folder, "read.tpp")]);
  const done = new Promise((resolve) => reader.once("close", resolve));
  await wait(200);
  const read = await captureHere("run", "--source", "ss", "-f", "-o", fifo, "--duration", "0.5");
  t.is(read.code, 0, read.err);
  await done;
  t.deepEqual((await verifyTpp(join(folder, "read.tpp"))).damage, []);
});

asRoot("where the header does not fit, -f leaves the old file as it was", async (t) => {
  const { folder, text } = folderWithText(t);
  const small = join(folder, "small");
  mkdirSync(small);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]);
  t.teardown(() => execFileSync("umount", [small]));
  const old = join(small, "a.tpp");
  writeFileSync(old, "x".repeat(30_000));
  writeFileSync(join(small, "fill"), "x".repeat(26_000));
  const { code } = await run(text, old, "-f");
  t.is(code, 74);
  t.is(readFileSync(old, "utf8"), "x".repeat(30_000));
  t.deepEqual(readdirSync(small).sort(), ["a.tpp", "fill"]);
});

test("text of the kind that terminals obey is shown by its number", async (t) => {
  const { folder, text } = folderWithText(t);
  const name = "a\x1b[2J\n\u202eb.tpp";
  const { code, err } = await captureHere("run", "--kmod-file", text, "-o", join(folder, name));
  t.is(code, 0);
  t.true(err.includes("a\\x1b[2J\\x0a\\u{202e}b.tpp"), err);
  t.false(err.includes("\x1b") || err.includes("\u202e"));
  const option = await captureHere("run", "-o", "x", "--\x1b[2J");
  t.is(option.code, 64);
  t.false(option.err.includes("\x1b"));
  t.is(textOf(join(folder, name)), "0 1.000000000 a\n");
});
