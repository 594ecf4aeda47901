// Readers and connections that few programs are (guest/hostile.sh), and unloading while somebody begins to poll.
// TPP_KERNELS=5.10,6.1 or all; 6.1 when unset.
import path from "node:path";
import type { ExecutionContext } from "ava";
import { growth, recordsOf, statOf, table } from "./checks/settings.ts";
import { nstat } from "./checks/witness.ts";
import { type Evidence, splatsIn } from "./harness/boot.ts";
import { buildModule, buildPrograms, buildTestModule, moduleFolder } from "./harness/build.ts";
import { guests } from "./harness/claims.ts";
import { groupBy, parseRecords, parseStat, type Rec } from "./harness/records.ts";

const trials = 60;

const onEachKernel = guests(async (made) => {
  const { module, log } = await buildModule(made);
  const { module: split } = await buildTestModule(made, "split");
  const scenario = {
    name: "hostile",
    files: [module, split, await buildPrograms(made), path.join(moduleFolder, "test/guest")],
    command: `LIMIT=1500 sh guest/all.sh hostile; sh guest/unload.sh ${trials}`,
    // the wait queue of a module that frees it too early is poisoned at once
    kernelArgs: "quiet slub_debug=FZPU,kmalloc-32",
    cpus: 3,
    limit: 2400,
  };
  return { scenario, log };
});

const of = (evidence: Evidence, name: string): Rec[] => recordsOf(evidence, `hostile/${name}`);
const connections = (records: Rec[]): Rec[][] => [...groupBy(records, (r) => r.more.connection ?? "").values()];
/** The end of the client: its connections go to this port. */
const to = (records: Rec[], port: number): Rec[] => records.filter((r) => r.dport === port);
const from = (records: Rec[], port: number): Rec[] => records.filter((r) => r.sport === port);

/** Every connection has one last record, and it is the last. */
function haveEnds(t: ExecutionContext, flows: Rec[][]): void {
  for (const flow of flows) {
    t.is(flow.at(-1)?.type, 4);
    t.is(flow.filter((r) => r.type > 3).length, 1);
  }
}

onEachKernel("leaves nothing in the kernel log, and the scenario runs to its end", (t, evidence) => {
  t.deepEqual(splatsIn(evidence.dmesg), []);
  t.notRegex(evidence.text("run.log"), /=== \w+ failed/);
});

onEachKernel("polling that begins while the module is unloaded finds its queue", (t, evidence) => {
  t.is(evidence.text("unload/racer"), `trials ${trials} status 0\n`);
});

onEachKernel("an edge-triggered epoll reader gets every record, but for what no reader is woken for", (t, evidence) => {
  const written = parseStat(evidence.text("hostile/edge/stat")).lines.Log?.written ?? 0;
  const got = parseRecords(evidence.text("hostile/edge/probe.txt")).length;
  const wakeups = Number(/wakeups (\d+)/.exec(evidence.text("hostile/edge/result"))?.[1]);
  t.log(`${got} of ${written} in ${wakeups} wakeups`);
  t.true(written > 200);
  t.true(got > written - 10 && wakeups > 5);
});

for (const [mode, what] of [
  ["threads", "two threads that read one open file"],
  ["splice", "splice"],
  ["sendfile", "sendfile"],
] as const) {
  onEachKernel(`${what}: every record, each a whole line`, (t, evidence) => {
    const written = parseStat(evidence.text(`hostile/${mode}/stat`)).lines.Log?.written ?? -1;
    const records = parseRecords(evidence.text(`hostile/${mode}/probe.txt`));
    t.true(written > 200);
    t.is(records.length, written, evidence.text(`hostile/${mode}/result`));
    t.is(new Set(records.map((r) => r.more.record)).size, written);
  });
}

onEachKernel("a process that waits for a file that it shares can be killed", (t, evidence) => {
  t.is(evidence.text("hostile/killed"), "waiting: S S\nkilled: gone\n");
});

onEachKernel("a large read can be killed before the rings are empty", (t, evidence) => {
  const pending = (when: string) => parseStat(`${statHead}${evidence.text(`hostile/large.${when}`)}`).lines.Records;
  const before = pending("before")?.pending ?? 0;
  const after = pending("after")?.pending ?? 0;
  t.log(`${before} waited, ${after} still did when it was dead`);
  t.true(before > 20000 && after > 0);
});

/** The lines that parseStat() looks for, before one that is asked alone. */
const counts = "hash_stat: 0 0 0 0, ack_drop: 0 0, conn_drop: 0 0, err: 0 0";
const statHead = `Flows: active 0 mem 0K\nHash: size 0 mem 0K\nTotal: ${counts}\n`;

onEachKernel("the data file is a stream that can only be read", (t, evidence) => {
  const said = Object.fromEntries(table(evidence.text("hostile/ways"), ": "));
  t.like(said, {
    "open to write": "Permission denied",
    "open to read and write": "Permission denied",
    "open to read": "done",
    lseek: "Illegal seek",
    pread: "Illegal seek",
    write: "Bad file descriptor",
    "read of nothing": "done",
    "read to a bad place": "Bad address",
    "read then": "done",
  });
});

onEachKernel("mode is octal, only for reading, and never opens the file to all by accident", (t, evidence) => {
  t.deepEqual(evidence.text("hostile/modes").trim().split("\n"), [
    "container root: Operation not permitted",
    "444: 444 0444",
    "0444: 444 0444",
    "440: 440 0440",
    "400: 400 0400",
    "0640: 440 0440",
    "0777: 444 0444",
    "0440: container root may",
  ]);
});

onEachKernel("urgent data: URG is in the flags at both ends", (t, evidence) => {
  const records = of(evidence, "urgent").filter((r) => r.length === 1 && r.type < 2);
  t.deepEqual(
    records.map((r) => [r.type, r.dport, r.flags]),
    [
      [1, 5001, 0x38],
      [0, records[1]?.dport, 0x38],
    ],
  );
});

onEachKernel("fast open: both ends count from the SYN, whether the server has answered or not", (t, evidence) => {
  const records = of(evidence, "fast");
  const server = from(records, 6001);
  const answer = server.find((r) => r.type === 1 && r.length === 10);
  t.deepEqual([answer?.seq, answer?.ack], [1, 13]);
  for (const port of [6001, 6002]) {
    const sent = to(records, port).find((r) => r.type === 1 && r.length === 4);
    const received = from(records, port).find((r) => r.type === 0 && r.length === 4);
    t.deepEqual([sent?.seq, received?.seq], [13, 13], `port ${port}`);
    t.is(received?.ack, sent?.ack, `port ${port}`);
  }
});

onEachKernel("simultaneous open: the SYN-ACK acknowledges the SYN, both count from 0", (t, evidence) => {
  const records = of(evidence, "simultaneous");
  const own = from(records, 45678);
  t.deepEqual(
    own.filter((r) => r.type === 1 && (r.flags & 2) !== 0).map((r) => [r.flags, r.seq, r.ack]),
    [
      [2, 0, 0],
      [18, 0, 1],
    ],
  );
  const two = connections(from(records, 6010));
  t.is(two.length, 2);
  for (const flow of two) {
    const synAck = flow.find((r) => r.type === 1 && r.flags === 18);
    t.deepEqual([synAck?.seq, synAck?.ack], [0, 1]);
    const data = flow.filter((r) => r.type < 2 && r.length > 0).map((r) => r.seq);
    t.deepEqual(data, [1, 1]); // what it sent and what it received
  }
});

onEachKernel("one socket, two connections: each has its end", (t, evidence) => {
  for (const name of ["again", "repaired"]) {
    const flows = connections(to(of(evidence, name), 5001));
    t.is(flows.length, 2, name);
    haveEnds(t, flows);
    const sent = flows.map((flow) => flow.filter((r) => r.type === 1).reduce((sum, r) => sum + r.length, 0));
    t.deepEqual(sent, [5, 17], name);
  }
});

onEachKernel("a RST comes before its connection's end, from LAST_ACK and FIN_WAIT2 too", (t, evidence) => {
  const records = of(evidence, "ends");
  for (const port of [6003, 5002]) {
    const flow = to(records, port);
    haveEnds(t, [flow]);
    t.is((flow.at(-2) as Rec).type, 1, `port ${port}`);
    t.is((flow.at(-2) as Rec).flags & 4, 4, `port ${port}`);
  }
});

onEachKernel("a window taken back with data in flight: another kind of timeout, not in rto_num", (t, evidence) => {
  const timeouts = to(of(evidence, "zero-window"), 5001).filter((r) => r.type === 2);
  t.true(timeouts.length >= 2);
  for (const r of timeouts) {
    t.is(r.more.timer, "rto_zero_window");
    t.is(r.rto_num, 0);
    t.is(r.snd_wnd, 0);
    t.true(r.packets_out > 0);
  }
  // the kernel does not count them either
  const counted = (when: string) => nstat(evidence.text(`hostile/zero-window/nstat.${when}`)).TcpExtTCPTimeouts ?? 0;
  const rtos = of(evidence, "zero-window").filter((r) => r.saddr === "10.0.1.1" && r.more.timer === "rto");
  t.is(rtos.length, counted("a") - counted("before"));
});

onEachKernel("`reset` counts the flows that were closed or reset", (t, evidence) => {
  const { created, reset } = growth(evidence, "hostile/reset");
  t.deepEqual([created, reset], [12, 12]);
});

onEachKernel("probetime is between segments of one direction: none is starved", (t, evidence) => {
  const client = to(of(evidence, "periodic"), 5001);
  const acks = client.filter((r) => r.type === 0);
  t.true(client.filter((r) => r.type === 1 && r.length > 0).length >= 6);
  t.true(acks.length >= 7, `${acks.length} acknowledgements`);
});

onEachKernel("app_limited: a sender of small messages is, one that fills its path is not", (t, evidence) => {
  const share = (name: string) => {
    const sent = to(of(evidence, name), 5001).filter((r) => r.type === 1 && r.length > 0);
    t.true(sent.length >= 6);
    return sent.filter((r) => r.more.app_limited === "1").length / sent.length;
  };
  t.true(share("periodic") > 0.9, String(share("periodic")));
  t.true(share("checksum") < 0.5, String(share("checksum")));
});

onEachKernel("a connection met midway counts from what was expected next, not from what was read", (t, evidence) => {
  const records = of(evidence, "midway");
  const received = from(records, 5002).find((r) => r.type === 0 && r.length > 0);
  const sent = to(records, 5002).find((r) => r.type === 1 && r.length > 0);
  t.deepEqual([received?.length, received?.seq], [1000, 0]);
  t.true(Number(received?.more.rqueue) >= 1000, "the application had not read");
  t.deepEqual([sent?.length, sent?.seq], [1000, 0]);
});

onEachKernel("numbers above 2^32 are whole", (t, evidence) => {
  const rates = connections(to(of(evidence, "large-numbers"), 5001)).map((flow) => flow[0]?.pacing);
  t.deepEqual(rates, [5000000007n, 4294967296n]);
});

onEachKernel("a segment that does not pass the checksum has no record, and is counted", (t, evidence) => {
  const stat = statOf(evidence, "hostile/checksum");
  const counted = (when: string) => nstat(evidence.text(`hostile/checksum/nstat.${when}`)).TcpInCsumErrors ?? 0;
  const errors = counted("b") - counted("before");
  const skipped = stat.lines.Skipped?.bad_checksum ?? 0;
  t.log(`${errors} errors counted by the kernel, ${skipped} of them where the module looks`);
  t.true(skipped > 20 && skipped <= errors);
  const sent = Math.max(...to(of(evidence, "checksum"), 5001).map((r) => r.snd_nxt));
  const received = from(of(evidence, "checksum"), 5001).filter((r) => r.type === 0);
  for (const r of received) {
    t.true(r.seq <= sent, `seq_num ${r.seq}`);
    t.true(r.ack <= 2, `ack_num ${r.ack}`); // the SYN, the FIN
    t.is(r.flags & ~0x19, 0, `tcp_flags ${r.flags}`);
  }
});

onEachKernel("a purge of thousands of flows loses no record", (t, evidence) => {
  const records = of(evidence, "purge");
  const held = statOf(evidence, "hostile/purge", "held");
  const after = statOf(evidence, "hostile/purge");
  t.is(held.flows, 4000);
  t.is(after.flows, 0);
  t.is(after.lines.Lost?.ring_full, held.lines.Lost?.ring_full);
  t.is(records.filter((r) => r.type === 5).length, 4000);
});

onEachKernel("a CPU that is taken away keeps its line", (t, evidence) => {
  const stat = parseStat(evidence.text("hostile/offline/stat.offline"));
  t.is(stat.cpus.length, 3);
  stat.total.forEach((total, i) => {
    t.is(
      stat.cpus.reduce((sum, c) => sum + (c[i] as number), 0),
      total,
    );
  });
});

onEachKernel("settings: whole decimal numbers only, with exact limits", (t, evidence) => {
  t.deepEqual(evidence.text("hostile/writes").trimEnd().split("\n"), [
    "|0 of 0|0|0",
    "5001\\0junk|Invalid argument|0|0",
    "+7|Invalid argument|0|0",
    "010|Invalid argument|0|0",
    "0x1f|Invalid argument|0|0",
    " 5001 |6 of 6|0|5001",
    "5001\\n|5 of 5|5001|5001",
    "0|1 of 1|5001|0",
    "-1|Invalid argument|0|0",
    "4294967297|Invalid argument|0|0",
    "5001 6001|Invalid argument|0|0",
    "\\n|Invalid argument|0|0",
  ]);
  t.deepEqual(evidence.text("hostile/limits").trim().split("\n"), [
    "maxflows:100000000 taken",
    "maxflows:100000001 refused",
    "purgetime:1000000 taken",
    "purgetime:1000001 refused",
    "readnum:1073741824 taken",
    "readnum:1073741825 refused",
    "probetime:86400000 taken",
    "hashsize=16777216 taken",
    "hashsize=16777217 refused",
    "bufsize=4194305 refused",
    "bufsize=8388608 refused",
    "bufsize=1073741824 refused",
  ]);
});

onEachKernel("a function that the kernel's compiler has split is named in log and statistics", (t, evidence) => {
  const text = evidence.text("hostile/split");
  t.regex(text, /^Split: tcp_done$/m);
  t.regex(text, /tcp_done has been split by this kernel's compiler/);
  t.regex(evidence.text("hostile/reset/stat.after"), /^Split: none$/m);
});
