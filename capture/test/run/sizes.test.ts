/** How close files come to the requested sizes. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import ava, { type ExecutionContext } from "ava";
import { captureHere, headerBytes, temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";

const inNamespace = requires({ root: true, tools: ["unshare", "ip", "ss"] });
/** The smallest frame, with text that hardly compresses, and its checkpoint. */
const frameBytes = 64 * 1024;

/** Synthetic: 30 random numbers a line. zstd can at best halve them. */
function randomText(t: ExecutionContext, lines: number): { readonly folder: string; readonly text: string } {
  const folder = temporaryDirectory(t);
  const text = join(folder, "text");
  const chance = seededChance(5);
  const line = (): string => Array.from({ length: 30 }, () => Math.floor(chance() * 2 ** 30)).join(" ");
  writeFileSync(text, `${Array.from({ length: lines }, line).join("\n")}\n`);
  return { folder, text };
}

const behindHeader = (path: string): number => statSync(path).size - headerBytes(path);

ava("--max-size of a file's text is met to about a frame, and is why it ended", async (t) => {
  const { folder, text } = randomText(t, 20_000);
  for (const [size, bytes] of [
    ["100kB", 100e3],
    ["1MB", 1e6],
  ] as const) {
    const path = join(folder, `${size}.tpp`);
    t.is((await captureHere("run", "--kmod-file", text, "--max-size", size, "-o", path)).code, 0);
    const { trailer, damage } = await verifyTpp(path);
    t.deepEqual([damage, trailer?.reason], [[], "max size"]);
    const most = bytes + Math.max(frameBytes, bytes);
    t.true(behindHeader(path) >= bytes * 0.6 && behindHeader(path) <= most, `${size}: ${behindHeader(path)}`);
  }
});

ava("--rotate by size: so is each file of a set but the last", async (t) => {
  const { folder, text } = randomText(t, 10_000);
  const { code, err } = await captureHere(
    ...["run", "--kmod-file", text, "--rotate", "100kB", "-o", join(folder, "r.tpp")],
  );
  t.is(code, 0, err);
  const sizes = readdirSync(folder)
    .filter((name) => name.startsWith("r."))
    .map((name) => behindHeader(join(folder, name)));
  t.true(sizes.length >= 7, `${sizes}`);
  for (const size of sizes.slice(0, -1)) t.true(size >= 60e3 && size <= 220e3, `${sizes}`);
});

ava("a FIFO that goes on for ever: --max-size and --duration end it at once", async (t) => {
  const { folder, text } = randomText(t, 5000);
  for (const limit of [
    ["--max-size", "100kB"],
    ["--duration", "1"],
  ] as const) {
    const fifo = join(folder, `fifo${limit[0]}`);
    const path = `${fifo}.tpp`;
    execFileSync("mkfifo", [fifo]);
    const writer = spawn("sh", ["-c", 'exec 3>"$1"; while cat "$2" >&3; do :; done', "sh", fifo, text]);
    t.teardown(() => writer.kill());
    const { code, err } = await captureHere("run", "--kmod-file", fifo, ...limit, "-o", path);
    t.is(code, 0, err);
    const { trailer } = await verifyTpp(path);
    t.is(trailer?.reason, limit[0] === "--duration" ? "duration" : "max size");
    t.true((trailer?.duration_s ?? 99) < 8, `${trailer?.duration_s}`);
    if (limit[0] === "--max-size") t.true(behindHeader(path) < 250e3, `${behindHeader(path)}`);
  }
});

inNamespace("a header larger than --rotate or --max-size counts for nothing", async (t) => {
  const folder = temporaryDirectory(t);
  const bin = new URL("../../bin/capture.js", import.meta.url).pathname;
  const script = `mount -t sysfs sysfs /sys
    for i in $(seq 1 60); do ip link add ve$i type veth peer name vp$i; done
    "$1" "$2" run --quiet --source ss --interval 100 -o "$3/r.tpp" --rotate 50kB --duration 2
    "$1" "$2" run --quiet --source ss --interval 100 -o "$3/m.tpp" --max-size 50kB --duration 2`;
  execFileSync("unshare", ["-n", "-m", "sh", "-c", script, "sh", process.execPath, bin, folder]);
  const first = join(folder, "r.0001.tpp");
  t.true(headerBytes(first) > 50_000, "the header is small: this tests nothing");
  t.false(existsSync(join(folder, "r.0002.tpp")));
  for (const path of [first, join(folder, "m.tpp")]) t.is((await verifyTpp(path)).trailer?.reason, "duration");
});
