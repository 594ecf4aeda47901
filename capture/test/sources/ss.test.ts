/** The ss source on this host. */
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import {
  captureHere,
  follow,
  program,
  startCapture,
  startTraffic,
  temporaryDirectory,
  textOf,
  withProgram,
} from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { readSocket } from "../../snapshot/sockets.ts";
import { findProgram } from "../../system/programs.ts";

const test = requires({ tools: ["ss", "zstd"] });
const asRoot = requires({ root: true, tools: ["ss", "zstd", "unshare", "mount"] });

test.serial("each poll is one line with its times, then exactly what ss printed, narrowed to the port", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 1000, 10);
  await startTraffic(t, 1000, 10);
  const args = ["--source", "ss", "--port", String(traffic.port), "--interval", "50", "-o", path];
  const running = await startCapture(t, args);
  await wait(1500);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0);
  const { header, trailer, damage } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.deepEqual([header?.source, header?.text, header?.columns], ["ss", "ss", null]);
  t.deepEqual([header?.clock.zero_monotonic_ns, header?.filters.port], ["0", traffic.port]);
  const lines = textOf(path).trimEnd().split("\n");
  const polls = lines.filter((line) => line.startsWith("# ss "));
  const times = polls.map((line) => /^# ss (\d+) (\d+) (\d+)$/.exec(line)?.slice(1).map(Number) ?? []);
  t.deepEqual(
    times.map(([number]) => number),
    polls.map((_line, index) => index + 1),
  );
  t.true(polls.length >= 10, `${polls.length} polls`);
  for (const [index, [, begin, end]] of times.entries()) {
    t.true(begin! < end!);
    if (index > 0) t.true(begin! >= times[index - 1]![2]!, "one after the other");
  }
  const records = lines.filter((line) => !line.startsWith("# ss "));
  t.is(records.length, polls.length * 2, "both ends, in each poll");
  for (const line of records) {
    t.regex(line, new RegExp(`:${traffic.port} `));
    t.regex(line, / cwnd:\d+ .*bytes_sent:|bytes_received:/);
    t.regex(line, / sk:[0-9a-f]+ /);
  }
  t.true(running.err().includes(` ${records.length} records in `), running.err());
  t.is(trailer?.lines, lines.length);
});

test.serial("a set is cut between polls only", async (t) => {
  const directory = temporaryDirectory(t);
  const traffic = await startTraffic(t, 1000, 10);
  const running = await startCapture(t, [
    ...["--source", "ss", "--port", String(traffic.port), "--interval", "20", "--rotate", "1s"],
    ...["-o", join(directory, "a.tpp"), "--duration", "2.6"],
  ]);
  t.is(await running.ended, 0, running.err());
  for (const number of ["0001", "0002", "0003"]) {
    const path = join(directory, `a.${number}.tpp`);
    t.regex(textOf(path), /^# ss \d+ /);
    t.deepEqual((await verifyTpp(path)).damage, []);
  }
});

asRoot.serial("without ss it says what to install (69)", (t) => {
  const directory = temporaryDirectory(t);
  const nothing = join(directory, "nothing");
  writeFileSync(nothing, "", { mode: 0o644 });
  const [command, args] = withProgram("ss", nothing, "run", "--source", "ss", "-o", join(directory, "a.tpp"));
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  t.is(status, 69);
  t.regex(stderr, /^capture: ss cannot be used \(it is not installed\)\. Install iproute2.*\n$/);
});

asRoot.serial("polls that fail are marked in their place, said once, and counted at the end", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "a.tpp");
  const [real, broken] = [join(directory, "real"), join(directory, "broken")];
  copyFileSync(findProgram("ss")!, real);
  const stand = program(directory, "ss", `[ -e ${broken} ] && { echo broken >&2; exit 1; }; exec ${real} "$@"`);
  const running = await follow(t, withProgram("ss", stand, "run", "--source", "ss", "-o", path));
  await wait(500);
  writeFileSync(broken, ""); // ss fails from now on
  await wait(600);
  rmSync(broken);
  await wait(600);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0);
  const polls = textOf(path)
    .split("\n")
    .filter((line) => line.startsWith("# ss "));
  const failed = polls.filter((line) => line.includes(" failed: "));
  t.true(failed.length >= 2 && failed.length < polls.length - 2, `${failed.length} of ${polls.length}`);
  t.regex(failed[0]!, /^# ss \d+ \d+ \d+ failed: broken/);
  t.notRegex(polls.at(-1)!, /failed/);
  t.is(running.err().match(/ss failed: /g)?.length, 1);
  t.true(running.err().includes(`${failed.length} of ${polls.length} polls failed`), running.err());
});

test("of a line of ss: both ends, the socket's number, its algorithm, what it has retransmitted", (t) => {
  const info = (more: string) =>
    `ESTAB 0 0 127.0.0.1:5001 [::ffff:10.0.0.2]:4444 uid:65534 ino:7 sk:1f cgroup:/a b/retrans:0/9 <-> ts sack ${more}`;
  const known = { saddr: "127.0.0.1", sport: 5001, daddr: "::ffff:10.0.0.2", dport: 4444, cookie: "31" };
  t.deepEqual(readSocket(info("bbr wscale:7,7 rto:204 rtt:1/1 mss:9 cwnd:10 retrans:0/5 rcv_space:1")), {
    ...known,
    cong: "bbr",
    retransmits: 5,
  });
  t.deepEqual(readSocket(info("cubic wscale:7,7 rto:204 rtt:1/1 mss:9 cwnd:10")), {
    ...known,
    cong: "cubic",
    retransmits: 0,
  });
  t.deepEqual(readSocket(info("")), { ...known, cong: null, retransmits: null });
  t.is(readSocket("Recv-Q Send-Q"), null);
});

test.serial("tracefs and ss keep the kernel's own counts at start and end", async (t) => {
  const traffic = await startTraffic(t, 1000, 5);
  for (const source of process.getuid?.() === 0 ? ["tracefs", "ss"] : ["ss"]) {
    const path = join(temporaryDirectory(t), "a.tpp");
    const { code, err } = await captureHere(
      "run",
      "--source",
      source,
      "--port",
      String(traffic.port),
      "--duration",
      "300ms",
      "-o",
      path,
    );
    t.is(code, 0, err);
    const { header, trailer } = await verifyTpp(path);
    for (const notes of [header?.sockets, trailer?.sockets]) {
      t.is(notes?.known, 2, source);
      t.deepEqual(notes?.list.map(({ sport }) => sport).sort(), [traffic.port, traffic.clientPort].sort());
      t.true(
        notes?.list.every(
          ({ cong, retransmits, cookie }) => cong !== null && retransmits !== null && cookie !== undefined,
        ),
      );
    }
    t.true(BigInt(header!.sockets!.monotonic_ns) < BigInt(trailer!.sockets!.monotonic_ns));
  }
});
