/** Names and owners of captures, and the message about an empty one. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { captureHere, live, temporaryDirectory } from "../../../test/support/capture.ts";
import { parseDuration } from "../../run/limits.ts";

const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
/** A port that nobody uses. */
const quiet = ["--source", "ss", "--port", "1", "--duration", "50ms"];

test("a duration is seconds, or has a unit", (t) => {
  t.deepEqual(["10", "0.5", ".5", "500ms", "90s", "10m", "1h", "1d", "1.5s"].map(parseDuration), [
    ...[10, 0.5, 0.5, 0.5, 90, 600, 3600, 86_400, 1.5],
  ]);
  for (const bad of ["5x", "0", "0ms", "1e3", "s", "5 s", "9999999", "constructor", "5constructor"])
    t.throws(() => parseDuration(bad), { name: "BadDurationError" }, bad);
});

test("without -o the file is called after the time, here, and said; two of one second are two files", (t) => {
  const cwd = temporaryDirectory(t);
  const names = new Set<string>();
  for (let times = 0; times < 2; times += 1) {
    const { status, stderr } = spawnSync(process.execPath, [bin, "run", ...quiet, "-f"], { cwd, encoding: "utf8" });
    t.is(status, 0, stderr);
    names.add(/capturing to (capture-\d{8}T\d{6}Z(?:-2)?\.tpp) for/.exec(stderr)?.[1] ?? stderr);
  }
  t.deepEqual(readdirSync(cwd).sort(), [...names].sort());
  t.is(names.size, 2);
});

test("an empty capture is none that failed: exit code 0, and why perhaps", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const { code, err } = await captureHere("run", ...quiet, "-o", path);
  t.is(code, 0, err);
  t.regex(
    err,
    /no record of port 1\. Perhaps nothing was established or nothing sent; does `ss -tn` show such a connection\?\n$/,
  );
});

test("--label is in the header; the file has the mode that was asked for, or is its user's alone", async (t) => {
  const directory = temporaryDirectory(t);
  const [shared, own] = ["shared.tpp", "own.tpp"].map((name) => join(directory, name)) as [string, string];
  t.is((await captureHere("run", ...quiet, "-o", shared, "--mode", "0664", "--label", "run 7: bbr")).code, 0);
  t.is((await captureHere("run", ...quiet, "-o", own)).code, 0);
  t.is((await verifyTpp(shared)).header?.label, "run 7: bbr");
  t.is((await verifyTpp(own)).header?.label, undefined);
  t.deepEqual(
    [shared, own].map((path) => statSync(path).mode & 0o777),
    [0o664, 0o600],
  );
});

live("under sudo the files of a set belong to who called it", async (t) => {
  const directory = temporaryDirectory(t);
  const env = { ...process.env, SUDO_USER: "somebody", SUDO_UID: "65534", SUDO_GID: "65533" };
  const args = [
    bin,
    "run",
    "--source",
    "ss",
    "--interval",
    "20",
    "--duration",
    "2.5s",
    "--rotate",
    "1s",
    "-o",
    "a.tpp",
  ];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: directory, env, encoding: "utf8" });
  t.is(status, 0, stderr);
  const files = readdirSync(directory);
  t.true(files.length > 1);
  for (const file of files) {
    const { uid, gid, mode } = statSync(join(directory, file));
    t.deepEqual([uid, gid, mode & 0o777], [65534, 65533, 0o600], file);
  }
});
