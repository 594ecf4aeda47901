/**
 * Temporary files that have no room, or no directory: one line that says where and what to do, the documented exit
 * code, nothing left.
 */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { hasTool, isRoot } from "../../lab/machine.ts";
import { fixture, temporaryDirectory } from "../../test/support/analyze.ts";
import { requires } from "../../test/support/requires.ts";

const bin = fileURLToPath(new URL("../bin/analyze.js", import.meta.url));
const kmod = fixture("kmod-loss");

/** The mount is its process's alone, and gone with it. The last line is what is left in the directory. */
const inSmallDirectory = `mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99
export TMPDIR="$2"; shift 2; "$@"; code=$?; ls -A "$TMPDIR"; exit $code`;
const small = (size: string, directory: string, ...command: string[]) =>
  spawnSync("unshare", ["-m", "sh", "-c", inSmallDirectory, "sh", size, directory, ...command], { encoding: "utf8" });

const canMount = isRoot && hasTool("unshare") && small("64k", "/mnt", "true").status === 0;
const testOnTmpfs = requires({ root: true, tools: ["unshare"], also: { "leave to mount a tmpfs": canMount } });

const noSpace = (directory: string) =>
  `analyze: cannot write temporary files to ${directory}: no space is left there. Free some, or name a directory with more in the environment variable TMPDIR.\n`;

const cases: [what: string, size: () => Promise<string>, args: string[]][] = [
  ["the records", async () => "64k", ["flows", fixture("shaped-loss"), "--no-cache"]],
  ["the first records of a small capture", async () => "4k", ["events", kmod, "--no-cache"]],
  [
    "what a query cannot hold in memory (2.3 GB to sort)",
    async () => "8m",
    [
      "sql",
      kmod,
      "SELECT s FROM (SELECT repeat(hash(range)::VARCHAR, 60) AS s FROM range(2000000)) ORDER BY s LIMIT 1 OFFSET 1500000",
    ],
  ],
];
for (const [what, size, args] of cases) {
  testOnTmpfs(`no room for ${what}: one line, 73, nothing left`, async (t) => {
    const directory = temporaryDirectory(t);
    const { status, stdout, stderr } = small(await size(), directory, process.execPath, bin, ...args);
    t.is(stderr, noSpace(directory));
    t.is(status, 73);
    t.is(stdout, "");
  });
}

testOnTmpfs("flows of a capture that is not kept writes nothing, so it needs no room", (t) => {
  const { status, stderr } = small("4k", temporaryDirectory(t), process.execPath, bin, "flows", kmod, "--no-cache");
  t.is(stderr, "");
  t.is(status, 0);
});

test("a TMPDIR that is not there, or no directory, is named, and not made", (t) => {
  const missing = join(temporaryDirectory(t), "missing");
  const file = join(temporaryDirectory(t), "file");
  writeFileSync(file, "");
  for (const [directory, why] of [
    [missing, "there is no such directory"],
    [file, "it is no directory"],
  ] as const) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "flows", kmod], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: directory },
    });
    t.is(
      stderr,
      `analyze: cannot write temporary files to ${directory}: ${why}. Name another directory in the environment variable TMPDIR.\n`,
    );
    t.is(status, 73);
    t.is(stdout, "");
  }
  t.false(existsSync(missing));
});
