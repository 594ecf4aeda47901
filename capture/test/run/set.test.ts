/** Rotated sets and limits, with real text of the module. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import {
  captureHere,
  headerBytes,
  live,
  moduleText,
  startCapture,
  startTraffic,
  temporaryDirectory,
  textOf,
} from "../../../test/support/capture.ts";
import { numberedPath } from "../../run/file-set.ts";
import { parseRotation, parseSize } from "../../run/limits.ts";

const text = moduleText("loss");

test("sizes and times with their units; m is minutes, M is megabytes", (t) => {
  t.deepEqual(["500k", "1.5MB", "2GiB", "10000B"].map(parseSize), [500_000, 1_500_000, 2 ** 31, 10_000]);
  t.deepEqual(parseRotation("10m"), { seconds: 600 });
  t.deepEqual(parseRotation("10M"), { bytes: 10_000_000 });
  t.deepEqual(["90s", "1h", "2d"].map(parseRotation), [{ seconds: 90 }, { seconds: 3600 }, { seconds: 172_800 }]);
  for (const bad of ["", "5", "5x", "-5MB", "1kB", "MB"]) t.throws(() => parseSize(bad), { name: "BadSizeError" });
  for (const bad of ["", "0s", "5", "1B", "s"]) t.throws(() => parseRotation(bad), { name: "BadRotationError" });
});

test("numbers stand before the suffix", (t) => {
  t.is(numberedPath("/a.b/run1.tpp", 7), "/a.b/run1.0007.tpp");
  t.is(numberedPath("run1", 12345), "run1.12345");
});

test("--rotate by size: each file whole, the set has every byte in order, all but the last say rotated", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "text"), Buffer.concat(Array.from({ length: 40 }, () => text)));
  const { code, err } = await captureHere(
    ...["run", "--kmod-file", join(directory, "text"), "-o", join(directory, "run1.tpp"), "--rotate", "150kB"],
  );
  t.is(code, 0, err);
  const names = readdirSync(directory).filter((name) => name.endsWith(".tpp"));
  t.true(names.length >= 3, `${names}`);
  t.false(existsSync(join(directory, "run1.tpp")));
  t.is(names.map((name) => textOf(join(directory, name))).join(""), text.toString("latin1").repeat(40));
  const walks = await Promise.all(names.map((name) => verifyTpp(join(directory, name))));
  t.deepEqual(
    walks.flatMap(({ damage }) => damage),
    [],
  );
  t.deepEqual(
    walks.map(({ header }) => header?.set?.number),
    names.map((_name, index) => index + 1),
  );
  t.is(new Set(walks.map(({ header }) => header?.set?.id)).size, 1);
  t.is(new Set(walks.map(({ header }) => header?.capture_id)).size, names.length);
  t.is(new Set(walks.map(({ header }) => header?.clock.zero_monotonic_ns)).size, 1);
  t.deepEqual(
    walks.map(({ trailer }) => trailer?.reason),
    [...names.slice(1).map(() => "rotated"), "source ended"],
  );
});

test("--keep leaves the newest, an earlier set is refused, and removed with -f", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "text"), Buffer.concat(Array.from({ length: 40 }, () => text)));
  const run = (...more: string[]) =>
    captureHere(
      ...["run", "--kmod-file", join(directory, "text"), "-o", join(directory, "a.tpp"), "--rotate", "150kB", ...more],
    );
  const files = () => readdirSync(directory).filter((name) => name.endsWith(".tpp"));
  t.is((await run("--keep", "2")).code, 0);
  const kept = files();
  t.is(kept.length, 2);
  t.true(kept[0] !== "a.0001.tpp");
  t.is((await verifyTpp(join(directory, kept[1]!))).trailer?.reason, "source ended");
  const refused = await run();
  t.is(refused.code, 73);
  t.regex(refused.err, /exists already/);
  const again = await run("-f");
  t.is(again.code, 0, again.err);
  t.regex(again.err, /removed 2 files of an earlier set/);
  t.is(files()[0], "a.0001.tpp");
});

live("--max-size ends it about there, and says so", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 300, 1);
  const args = ["--source", "tracefs", "--port", String(traffic.port), "--max-size", "50kB", "--duration", "60"];
  const running = await startCapture(t, [...args, "-o", path]);
  t.is(await running.ended, 0);
  t.regex(running.err(), /\(max size\)/);
  const { trailer, fileBytes, damage } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.is(trailer?.reason, "max size");
  const behindHeader = fileBytes - headerBytes(path);
  t.true(behindHeader > 45_000 && behindHeader < 75_000, `${behindHeader}`);
});

test("a higher --level makes a smaller file of the same bytes", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "text"), text);
  const sizes: number[] = [];
  for (const level of ["1", "19"]) {
    const path = join(directory, `${level}.tpp`);
    await captureHere("run", "--kmod-file", join(directory, "text"), "-o", path, "--level", level);
    t.is(textOf(path), text.toString("latin1"));
    sizes.push((await verifyTpp(path)).fileBytes);
  }
  t.true(sizes[1]! < sizes[0]! * 0.9, `${sizes}`);
});
