// Boots real kernels, runs the scenarios of guest/ with the module in them and checks what they left.
// TPP_KERNELS=5.10,6.1 or all; 6.1 when unset.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { ExecutionContext } from "ava";
import { disorder, growth, holes, recordsOf, smallestSpacing, statOf, table } from "./checks/settings.ts";
import {
  againstSs,
  againstTcpdump,
  againstTracepoint,
  type Comparison,
  isRetransmission,
  nstat,
  witnessRecords,
} from "./checks/witness.ts";
import { type Evidence, splatsIn } from "./harness/boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "./harness/build.ts";
import { guests } from "./harness/claims.ts";
import { extendedNames, fieldNames, groupBy, pairOf, parseRecords, parseStat, type Rec } from "./harness/records.ts";

const onEachKernel = guests(async (made) => {
  const { module, log } = await buildModule(made, ["W=1"]);
  const scenario = {
    name: "tests",
    files: [module, await buildPrograms(made), path.join(moduleFolder, "test/guest")],
    command: "sh guest/all.sh witness settings reading lifecycle",
    limit: 900,
  };
  return { scenario, log };
});

onEachKernel("builds without warnings (W=1)", (t, _evidence, log) => {
  t.deepEqual(
    log.split("\n").filter((l) => /warning/i.test(l)),
    [],
  );
});

onEachKernel(
  "leaves nothing in the kernel log, no scenario fails, and the module is gone at the end",
  (t, evidence) => {
    t.is(evidence.status, 0);
    t.deepEqual(splatsIn(evidence.dmesg), []);
    t.notRegex(evidence.text("run.log"), /=== \w+ failed/);
    t.notRegex(evidence.text("lsmod.after"), /tcpprobe_plus/);
  },
);

onEachKernel("lines have the 30 documented fields, and Fields: names what they have", (t, evidence) => {
  t.deepEqual(statOf(evidence, "settings/port", "during").fields, fieldNames);
  t.deepEqual(statOf(evidence, "witness", "during").fields, [...fieldNames, ...extendedNames]);
  const first = evidence.text("settings/port/probe.txt").split("\n")[0] ?? "";
  t.is(first.split(" ").length, 30);
});

const agrees = (t: ExecutionContext, result: Comparison, atLeast: number) => {
  for (const note of result.notes) t.log(note);
  t.log(`${result.compared} compared`);
  t.deepEqual(result.problems, []);
  t.true(result.compared >= atLeast, `only ${result.compared} compared`);
};

/** As many neighbours merged as the kernel counted, give or take what arrived around the connections' ends. */
function mergedAsCounted(t: ExecutionContext, result: { merged: number; strayIn: number }, counters: string): void {
  const counted = nstat(counters).TcpExtTCPBacklogCoalesce as number;
  t.log(`${result.merged} merged, nstat ${counted}`);
  t.true(
    counted >= result.merged && counted <= result.merged + result.strayIn,
    `${result.merged} merged, nstat ${counted}`,
  );
}

onEachKernel("every segment that tcpdump sees at the sender has its record", (t, evidence) => {
  const result = againstTcpdump(evidence, "a");
  agrees(t, result, 1000);
  mergedAsCounted(t, result, evidence.text("witness/nstat.a"));
});

onEachKernel("every segment that tcpdump sees at the receiver has its record", (t, evidence) => {
  const result = againstTcpdump(evidence, "b");
  agrees(t, result, 1000);
  mergedAsCounted(t, result, evidence.text("witness/nstat.b"));
});

onEachKernel("records agree with what ss shows between them", (t, evidence) => {
  agrees(t, againstSs(evidence), 1); // 10 to 30 on an idle machine
});

onEachKernel("records agree with every event of the tcp_probe tracepoint", (t, evidence) => {
  agrees(t, againstTracepoint(evidence), 1000);
});

const sender = (evidence: Evidence) =>
  witnessRecords(evidence).filter((r) => /^(10\.0\.1\.1|fd00:1::1)$/.test(r.saddr));

onEachKernel("retransmissions, timeouts and sent segments are those of nstat", (t, evidence) => {
  const counters = nstat(evidence.text("witness/nstat.a"));
  const records = sender(evidence);
  const retransmissions = records.filter(isRetransmission).length;
  t.is(retransmissions, counters.TcpRetransSegs as number);
  t.is(records.filter((r) => r.more.timer === "rto").length, counters.TcpExtTCPTimeouts as number);
  t.true(retransmissions > 10 && (counters.TcpExtTCPTimeouts as number) >= 3);
  // OutSegs also has what sockets that are gone sent: tcpdump saw those after the connection's end
  const sent = records.filter((r) => r.type === 1).length - retransmissions;
  t.is(sent + againstTcpdump(evidence, "a").strayOut, counters.TcpOutSegs as number);
});

onEachKernel("a dead path gives a chain of timeouts with backoff, state from before each", (t, evidence) => {
  const flows = groupBy(sender(evidence), (r) => r.more.connection ?? "");
  const chains = [...flows.values()]
    // without the SYN: its timeout is the same for the first few, from 6.5 on (tcp_syn_linear_timeouts)
    .map((f) => f.filter((r) => r.more.timer === "rto" && r.snd_una > 0))
    .sort((x, y) => y.length - x.length);
  const chain = chains[0] as Rec[];
  t.true(chain.length >= 3, `longest chain ${chain.length}`);
  chain.forEach((r, i) => {
    const previous = chain[i - 1];
    t.is(r.length, 0);
    if (!previous || r.snd_una !== previous.snd_una) return;
    t.is(r.rto, previous.rto * 2);
    t.is(r.rto_num, previous.rto_num + 1);
    const waited = Number(r.t - previous.t) / 1e6;
    // a busy emulator is late, never early; the timer's own slack is an eighth
    t.true(waited > r.rto - 10 && waited < 1.5 * r.rto + 500, `${waited} ms after the last, rto ${r.rto} ms`);
  });
  for (const flow of flows.values()) {
    const numbers = flow.filter((r) => r.more.timer === "rto").map((r) => r.rto_num);
    t.deepEqual(
      numbers,
      [...numbers.keys()].map((i) => i + 1),
    );
  }
});

onEachKernel("a closed window gives probe timeouts", (t, evidence) => {
  const probes = sender(evidence).filter((r) => r.more.timer === "probe");
  t.true(probes.length >= 2);
  for (const r of probes) {
    t.is(r.type, 2);
    t.is(r.packets_out, 0);
    t.true(r.wqueue > 0);
    t.is(r.rto_num, 0);
  }
});

onEachKernel("all kinds of connections begin with a setup and end with one last record", (t, evidence) => {
  const flows = groupBy(witnessRecords(evidence), (r) => r.more.connection ?? "");
  let active = 0;
  let passive = 0;
  for (const flow of flows.values()) {
    const what = `${pairOf(flow[0] as Rec)} (connection ${flow[0]?.more.connection})`;
    const last = flow.at(-1) as Rec;
    t.is(last.type, 4, what);
    t.is(flow.filter((r) => r.type === 4).length, 1, what);
    for (const r of flow) t.is(r.length === 65535, r.type > 3, what);
    const setups = flow.filter((r) => r.type === 3).length;
    t.is(setups, flow[0]?.dport === 5999 ? 0 : 1, what);
    if (flow[0]?.type === 3) passive++;
    else if (((flow[0]?.flags ?? 0) & 0x3f) === 2) active++;
  }
  t.is(passive + active, flows.size);
  t.is(active, passive + 1); // one was refused
  t.is(statOf(evidence, "witness").flows, 0);
});

onEachKernel("rto follows from srtt and rttvar by the kernel's rule", (t, evidence) => {
  let compared = 0;
  for (const flow of groupBy(sender(evidence), (r) => r.more.connection ?? "").values()) {
    const firstTimeout = flow.findIndex((r) => r.type === 2);
    for (const r of firstTimeout < 0 ? flow : flow.slice(0, firstTimeout)) {
      if (r.srtt === 0) continue;
      compared++;
      const ms = (r.srtt / 8 + r.rttvar) / 1000;
      t.true(Math.abs(r.rto - ms) < 11, `${pairOf(r)} at ${r.t}: rto ${r.rto}, by the rule ${ms}`); // a tick and rounding
    }
  }
  t.true(compared > 500, `only ${compared} compared`);
});

onEachKernel(
  "write_seq is what the application has written, sent or not; wqueue is what is not acknowledged",
  (t, evidence) => {
    const totals: number[] = [];
    let unsent = 0;
    for (const flow of groupBy(sender(evidence), (r) => r.more.connection ?? "").values()) {
      flow.forEach((r, i) => {
        const what = `${pairOf(r)} at ${r.t}`;
        t.is(r.wqueue, r.write_seq - r.snd_una, what);
        t.true(r.write_seq >= r.snd_nxt && r.write_seq >= (flow[i - 1]?.write_seq ?? 0), what);
        if (r.write_seq > r.snd_nxt + 1) unsent++;
      });
      totals.push(flow.at(-1)?.write_seq ?? 0);
    }
    t.true(unsent > 500);
    // with the SYN, and the FIN where there was one
    t.deepEqual(
      totals,
      [400002, 100002, 200002, 100002, 1500002, 40002, 3002, 5001, 5001, 1, 3002, 300002, 9, 3001, 3001],
    );
  },
);

onEachKernel("frto is on only after a timeout, and then it is", (t, evidence) => {
  let on = 0;
  for (const flow of groupBy(sender(evidence), (r) => r.more.connection ?? "").values()) {
    const firstTimeout = flow.findIndex((r) => r.type === 2);
    flow.forEach((r, i) => {
      if (firstTimeout < 0 || i <= firstTimeout) t.is(r.frto, 0, `${pairOf(r)} at ${r.t}`);
      else on += r.frto;
    });
  }
  t.true(on > 0);
});

onEachKernel("ECN: sent and received segments have ECE and CWR", (t, evidence) => {
  const ece = 0x40;
  const cwr = 0x80;
  const records = witnessRecords(evidence).filter((r) => (r.flags & 2) === 0);
  for (const [type, flag, what] of [
    [1, ece, "ECE sent"],
    [0, ece, "ECE received"],
    [1, cwr, "CWR sent"],
    [0, cwr, "CWR received"],
  ] as const) {
    t.true(records.filter((r) => r.type === type && (r.flags & flag) !== 0).length > 0, what);
  }
});

onEachKernel("both ends close at once: the last ACK, in CLOSING, is recorded", (t, evidence) => {
  const fin = 1;
  const flow = sender(evidence).filter((r) => r.dport === 5007);
  const sent = flow.findIndex((r) => r.type === 1 && (r.flags & fin) !== 0);
  const received = flow.findIndex((r) => r.type === 0 && (r.flags & fin) !== 0);
  t.true(sent >= 0 && received > sent);
  // the peer's FIN did not acknowledge ours
  t.is(flow[received]?.ack, flow[sent]?.seq);
  const last = flow.slice(received + 1).filter((r) => r.type === 0);
  t.is(last.at(-1)?.ack, (flow[sent]?.seq ?? 0) + 1);
});

onEachKernel("a reused port is a new connection", (t, evidence) => {
  const ids = new Set(
    sender(evidence)
      .filter((r) => r.sport === 40001)
      .map((r) => r.more.connection),
  );
  t.is(ids.size, 2);
});

onEachKernel("data that arrives in FIN_WAIT is recorded", (t, evidence) => {
  const flow = sender(evidence).filter((r) => r.dport === 5004);
  const fin = flow.findIndex((r) => r.type === 1 && (r.flags & 1) !== 0);
  const received = flow.slice(fin).filter((r) => r.type === 0);
  t.is(
    received.reduce((sum, r) => sum + r.length, 0),
    40000,
  );
});

onEachKernel("a v4-mapped socket's packets have IPv4 addresses, IPv6 its canonical form", (t, evidence) => {
  const addresses = new Set(witnessRecords(evidence).map((r) => r.saddr));
  t.deepEqual([...addresses].sort(), ["10.0.1.1", "10.0.2.1", "fd00:1::1", "fd00:2::1"]);
});

onEachKernel("times never go back, across CPUs", (t, evidence) => {
  t.is(disorder(witnessRecords(evidence)), 0);
  const cpus = statOf(evidence, "witness").cpus.filter((c) => (c[0] as number) > 0).length;
  t.is(cpus, 2);
});

onEachKernel("sums of the per-CPU counters are the totals, and every record written was read", (t, evidence) => {
  const stat = statOf(evidence, "witness");
  stat.total.forEach((total, i) => {
    t.is(
      stat.cpus.reduce((sum, c) => sum + (c[i] as number), 0),
      total,
    );
  });
  t.is(stat.lines.Log?.written ?? -1, witnessRecords(evidence).length);
  t.is(stat.lines.Log?.read, stat.lines.Log?.written);
  t.is(stat.lines.Lost?.ring_full, 0);
  t.deepEqual(holes(witnessRecords(evidence)), []);
});

onEachKernel("congestion control and its state are in the extended fields", (t, evidence) => {
  const bbr = sender(evidence).filter((r) => r.more.cong === "bbr");
  t.true(bbr.length > 100);
  for (const r of bbr)
    t.regex(r.more.cong_state ?? "", /^(mode=\w+,)?bw=\d+,min_rtt_us=\d+,pacing_gain_256=\d+,cwnd_gain_256=\d+$/);
  t.true(bbr.some((r) => r.more.cong_state?.startsWith("mode=startup,")));
  const cubic = sender(evidence).filter((r) => r.more.cong === "cubic" && r.srtt > 0);
  t.true(cubic.length > 100);
  for (const r of cubic) t.regex(r.more.cong_state ?? "", /^cnt=\d+,last_max_cwnd=\d+,.*,hystart_found=[01]$/);
  // CUBIC's own minimum delay is a round trip that can have been
  const delays = cubic.map((r) => Number(/delay_min_us=(\d+)/.exec(r.more.cong_state ?? "")?.[1])).filter((d) => d > 0);
  t.true(delays.length > 50 && delays.every((d) => d >= 20000 && d < 3000000));
});

onEachKernel("settings: defaults, rounding, access modes", (t, evidence) => {
  const defaults = Object.fromEntries(
    table(evidence.text("settings/defaults.txt")).map(([n, v, m]) => [n, `${v} ${m}`]),
  );
  t.deepEqual(defaults, {
    bufsize: "4096 444",
    debug: "0 644",
    extended: "0 644",
    full: "1 644",
    hashsize: "16384 444",
    maxflows: "1000 644",
    port: "0 644",
    probetime: "0 644",
    purgetime: "300 644",
    readnum: "10 644",
  });
  const given = Object.fromEntries(table(evidence.text("settings/rounded.txt")).map(([n, v]) => [n, v]));
  t.like(given, { bufsize: "1024", hashsize: "128", port: "4711", readnum: "3" });
  t.deepEqual(evidence.text("settings/modes.txt").trim().split("\n"), ["400", "400", "444", "440"]);
});

onEachKernel("settings: bad values are refused and change nothing", (t, evidence) => {
  t.notRegex(evidence.text("settings/parameters.txt"), /accepted/);
  const expected =
    /^(port\|(65535|5001| 80 )|full\|[01]|debug\|[02]|extended\|[01]|readnum\|(50|10)|maxflows\|(5|1000)|purgetime\|(5|300)|probetime\|(200|0))$/;
  for (const [name, value, result, before, after] of table(evidence.text("settings/writes.txt"), "|")) {
    const good = expected.test(`${name}|${value}`);
    t.is(result, good ? "taken" : "refused", `${name}=${value}`);
    t.is(after, good ? String(Number(value)) : before, `${name}=${value}`);
  }
});

onEachKernel("port matches either end, and a change holds at once", (t, evidence) => {
  const flows = groupBy(recordsOf(evidence, "settings/port"), pairOf);
  const ports = [...flows.keys()].map((p) => p.match(/\d+$|\d+(?= >)/g)?.map(Number) as number[]);
  // 5001 under port=5001; 5004 under port=5004; 41000 under port=41000; 5001 again under 0; each with both ends
  t.is(flows.size, 8);
  t.is(ports.filter((p) => p.includes(5004)).length, 2);
  t.is(ports.filter((p) => p.includes(41000)).length, 2);
});

onEachKernel("maxflows: new flows are refused and counted, existing ones go on", (t, evidence) => {
  const records = recordsOf(evidence, "settings/maxflows");
  const flows = groupBy(records, pairOf);
  t.is(flows.size, 4); // the first connection's two ends, and the last one's
  const { maxflow } = growth(evidence, "settings/maxflows");
  t.true(maxflow > 0);
  const refused = (when: string) => statOf(evidence, "settings/maxflows", when).lines.Refused?.flow_limit ?? 0;
  t.is(refused("after") - refused("before"), maxflow);
  const active = evidence.text("settings/maxflows/flows.txt").match(/active \d+/g);
  t.deepEqual(active?.slice(0, 2), ["active 2", "active 2"]);
  const first = [...flows.values()][0] as Rec[];
  t.true(Number((first.at(-1) as Rec).t - (first[0] as Rec).t) > 1e9);
});

onEachKernel("probetime 200: no two samples of a flow in one direction are closer", (t, evidence) => {
  const records = recordsOf(evidence, "settings/probetime");
  t.true(records.filter((r) => r.type < 2).length >= 8);
  t.true(smallestSpacing(records) >= 200000000n, String(smallestSpacing(records)));
});

onEachKernel("full 0: a flow is sampled when its own window changed", (t, evidence) => {
  const flows = groupBy(recordsOf(evidence, "settings/full"), (r) => r.more.connection ?? "");
  t.true(flows.size >= 4);
  let samples = 0;
  for (const flow of flows.values()) {
    const windows = flow.filter((r) => r.type < 2).map((r) => r.cwnd);
    samples += windows.length;
    windows.forEach((w, i) => {
      if (i > 0) t.not(w, windows[i - 1]);
    });
  }
  t.true(samples > 40, `${samples} samples`);
});

onEachKernel("extended can be switched while the log is open", (t, evidence) => {
  const lines = evidence.text("settings/extended/probe.txt").trim().split("\n");
  const widths = new Set(lines.map((l) => l.split(" ").length));
  t.deepEqual([...widths].sort(), [30, 45]);
  t.is(evidence.text("settings/extended/fields.0").trim().split(" ").length, 31);
  t.is(evidence.text("settings/extended/fields.1").trim().split(" ").length, 46);
});

onEachKernel("purgetime: an idle flow ends with a purge record and begins anew", (t, evidence) => {
  const all = groupBy(recordsOf(evidence, "settings/purge"), pairOf);
  const flows = [...all.values()].filter((flow) => flow.some((r) => r.type === 5)); // both ends of the idle one
  t.is(flows.length, 2);
  for (const flow of flows) {
    const purge = flow.findIndex((r) => r.type === 5);
    t.true(purge > 0);
    const idle = Number((flow[purge] as Rec).t - (flow[purge - 1] as Rec).t) / 1e9;
    t.true(idle >= 2 && idle < 4.5, `${idle} s`);
    t.is(flow[purge]?.length, 65535);
    t.true(flow.length > purge + 2);
    t.is(flow.at(-1)?.type, 4);
  }
});

onEachKernel("debug 2 tells of flows and records in the kernel log", (t, evidence) => {
  const log = evidence.text("settings/debug/dmesg.txt");
  t.regex(log, /flow \d+: new/);
  t.regex(log, /flow \d+: type 1 length/);
});

onEachKernel("two namespaces with the same addresses and ports are different flows", (t, evidence) => {
  const flows = groupBy(
    recordsOf(evidence, "settings/netns").filter((r) => r.sport === 42000),
    (r) => `${r.more.connection} ${r.more.netns}`,
  );
  t.is(flows.size, 2);
  t.is(new Set([...flows.values()].map((f) => f[0]?.more.netns)).size, 2);
  for (const flow of flows.values())
    t.deepEqual([flow.filter((r) => r.type === 3).length, flow.filter((r) => r.type === 4).length], [1, 1]);
});

const result = (evidence: Evidence, name: string) => evidence.text(`reading/${name}.result`).trim();

onEachKernel("a second reader gets EBUSY and is counted", (t, evidence) => {
  t.is(result(evidence, "second"), "open: Device or resource busy\nopen: Device or resource busy");
  t.is(growth(evidence, "reading/second").multipleReader, 2);
});

onEachKernel("a read waits for readnum records; a signal or O_NONBLOCK ends the wait", (t, evidence) => {
  t.regex(result(evidence, "empty"), /^bytes 0 reads 0 end: Resource temporarily unavailable$/);
  t.is(evidence.text("reading/once.waiting"), "waiting\n");
  t.true(parseRecords(evidence.text("reading/once.txt")).length >= 30);
  t.regex(result(evidence, "signal"), /^bytes 0 reads 0 end: /);
});

onEachKernel("poll, epoll and blocking readers get every record", (t, evidence) => {
  for (const mode of ["poll", "epoll", "blocking"]) {
    const stat = statOf(evidence, `reading/${mode}`);
    t.is(recordsOf(evidence, `reading/${mode}`).length, stat.lines.Log?.written ?? -1, mode);
    t.true((stat.lines.Log?.written ?? 0) > 100, mode);
  }
});

onEachKernel("the alias is the same file, tiny reads lose nothing, an open begins a new log", (t, evidence) => {
  t.true(parseRecords(evidence.text("reading/alias.txt")).length > 20);
  const tiny = evidence.text("reading/tiny.txt");
  t.true(tiny.length > 1800 && tiny.length <= 2100); // 300 reads of at most 7 bytes
  t.true(parseRecords(tiny.slice(0, tiny.lastIndexOf("\n") + 1)).length > 10);
  t.is(evidence.text("reading/new.txt"), "");
});

/** What the statistics announce of binary records: their length, and the offset of each value. */
function binaryLayout(evidence: Evidence, name: string): { bytes: number; at: ReadonlyMap<string, number> } {
  const [, bytes, fields = ""] = /^Binary: bytes (\d+) hz \d+ (.*)$/m.exec(evidence.text(`reading/${name}`)) ?? [];
  const at = new Map(fields.split(" ").map((field) => [field.split(":")[0]!, Number(field.split(":")[2])]));
  return { bytes: Number(bytes), at };
}

function binaryRecords(evidence: Evidence, name: string, bytes: number): Buffer[] {
  const all = readFileSync(path.join(evidence.folder, `reading/${name}.records`));
  return Array.from({ length: Math.floor(all.length / bytes) }, (_, index) =>
    all.subarray(index * bytes, (index + 1) * bytes),
  );
}

onEachKernel("binary records of a log have one length, as the setting was at its beginning", (t, evidence) => {
  const lengths = [0, 1].map((extended) => {
    const name = `binary-${extended}`;
    const { bytes, at } = binaryLayout(evidence, `${name}.open`);
    t.is(binaryLayout(evidence, `${name}.changed`).bytes, bytes, "it stays while the log is open");
    t.is(at.has("rcv_wnd"), extended === 1);
    const records = binaryRecords(evidence, name, bytes);
    const { Log } = parseStat(evidence.text(`reading/${name}.after`)).lines;
    t.is(records.length, Log?.written ?? -1);
    t.deepEqual(
      records.map((record) => Number(record.readBigUInt64LE(at.get("record")))),
      records.map((_, index) => index + 1),
    );
    const flags = records.map((record) => record[at.get("extended")!]!);
    t.deepEqual([...new Set(flags)], [extended, 1 - extended], "each tells how it was taken");
    const times = records.map((record) => record.readBigUInt64LE(at.get("time_ns")));
    t.true(times.every((time, index) => index === 0 || time >= times[index - 1]!));
    if (extended === 1) {
      const names = records.map((record) => record.toString("latin1", at.get("cong"), at.get("cong")! + 16));
      t.true(names.slice(0, flags.lastIndexOf(1) + 1).every((cong) => /^\w+\0/.test(cong)));
      const short = records[flags.indexOf(0)]!;
      t.deepEqual([...new Set(short.subarray(at.get("bytes_acked")))], [0], "nothing of an earlier record");
    }
    return bytes;
  });
  t.deepEqual(lengths, [160, 248]);
  const tiny = binaryRecords(evidence, "tiny", 160);
  t.deepEqual(
    tiny.map((record) => Number(record.readBigUInt64LE(0))),
    tiny.map((_, index) => index + 1),
  );
  t.true(tiny.length > 10);
});

onEachKernel("a reader that sleeps: the holes in the record numbers are the losses", (t, evidence) => {
  const records = parseRecords(evidence.text("reading/asleep.txt"));
  const stat = parseStat(evidence.text("reading/asleep.stat"));
  const gaps = holes(records);
  const lost = stat.lines.Lost?.ring_full ?? 0;
  t.true(lost > 0);
  t.is(
    gaps.reduce((sum, h) => sum + h.lost, 0),
    lost,
  );
  t.is(stat.total[5], lost);
  t.is(records.length, stat.lines.Records?.written ?? -1);
  // they are where the reader slept: after the rings were full and before it had woken and caught up
  const zero = Number(/monotonic_ns (\d+)/.exec(evidence.text("reading/asleep.stat"))?.[1]);
  const woke = Number(/^woke (\d+)/.exec(result(evidence, "asleep"))?.[1]) - zero;
  for (const h of gaps) t.true(Number(h.after.t) < woke + 1e9, `hole after ${h.after.t}, woke at ${woke}`);
  t.true(records.filter((r) => Number(r.t) > woke).length > 20, "a later read goes on");
});

onEachKernel("unload under a reader: it gets the last records and the end of file", (t, evidence) => {
  for (const mode of ["blocking", "poll", "epoll", "sleep=3000"]) {
    t.is(evidence.text(`reading/unload-${mode}.gone`), "gone\n", mode);
    t.notRegex(result(evidence, `unload-${mode}`), /still there/, mode);
    if (mode === "sleep=3000") continue; // it slept through the two seconds that it had
    const written = parseStat(evidence.text(`reading/unload-${mode}.stat`)).lines.Log?.written ?? -1;
    t.true(parseRecords(evidence.text(`reading/unload-${mode}.txt`)).length >= written, mode);
  }
});

onEachKernel("load and unload under traffic, again and again, leave nothing behind", (t, evidence) => {
  t.regex(evidence.text("lifecycle/rounds.txt"), /^rounds \d+ failed 0$/m);
  t.is(parseStat(evidence.text("lifecycle/stat.end")).flows, 0);
  const unreclaimable = (when: string) =>
    Number(/^SUnreclaim: +(\d+)/m.exec(evidence.text(`lifecycle/meminfo.${when}`))?.[1]);
  t.log(`SUnreclaim ${unreclaimable("before")} kB before, ${unreclaimable("after")} kB after`);
  t.true(unreclaimable("after") - unreclaimable("before") < 4096);
});
