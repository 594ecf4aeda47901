import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { bytesText } from "@tcpprobe-plus/tpp/write";
import test from "ava";
import { silentIo, temporaryDirectory } from "../../test/support/capture.ts";
import { StatusLine } from "../run/status-line.ts";
import { clockAnchors } from "../snapshot/clock.ts";
import { networkSysctls } from "../snapshot/sysctl.ts";
import { formatCount, formatLost } from "../terminal/numbers.ts";
import { LostCounter } from "../tracefs/lost-counter.ts";
import { planEvents } from "../tracefs/trace-events.ts";
import { defaultBufferKb } from "../tracefs/trace-instance.ts";

const traceLine = "  iperf3-1 [001] ..s2.  2138.251407: tcp_probe: family=AF_INET src=127.0.0.1:1\n";

test("LOST lines are counted once each, however the text is cut into chunks", (t) => {
  const text = Buffer.from(
    `${traceLine}CPU:0 [LOST 17 EVENTS]\n${traceLine}CPU:11 [LOST 4 EVENTS]\nCPU:1 [LOST EVENTS]\n${traceLine}`,
  );
  for (let chunkBytes = 1; chunkBytes <= text.length; chunkBytes += 1) {
    const counter = new LostCounter();
    let told = 0;
    for (let at = 0; at < text.length; at += chunkBytes) told += counter.add(text.subarray(at, at + chunkBytes));
    t.deepEqual([told, counter.events], [21, 21], `in chunks of ${chunkBytes}`);
  }
});

test("a process that calls itself [LOST 5 EVENTS] is no loss", (t) => {
  const counter = new LostCounter();
  t.is(counter.add(Buffer.from("  CPU:1 [LOST 5 EVENTS]-77 [001] ..s2. 1.000001: tcp_probe: x\n")), 0);
});

test("events are filtered by port in the kernel where they have ports; where not, or where one is missing, a note says so", (t) => {
  const directory = temporaryDirectory(t);
  const addFormat = (name: string, fields: string): void => {
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, "format"), `name: x\nformat:\n${fields}\nprint fmt: "a=%d", REC->a\n`);
  };
  t.is(planEvents(directory, [[80, 80]]).missing, "tcp/tcp_probe");
  const ports = "\tfield:__u16 sport;\toffset:8;\n\tfield:__u16 dport;\toffset:10;";
  addFormat("tcp/tcp_probe", ports);
  addFormat("sock/inet_sock_set_state", ports);
  addFormat("tcp/tcp_send_reset", "\tfield:__u8 saddr[28];\toffset:8;");
  const plan = planEvents(directory, [[80, 80]]);
  t.deepEqual(
    plan.events.map((event) => [event.name, event.filter]),
    [
      ["tcp/tcp_probe", "(sport == 80 || dport == 80)"],
      ["sock/inet_sock_set_state", "protocol == 6 && (sport == 80 || dport == 80)"],
      ["tcp/tcp_send_reset", ""],
    ],
  );
  t.is(plan.events[0]?.printFormat, '"a=%d", REC->a');
  t.true(plan.notes.some((note) => /tcp_send_reset has no port fields/.test(note)));
  t.true(plan.notes.some((note) => /no event tcp\/tcp_cong_state_set/.test(note)));
  t.deepEqual(
    planEvents(directory, []).events.map((event) => event.filter),
    ["", "protocol == 6", ""],
  );
});

test("the ring is 16 MiB for each CPU, and 256 MiB at most together", (t) => {
  t.deepEqual([1, 2, 16, 64, 1024].map(defaultBufferKb), [16384, 16384, 16384, 4096, 1024]);
});

test("the settings snapshot leaves the TCP fast open key out", (t) => {
  const root = temporaryDirectory(t);
  for (const directory of ["net/ipv4", "net/core"]) mkdirSync(join(root, directory), { recursive: true });
  const settings = {
    "net/ipv4/tcp_sack": "1\n",
    "net/ipv4/tcp_fastopen_key": "s",
    "net/ipv4/ip_forward": "0",
    "net/core/rmem_max": "9",
    "net/core/somaxconn": "1",
  };
  for (const [name, value] of Object.entries(settings)) writeFileSync(join(root, name), value);
  t.deepEqual(networkSysctls(root), { "net.ipv4.tcp_sack": "1", "net.core.rmem_max": "9" });
});

test("the clock anchors tie real and monotonic time to well under a millisecond", (t) => {
  const differences = Array.from({ length: 20 }, () => {
    const { realtime_ns, monotonic_ns } = clockAnchors();
    return Number(BigInt(realtime_ns) - BigInt(monotonic_ns)) / 1e6;
  }).sort((a, b) => a - b);
  // A busy machine may delay some readings. A delay always makes the difference smaller, so the upper half are those
  // without one.
  t.true(differences[19]! - differences[10]! < 0.5, `${differences}`);
});

test("numbers in the totals", (t) => {
  t.deepEqual([0, 999, 1000, 1234567].map(formatCount), ["0", "999", "1 000", "1 234 567"]);
  t.deepEqual([0, 999, 1000, 2_339_505, 55_541_865, 12e12].map(bytesText), [
    "0 B",
    "999 B",
    "1.00 kB",
    "2.34 MB",
    "55.5 MB",
    "12.0 TB",
  ]);
  t.deepEqual(
    [formatLost({}), formatLost({ ring: 0 }), formatLost({ ring: 1200, output: 3 })],
    ["0", "0", "1 203 (ring 1 200, output 3)"],
  );
});

test("the status line is drawn on a terminal only, with losses in red, and taken away at the end", async (t) => {
  delete process.env.NO_COLOR;
  const status = { file_bytes: 5, records: 1234, raw_bytes: 9, lost: { ring: 2 }, duration_s: 1.5 };
  const plain = silentIo(false);
  const none = new StatusLine(plain.stderr, () => status);
  await wait(600);
  none.stop();
  t.is(plain.err, "");
  const io = silentIo(true);
  const line = new StatusLine(io.stderr, () => status);
  await wait(700);
  line.stop();
  t.true(io.err.includes("1.5 s  1 234 records  823/s  5 B  \x1b[31mlost 2\x1b[0m"), io.err);
  t.true(io.err.endsWith("\r\x1b[K"));
});
