/**
 * Texts as people have them, each folder of data/import-cases a kind: what import makes of them, or the line with which
 * it refuses. Addresses are changed; the records are real ones.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { analyze, opened, type Run, temporaryDirectory } from "../../../test/support/analyze.ts";
import type { Trace } from "../../index.ts";

const file = (name: string): string => fileURLToPath(new URL(`../data/import-cases/${name}`, import.meta.url));

async function imported(
  t: ExecutionContext,
  path: string,
  ...options: string[]
): Promise<{ run: Run; trace: Trace; path: string }> {
  const output = join(temporaryDirectory(t), "x.tpp");
  const run = await analyze("import", path, "-o", output, ...options);
  t.is(run.code, 0, run.err);
  return { run, trace: await opened(t, output), path: output };
}

/** Text of a test's own, as a file. */
function written(t: ExecutionContext, text: string | Buffer, name = "text.txt"): string {
  const path = join(temporaryDirectory(t), name);
  writeFileSync(path, text);
  return path;
}

const value = async (trace: Trace, sql: string): Promise<unknown> => Object.values((await trace.rows(sql))[0] ?? {})[0];

for (const [name, records, lines = records] of [
  ["probe-only-retransmits-zero/probe-only.txt", 390],
  ["wall-clock-times/trace-cmd-date.txt", 200],
  ["trace-cmd-first-event-long-name/trace-cmd-all-tcp.txt", 300],
  ["colon-in-task-name/task-name-with-colon.txt", 400],
  ["two-kernels-one-file/two-kernels.txt", 289],
  ["read_data-hexadecimal", 5],
  ["overwritten-ring-not-a-loss/trace.txt", 300, 312],
  ["user-agent-field/tcp-stat.log", 90],
  ["diagnose-slow-start-never-ended/probe-only-cubic.txt", 700],
  ["one-refusal-for-everything/tcpprobe-old.txt", 2],
  ["one-refusal-for-everything/trace.txt.gz", 50],
  ["one-refusal-for-everything/ss.txt", 1, 2],
  ["flag-column-width/seven-flags.txt", 100],
  ["flag-column-width/seven-flags-later.txt", 55],
] as const) {
  test(`${name}: ${records} records, and import says so`, async (t) => {
    const { run, trace } = await imported(t, file(name));
    t.regex(run.out, new RegExp(`: ${records} records? of \\d+ flows? in ${lines} lines of `));
    t.is(Number(await value(trace, "SELECT count(*) FROM trace")), records);
    t.deepEqual(trace.captures[0]!.rejected, []);
  });
}

test("two-kernels-one-file: each line's own keys are read", async (t) => {
  const { trace } = await imported(t, file("two-kernels-one-file/two-kernels.txt"));
  t.is(Number(await value(trace, "SELECT count(*) FROM trace WHERE snd_cwnd IS NULL")), 0);
});

test("flag-column-width: lines with wider flags count", async (t) => {
  const { trace } = await imported(t, file("flag-column-width/seven-flags-later.txt"));
  t.is(Number(await value(trace, "SELECT sum(retransmits) FROM flows")), 5);
});

test("wall-clock times say when the capture began, to the last digit of the text", async (t) => {
  const { run, trace } = await imported(t, file("wall-clock-times/trace-cmd-date.txt"));
  t.notRegex(run.out, /guess: the records end/);
  t.is(Number(await value(trace, "SELECT sum(acked_bytes) FROM flows")), 490_909);
  t.is(String(await value(trace, "SELECT min(time) FROM trace")), "2023-11-14 23:32:27.308532");
  t.is(await value(trace, "SELECT min(t) FROM trace"), 0);
});

test("the older module's hexadecimal text: addresses, times and windows", async (t) => {
  const { trace } = await imported(t, file("read_data-hexadecimal"), "--hz", "1000");
  t.deepEqual(
    await trace.rows(
      "SELECT type, t, saddr, sport, daddr, dport, snd_cwnd, ssthresh, rto_ms FROM trace ORDER BY ord LIMIT 1",
    ),
    [
      {
        ...{ type: "send", t: 0.000577036, saddr: "192.0.2.228", sport: 22, daddr: "198.51.100.2", dport: 59665 },
        ...{ snd_cwnd: 10, ssthresh: 9, rto_ms: 202 },
      },
    ],
  );
  t.deepEqual(await trace.rows("SELECT DISTINCT dport FROM trace ORDER BY dport"), [
    { dport: 59665 },
    { dport: 59976 },
  ]);
});

test("what a ring overwrote before the first record is a loss, with its place", async (t) => {
  const { trace, path } = await imported(t, file("overwritten-ring-not-a-loss/trace.txt"));
  const [loss] = await trace.rows("SELECT lost, cause, from_s, to_s, after_ord FROM losses");
  t.deepEqual(loss, { lost: 90_934, cause: "ring", from_s: null, to_s: 0, after_ord: 0 });
  t.true(await value(trace, "SELECT bool_or(crosses_gap) FROM flows"));
  t.regex(
    (await analyze("info", path)).out.replaceAll("\u202f", " "),
    /^lost +90 934 records \(the ring was full\) before 0\.000000 s/m,
  );
});

test("a user agent behind the fields is kept as text", async (t) => {
  const { trace } = await imported(t, file("user-agent-field/tcp-stat.log"));
  t.deepEqual(await trace.rows("SELECT detail, count(*) AS n FROM trace GROUP BY detail ORDER BY n"), [
    { detail: "Mozilla/5.0 (X11; Linux x86_64)", n: 30 },
    { detail: null, n: 60 },
  ]);
  t.is(Number(await value(trace, "SELECT count(cong) FROM trace")), 0);
});

test("the kernel's own tcp_probe: srtt only in the unit that is told", async (t) => {
  const path = file("one-refusal-for-everything/tcpprobe-old.txt");
  const untold = await imported(t, path);
  t.regex(untold.run.out, /srtt is left out: .*--srtt-unit/);
  t.deepEqual(
    await untold.trace.rows(
      "SELECT t, saddr, sport, length_bytes, snd_cwnd, srtt_us, rcv_wnd_bytes, snd_nxt - snd_una AS inflight FROM trace ORDER BY ord LIMIT 1",
    ),
    [
      {
        t: 0.00609181,
        saddr: "192.0.2.1",
        sport: 5001,
        length_bytes: 32,
        snd_cwnd: 10,
        srtt_us: null,
        rcv_wnd_bytes: 45056,
        inflight: 80,
      },
    ],
  );
  const us = await imported(t, path, "--srtt-unit", "us");
  t.is(await value(us.trace, "SELECT srtt_us FROM trace ORDER BY ord LIMIT 1"), 2);
  const jiffies = await imported(t, path, "--srtt-unit", "jiffies", "--hz", "250");
  t.is(await value(jiffies.trace, "SELECT srtt_us FROM trace ORDER BY ord LIMIT 1"), 8000);
});

test("a bad value costs its own line, which is counted with its reason", async (t) => {
  const lines = readFileSync(file("colon-in-task-name/task-name-with-colon.txt"), "utf8").split(/(?<=\n)/);
  const probe = lines.findIndex((line) => line.includes(" tcp_probe: ") && line.includes("srtt="));
  const bad = [
    lines[probe]!.replace(/ssthresh=\d+/, "ssthresh=21>"),
    lines[probe]!.replace(/data_len=\d+/, "data_len=-1"),
    lines[probe]!.replace(/snd_nxt=0x[0-9a-f]+/, "snd_nxt=0x"),
    lines[probe]!.slice(0, 150).concat("\n"),
    lines[probe]!.replace("tcp_probe:", "tcp_rcv_space_adjust:"),
  ];
  const { run, trace } = await imported(t, written(t, [...lines.slice(0, 5), ...bad, ...lines.slice(5)].join("")));
  t.is(Number(await value(trace, "SELECT count(*) FROM trace")), 400);
  t.deepEqual(
    trace.captures[0]!.rejected.map(({ why, count }) => [why, count]).sort(),
    [
      ["data_len is not a number", 1],
      [trace.captures[0]!.rejected.find(({ why }) => why.includes("cut"))?.why, 1],
      ["is of the event tcp_rcv_space_adjust", 1],
      ["snd_nxt is not a number", 1],
      ["ssthresh is not a number", 1],
    ].sort(),
  );
  t.regex(run.out, /^ {2}left out: 1 x ".*" \(ssthresh is not a number\)$/m);
});

test("task names with brackets, colons, times and names of events; prefixes of other tools", async (t) => {
  const lines = readFileSync(file("flag-column-width/seven-flags.txt"), "utf8")
    .split(/(?<=\n)/)
    .slice(0, 50);
  const names = ["gunicorn: worke", "[kworker/0:1]", "tcp_probe:", "a: 1.5: b: ", "x-1 [009] d.. ", "  spaces  "];
  const renamed = lines.map((line, index) => line.replace(/^ *iperf3/, names[index % names.length]!));
  const prefixed = renamed.map((line, index) =>
    index % 2 ? `host7 trace.log:${index}: ${line}` : `${index}\t${line}`,
  );
  for (const text of [renamed, prefixed]) {
    const { trace } = await imported(t, written(t, text.join("")));
    t.is(Number(await value(trace, "SELECT count(*) FROM trace")), 50);
    t.deepEqual(trace.captures[0]!.rejected, []);
  }
});

test("the latency format's times in us, and text without flags", async (t) => {
  const lines = readFileSync(file("flag-column-width/seven-flags.txt"), "utf8").split(/(?<=\n)/);
  const probes = lines.filter((line) => line.includes(" tcp_probe: ")).slice(0, 20);
  const latency = probes.map((line, index) =>
    line.replace(
      /^.*? (\d+)\.(\d{6}): /,
      (_, s, us) => `iperf3-27805   ${index % 2}d.s2. ${Number(s) * 1e6 + Number(us)}us${index % 3 ? " " : "+"}: `,
    ),
  );
  const bare = probes.map((line) => line.replace(/ \S{5,8} +(\d+\.\d+: )/, " $1"));
  const times = async (text: readonly string[]) => {
    const { trace } = await imported(t, written(t, text.join("")));
    return trace.rows("SELECT t, snd_cwnd FROM trace ORDER BY ord");
  };
  const plain = await times(probes);
  t.is(plain.length, 20);
  t.deepEqual(await times(bare), plain);
  t.deepEqual(
    (await times(latency)).map(({ t }) => Math.round(Number(t) * 1e6)),
    plain.map(({ t }) => Math.round(Number(t) * 1e6)),
  );
});

test("losses that the text tells: LOST lines, trace-cmd's DROPPED, perf's own", async (t) => {
  const lines = readFileSync(file("flag-column-width/seven-flags.txt"), "utf8").split(/(?<=\n)/);
  const text = [
    ...lines.slice(0, 20),
    "CPU:0 [LOST 11 EVENTS]\n",
    ...lines.slice(20, 40),
    "CPU:1 [7 EVENTS DROPPED]\n",
    ...lines.slice(40, 60),
    "swapper     0 [000] 4747.400000: PERF_RECORD_LOST lost 5\n",
    ...lines.slice(60),
    "Processed 91234 events and lost 3 chunks!\n",
  ].join("");
  const { trace } = await imported(t, written(t, text));
  t.deepEqual(
    (
      await trace.rows<{ after_ord: number; lost: number | null }>(
        "SELECT after_ord, lost FROM losses ORDER BY after_ord",
      )
    ).map(({ after_ord, lost }) => [after_ord, lost]),
    [
      [20, 11],
      [40, 7],
      [60, 5],
      [100, null],
    ],
  );
  t.deepEqual(trace.captures[0]!.rejected, []);
});

test("what only events tell that may not have been recorded is not known", async (t) => {
  const path = file("probe-only-retransmits-zero/probe-only.txt");
  const untold = await imported(t, path);
  const counts = "SELECT DISTINCT retransmits, resets, loss_episodes, recovery_episodes FROM flows";
  t.deepEqual(await untold.trace.rows(counts), [
    { retransmits: null, resets: null, loss_episodes: null, recovery_episodes: null },
  ]);
  t.deepEqual(await untold.trace.rows("SELECT DISTINCT retransmits FROM goodput"), [{ retransmits: null }]);
  t.regex(untold.run.out, /perhaps not recorded: tcp_retransmit_skb, .* \(--events names the recorded ones\)/);
  const check = await analyze("check", untold.path, "--assert", "retransmits = 0");
  t.not(check.code, 0);
  // Who says that they were recorded knows that none came.
  const told = await imported(
    t,
    path,
    "--events",
    "tcp_probe",
    "tcp_retransmit_skb",
    "tcp_send_reset",
    "tcp_receive_reset",
  );
  t.deepEqual(await told.trace.rows("SELECT DISTINCT retransmits, resets FROM flows"), [{ retransmits: 0, resets: 0 }]);
  t.is((await analyze("check", told.path, "--assert", "retransmits = 0")).code, 0);
});

test("a slow start whose cause is not known has ended all the same", async (t) => {
  const { path } = await imported(t, file("diagnose-slow-start-never-ended/probe-only-cubic.txt"));
  t.notRegex((await analyze("diagnose", path)).out, /slow start never ended/);
});

test("compressed text, and text on standard input, are the same capture", async (t) => {
  const text = readFileSync(file("flag-column-width/seven-flags.txt"));
  const plain = await imported(t, file("flag-column-width/seven-flags.txt"));
  const query = "SELECT * FROM trace ORDER BY ord";
  const columns = "SELECT * EXCLUDE (time) FROM trace ORDER BY ord";
  t.truthy(query);
  const expected = JSON.stringify(await plain.trace.rows(columns));
  for (const [name, bytes] of [
    ["a.gz", gzipSync(text)],
    ["a.zst", zstdCompressSync(text)],
    ["a.xz", spawnSync("xz", ["-c"], { input: text }).stdout],
  ] as const) {
    const { trace } = await imported(t, written(t, bytes, name));
    t.is(JSON.stringify(await trace.rows(columns)), expected, name);
  }
  const output = join(temporaryDirectory(t), "x.tpp");
  const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
  const run = spawnSync(process.execPath, [bin, "import", "-", "-o", output], { input: text });
  t.is(run.status, 0, String(run.stderr));
  const trace = await opened(t, output);
  t.is(JSON.stringify(await trace.rows(columns)), expected);
});

const refusals: readonly (readonly [name: string, path: (t: ExecutionContext) => string, message: RegExp])[] = [
  ["no TCP event", () => file("no-tcp-event/kfree-skb.txt"), /none of tcp_probe, .*\. It has kfree_skb\.$/],
  [
    "nothing but cut lines",
    () => file("one-bad-value-aborts/perf-script-through-pager.txt"),
    /perf script, but no line of it can be read: one is cut/,
  ],
  ["an empty file", () => file("one-refusal-for-everything/empty.txt"), /: is empty\.$/],
  [
    "nothing recorded",
    () => file("one-refusal-for-everything/only-header.txt"),
    /the trace holds 0 records: nothing was recorded\.$/,
  ],
  ["UTF-16", () => file("one-refusal-for-everything/trace-utf16.txt"), /is UTF-16 text: save it as UTF-8/],
  [
    "UTF-16 without its mark",
    (t) => written(t, Buffer.from("# tracer: nop\n# entries", "utf16le")),
    /looks like UTF-16 text/,
  ],
  [
    "perf.data",
    (t) => written(t, Buffer.concat([Buffer.from("PERFILE2"), Buffer.alloc(100)])),
    /`perf script -i FILE` prints the text/,
  ],
  ["trace.dat", (t) => written(t, "\x17\bDtracing6\0"), /`trace-cmd report -i FILE`/],
  ["a capture", (t) => written(t, Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])), /is a capture already/],
  [
    "600 MB of zeros",
    (t) => {
      const path = written(t, "");
      truncateSync(path, 600e6);
      return path;
    },
    /is a binary file, not text\.$/,
  ],
  ["a line without an end", (t) => written(t, "x".repeat(3e6)), /has a line of more than 1 MiB/],
  [
    "prose",
    (t) => written(t, "It was a dark and stormy night.\n"),
    /holds no records of perf script, trace-cmd report, /,
  ],
  ["compressed rubbish", (t) => written(t, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])), /cannot be decompressed/],
];
for (const [name, path, message] of refusals) {
  test(`refused in one line: ${name}`, async (t) => {
    const given = path(t);
    const folder = join(temporaryDirectory(t), "out");
    mkdirSync(folder);
    const { code, err } = await analyze("import", given, "-o", join(folder, "x.tpp"));
    t.is(code, 65);
    t.regex(err, /^analyze: [^\n]*\n$/);
    t.regex(err.trimEnd(), message);
  });
}
