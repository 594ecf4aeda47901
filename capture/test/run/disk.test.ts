/** Disks that fail in ways that no file system here can produce on demand. failing-disk.c intercepts the C library. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import ava from "ava";
import { startTraffic, temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";

const test = requires({ tools: ["gcc", "ss"] });
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "capture-disk-"));
const library = join(folder, "failing-disk.so");

test.before(() => {
  const source = fileURLToPath(new URL("./failing-disk.c", import.meta.url));
  execFileSync("gcc", ["-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source, "-ldl"]);
});
ava.after.always(() => rmSync(folder, { recursive: true, force: true }));

const run = (faults: NodeJS.ProcessEnv, ...args: string[]) =>
  spawnSync(process.execPath, [bin, "run", "--source", "ss", ...args], {
    encoding: "utf8",
    env: { ...process.env, LD_PRELOAD: library, ...faults },
  });

for (const [errno, code] of [
  [5, "EIO"],
  [28, "ENOSPC"],
  [122, "EDQUOT"],
] as const) {
  test(`fsync fails with ${code}: one line, exit code 74, and the totals do not say that all went well`, (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const { status, stderr } = run({ FSYNC_ERRNO: String(errno) }, "-o", path, "--duration", "0.3");
    t.is(status, 74, stderr);
    t.true(stderr.includes(`${path}: the disk did not confirm what was written (fsync: ${code})`), stderr);
    t.regex(stderr, /\(writing failed\)/);
    t.notRegex(stderr, /defect/);
  });
}

test("fsync of a file of a set fails: the same, and the file after it says why it is the last", async (t) => {
  const directory = temporaryDirectory(t);
  const args = ["-o", join(directory, "a.tpp"), "--rotate", "1s", "--duration", "9"];
  const { status, stderr } = run({ FSYNC_ERRNO: "28" }, ...args);
  t.is(status, 74, stderr);
  t.regex(stderr, /a\.0001\.tpp: the disk did not confirm/);
  const last = readdirSync(directory).sort().at(-1)!;
  t.is((await verifyTpp(join(directory, last))).trailer?.reason, "writing failed");
});

test("a part of a frame that cannot be cut off again is the end of the file, and said", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const { status, stderr } = run({ WRITE_FAILS: "3", TORN: "1" }, "-o", path, "--duration", "6");
  t.is(status, 74, stderr);
  t.regex(stderr, /\(EIO\), and the partial frame after them could not be removed; stopped\. `capture recover/);
  const { damage, trailer, frames } = await verifyTpp(path);
  // Half of a write is stored: a part of the frame or, if few connections are polled, all of it and a part of its
  // checkpoint.
  const kinds = damage.map(({ kind }) => kind);
  t.deepEqual([kinds, trailer ?? null], [frames.length === 1 ? ["cut"] : ["checkpoint", "cut"], null]);
});

test("records that could not be written are counted, never below 0: of a file, and where a file cannot be begun", async (t) => {
  const { port } = await startTraffic(t, 1000, 20);
  for (const [faults, more] of [
    [{ WRITE_FAILS: "2" }, []],
    [{ WRITE_FAILS: "3" }, []],
    [{ WRITE_FAILS: "3" }, ["--rotate", "1s"]],
    [{ WRITE_FAILS: "4" }, ["--rotate", "1s"]],
  ] as const) {
    const path = join(temporaryDirectory(t), "a.tpp");
    const args = ["--json", "--port", String(port), "--interval", "200", "-o", path, "--duration", "4", ...more];
    const child = spawn(process.execPath, [bin, "run", "--source", "ss", ...args], {
      env: { ...process.env, LD_PRELOAD: library, ...faults },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let err = "";
    child.stderr.on("data", (data: Buffer) => {
      err += data.toString();
    });
    t.is(await new Promise((resolve) => child.once("close", resolve)), 74);
    const events = err
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; records: number });
    for (const { event, records } of events) if (["status", "end"].includes(event)) t.true(records >= 0, err);
    // Each poll has a mark and two records, one for each end of the connection.
    t.is((events.find(({ event }) => event === "end")?.records ?? 1) % 2, 0, err);
  }
});

/** Starts the capture with standard output to a pipe of this size that nobody reads, then does `then`. */
const unread = (pipeBytes: number, then: string): string => `
import fcntl, os, signal, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, 1031, ${pipeBytes})
def fill():
    os.set_blocking(w, False)
    try:
        while True: os.write(w, b"x")
    except BlockingIOError: pass
    os.set_blocking(w, True)
def start():
    return subprocess.Popen(sys.argv[1:], stdout=w, stderr=subprocess.PIPE)
def said(p, text):
    while True:
        line = p.stderr.readline()
        if text in line or line == b"": return
${then}
try:
    print(p.wait(15))
except subprocess.TimeoutExpired:
    p.kill()
    print("did not end")
`;

const unreadCases: [string, string, number, RegExp][] = [
  [
    "full from the beginning: the first signal ends it",
    "fill()\np = start()\ntime.sleep(10)\np.send_signal(signal.SIGTERM)",
    4096,
    /^(74|143)\n$/, // it waits for the reader, or has not come that far on a busy machine
  ],
  [
    "full later: a second signal ends it",
    'p = start()\nsaid(p, b"capturing to")\nfill()\ntime.sleep(2)\np.send_signal(signal.SIGTERM)\ntime.sleep(1)\np.send_signal(signal.SIGINT)',
    16384,
    /^74\n$/,
  ],
];
for (const [what, then, pipeBytes, ended] of unreadCases) {
  test(`standard output that nobody reads, ${what}`, async (t) => {
    const { port } = await startTraffic(t, 1000, 5);
    const args = ["run", "--source", "ss", "--interval", "20", "--port", String(port), "-o", "-"];
    const child = spawn("python3", ["-c", unread(pipeBytes, then), process.execPath, bin, ...args]);
    let out = "";
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    t.regex(out, ended);
  });
}
