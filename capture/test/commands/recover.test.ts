/**
 * `capture recover`: it never overwrites its input, writes all or nothing, keeps the output private, and reports an
 * error in one line.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { foreignText, verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { bombFrame, checkpointOf, metadataFrame, write } from "../../../test/hostile/frames.ts";
import { fullHeader } from "../../../test/hostile/metadata.ts";
import { captureHere, temporaryDirectory } from "../../../test/support/capture.ts";
import { fixture } from "../../../test/support/captures.ts";
import { requires } from "../../../test/support/requires.ts";

const recording = fixture("loopback");
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));

/** A recording with a part missing, in a folder of its own. */
function damaged(folder: string): string {
  const path = join(folder, "a.tpp");
  const bytes = readFileSync(recording);
  const at = Math.floor(bytes.length * 0.8); // after the header
  bytes.fill(0, at, at + 100);
  writeFileSync(path, bytes);
  return path;
}

const aliases: readonly (readonly [how: string, alias: (input: string, folder: string) => string])[] = [
  ["its own name", (input) => input],
  [
    "another spelling",
    (input, folder) => join(folder, ".", "sub", "..", "a.tpp").replace(folder, `${folder}/sub/..`) || input,
  ],
  [
    "a hard link",
    (input, folder) => {
      linkSync(input, join(folder, "hard.tpp"));
      return join(folder, "hard.tpp");
    },
  ],
  [
    "a symbolic link",
    (input, folder) => {
      symlinkSync(input, join(folder, "soft.tpp"));
      return join(folder, "soft.tpp");
    },
  ],
  [
    "a link in a folder that is a link",
    (_, folder) => {
      symlinkSync(folder, join(folder, "folder"));
      return join(folder, "folder", "a.tpp");
    },
  ],
];

for (const [how, alias] of aliases) {
  test(`recover -f onto its input by ${how} is refused (64), and the input stays`, async (t) => {
    const folder = temporaryDirectory(t);
    mkdirSync(join(folder, "sub"));
    const input = damaged(folder);
    const before = readFileSync(input);
    const output = alias(input, folder);
    const result = await captureHere("recover", input, "-o", output, "-f");
    t.is(result.code, 64);
    t.regex(result.err, /^capture: .*both input and output.*\n$/);
    t.true(readFileSync(input).equals(before));
    t.deepEqual(
      readdirSync(folder).filter((name) => /part/.test(name)),
      [],
    );
  });
}

requires({ root: true, tools: ["mount", "unshare"] })(
  "recover -f onto a bind mount of its input is refused, and the input stays",
  (t) => {
    const folder = temporaryDirectory(t);
    const input = damaged(folder);
    const before = readFileSync(input);
    const script = `touch "$2/b.tpp"; mount --bind "$1" "$2/b.tpp" && "$3" "$4" recover "$1" -o "$2/b.tpp" -f; echo "code $?"`;
    const out = execFileSync(
      "unshare",
      ["-m", "sh", "-c", `(${script}) 2>&1`, "sh", input, folder, process.execPath, bin],
      {
        encoding: "utf8",
      },
    );
    t.regex(out, /both input and output[\s\S]*code 64/);
    t.true(readFileSync(input).equals(before));
  },
);

test("recover to standard output that is the input is refused", (t) => {
  const folder = temporaryDirectory(t);
  const input = damaged(folder);
  const before = readFileSync(input);
  const out = execFileSync(
    "sh",
    ["-c", `"$2" "$3" recover "$1" -o - 2>&1 1>>"$1"; echo "code $?"`, "sh", input, process.execPath, bin],
    {
      encoding: "utf8",
    },
  );
  t.regex(out, /both input and output[\s\S]*code 64/);
  t.true(readFileSync(input).equals(before));
});

test("what was there under the output's name stays until the new file is whole, and for good when it cannot be", async (t) => {
  const folder = temporaryDirectory(t);
  const output = join(folder, "b.tpp");
  writeFileSync(output, "precious");
  const result = await captureHere("recover", damaged(folder), "-o", output);
  t.is(result.code, 73);
  t.is(readFileSync(output, "utf8"), "precious");
  writeFileSync(join(folder, "c.tpp"), Buffer.concat([metadataFrame("TPPH", { format: 1 }), Buffer.from("x")]));
  const refused = await captureHere("recover", join(folder, "c.tpp"), "-o", output, "-f");
  t.is(refused.code, 65);
  t.regex(refused.err, /^capture: .*header at byte 0 makes no sense: capture_id is missing.*\n$/);
  t.is(readFileSync(output, "utf8"), "precious");
  t.is((await captureHere("recover", damaged(folder), "-o", output, "-f")).code, 0);
  t.deepEqual((await verifyTpp(output)).damage, []);
  t.is(statSync(output).mode & 0o077, 0);
  t.deepEqual(readdirSync(folder).sort(), ["a.tpp", "b.tpp", "c.tpp"]);
});

requires({ root: true, tools: ["mount", "unshare"] })(
  "on a full disk nothing is left but what was there, and the same command does it once there is room (74)",
  (t) => {
    const folder = temporaryDirectory(t);
    const input = damaged(folder);
    mkdirSync(join(folder, "small"));
    const script = `
    mount -t tmpfs -o size=64k none "$2"; cd "$2"; head -c 52k /dev/zero > fill
    "$3" "$4" recover "$1" -o b.tpp; echo "code $?"; ls -A
    rm fill; "$3" "$4" recover "$1" -o b.tpp; echo "code $?"; ls -A`;
    const args = ["-m", "sh", "-c", `(${script}) 2>&1`, "sh", input, join(folder, "small"), process.execPath, bin];
    const out = execFileSync("unshare", args, { encoding: "utf8" });
    t.regex(out, /^capture: b\.tpp: no space left.*\ncode 74\nfill\n/);
    t.regex(out, /code 0\nb\.tpp\n$/);
  },
);

test("a signal ends it and nothing of the output is left", async (t) => {
  const folder = temporaryDirectory(t);
  const input = join(folder, "a.tpp");
  const frames = Array<Buffer>(150).fill(bombFrame(10));
  const header = metadataFrame("TPPH", fullHeader);
  const parts = [header];
  let [offset, before] = [header.length, { lines: 0, rawBytes: 0 }];
  for (const [index, frame] of frames.entries()) {
    const lines = 16 * 1024 * 1024;
    const metadata = metadataFrame("TPPC", checkpointOf(frame, { number: index + 1, offset, lines, before }));
    parts.push(frame, metadata);
    offset += frame.length + metadata.length;
    before = { lines: before.lines + lines, rawBytes: before.rawBytes + lines };
  }
  write(input, ...parts);
  const child = spawn(process.execPath, [
    bin,
    "recover",
    input,
    "-o",
    join(folder, "b.tpp"),
    "--max-expansion",
    "100000",
  ]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill("SIGTERM");
  const signal = await new Promise((resolve) => child.on("close", (_, by) => resolve(by)));
  t.is(signal, "SIGTERM");
  t.deepEqual(readdirSync(folder), ["a.tpp"]);
});

test("a file that holds more text than it may is refused (65) with the option that lifts it, and read with that", async (t) => {
  const folder = temporaryDirectory(t);
  const frame = bombFrame(97);
  const header = metadataFrame("TPPH", fullHeader);
  const parts = [header];
  let [offset, before] = [header.length, { lines: 0, rawBytes: 0 }];
  for (let number = 1; number <= 6; number += 1) {
    const metadata = metadataFrame("TPPC", checkpointOf(frame, { number, offset, lines: 1, before }));
    parts.push(frame, metadata);
    offset += frame.length + metadata.length;
    before = { lines: number, rawBytes: number * 16 * 1024 * 1024 };
  }
  const input = write(join(folder, "a.tpp"), ...parts);
  const output = join(folder, "b.tpp");
  const refused = await captureHere("recover", input, "-o", output);
  t.is(refused.code, 65);
  t.regex(refused.err, /^capture: .*claims 100663296 bytes of text in \d+ of file, .*--max-expansion (\d+)\.\n$/);
  t.false(existsSync(output));
  const [, needed] = /--max-expansion (\d+)/.exec(refused.err)!;
  t.is((await captureHere("recover", input, "-o", output, "--max-expansion", needed!)).code, 0);
  t.is((await verifyTpp(output, { maxExpansion: Number(needed) })).trailer?.lines, 6);
});

test("inputs that cannot be read say so in one line: a folder and what is not there (66), a pipe (65)", async (t) => {
  const folder = temporaryDirectory(t);
  execFileSync("mkfifo", [join(folder, "fifo")]);
  for (const [input, code, message] of [
    [folder, 66, /EISDIR/],
    [join(folder, "none"), 66, /ENOENT/],
    [join(folder, "fifo"), 65, /not a regular file/],
  ] as const) {
    const result = await captureHere("recover", input, "-o", join(folder, "b.tpp"));
    t.is(result.code, code, result.err);
    t.regex(result.err, /^capture: [^\n]+\n$/);
    t.regex(result.err, message);
  }
});

test("names and damages are shown so that they cannot steer a terminal", async (t) => {
  const folder = temporaryDirectory(t);
  const input = join(folder, "a\u001b[2J\nwhole; forged.tpp");
  copyFileSync(recording, input);
  appendFileSync(input, "more");
  const result = await captureHere("recover", input, "-o", join(folder, "b.tpp"));
  t.is(result.code, 0);
  t.true(result.err.includes(foreignText(input)));
  for (const line of result.err.trimEnd().split("\n")) t.regex(line, /^capture: /);
  t.false(result.err.includes("\u001b"));
});
