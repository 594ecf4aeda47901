/**
 * Binary records through the pass: the same rows as the module's text has of the same traffic, and what only they tell.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { documentedWireNames, readFrames, type TppHeader, walkTpp } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext } from "ava";
import { analyze, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import type { Trace } from "../../index.ts";
import { BinaryText } from "../../records/binary-text.ts";
import { Pass } from "../../records/pass.ts";
import type { SourceOptions } from "../../records/source.ts";

const folder = new URL("../../../test/fixtures/side-by-side/", import.meta.url);
const bpfPath = fileURLToPath(new URL("bpf.tpp", folder));
const about = JSON.parse(readFileSync(new URL("kmod.json", folder), "utf8")) as { fields: string[]; zero_ns: string };
const moduleText = zstdDecompressSync(readFileSync(new URL("kmod.txt.zst", folder)));

async function bytesOf(path: string): Promise<{ header: TppHeader; bytes: Buffer }> {
  const walk = await walkTpp(path);
  const frames: Buffer[] = [];
  for await (const { raw } of readFrames(path, walk)) frames.push(raw);
  return { header: walk.header!, bytes: Buffer.concat(frames) };
}

/** The fixture's records, as one sees them in another capture: with another header, cut in another way. */
async function rewritten(
  t: ExecutionContext,
  change: (header: TppHeader) => TppHeader,
  frameBytes = 1 << 20,
  alter: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<string> {
  const { header, bytes } = await bytesOf(bpfPath);
  return writeCapture(join(temporaryDirectory(t), "a.tpp"), alter(bytes), change(header), { frameBytes });
}

/** A header whose records lack these fields, and those that only records with some value in them have. */
const without =
  (...names: string[]) =>
  (header: TppHeader): TppHeader => {
    const lacks = (name: string | undefined): boolean => names.includes(name ?? "");
    const fields = header.records!.fields.filter(({ name, only }) => !lacks(name) && !lacks(only?.field));
    return { ...header, records: { ...header.records!, fields } };
  };

/** The module's text of the same traffic, as a capture. */
async function moduleCapture(t: ExecutionContext): Promise<string> {
  const { records, bpf, ...header } = (await walkTpp(bpfPath)).header!;
  return writeCapture(join(temporaryDirectory(t), "kmod.tpp"), moduleText, {
    ...header,
    source: "kmod",
    text: "probe",
    columns: about.fields,
    clock: { ...header.clock, zero_monotonic_ns: about.zero_ns },
  });
}

/** What both tell in the same words; numbers of bytes count from where each began to see. */
const shared = `type, saddr, sport, daddr, dport, length_bytes, tcp_flags, ca_state, wqueue_bytes, snd_cwnd, ssthresh,
  snd_wnd_bytes, srtt_us, mdev_us, rttvar_us, rto_ms, packets_out, lost_out, sacked_out, retrans_out, retrans, frto, rto_num,
  pacing_rate_bps, netns, rcv_wnd_bytes, rqueue_bytes, mss_bytes, delivered, bytes_acked, app_limited, timer, cong,
  snd_nxt - snd_una AS inflight_bytes, write_seq - snd_nxt AS unsent_bytes,
  CASE type WHEN 'send' THEN seq_num - snd_una WHEN 'recv' THEN ack_num - snd_una END AS place`;
const inOrder =
  "ORDER BY netns, saddr, sport, daddr, dport, row_number() OVER (PARTITION BY flow ORDER BY ord), min(t) OVER (PARTITION BY flow)";

const sharedRows = (trace: Trace) => trace.rows(`SELECT ${shared} FROM trace ${inOrder}`);

test("every row is the module's in every column that both have", async (t) => {
  const bpf = await sharedRows(await opened(t, bpfPath));
  const kmod = await sharedRows(await opened(t, await moduleCapture(t)));
  t.true(bpf.length > 5000);
  t.is(bpf.length, kmod.length);
  const first = bpf.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(kmod[index]));
  t.is(first, -1, first < 0 ? "" : `row ${first}: ${JSON.stringify(bpf[first])}, ${JSON.stringify(kmod[first])}`);
});

test("the connections, and what is counted of each, are the module's", async (t) => {
  const flows = `SELECT saddr, sport, daddr, dport, records, seen, acked_bytes, sent_bytes, sends, retransmits, rtos, loss_episodes,
    recovery_episodes, resets, cwnd_max FROM flows ORDER BY start_s, saddr, sport`;
  const bpf = await (await opened(t, bpfPath)).rows(flows);
  t.is(bpf.length, 21);
  t.deepEqual(bpf, await (await opened(t, await moduleCapture(t))).rows(flows));
});

test("bytes sent, the newest delivery rate and the smallest round-trip time have values, which the module does not tell", async (t) => {
  const trace = await opened(t, bpfPath);
  const [row] = await trace.rows(
    "SELECT max(bytes_sent) AS sent, max(delivery_rate_bps) AS rate, min(min_rtt_us) AS rtt, count(*) FILTER (WHERE min_rtt_us > 1e9) AS infinite FROM trace",
  );
  t.true(Number(row!.sent) >= 1_500_000);
  t.true(Number(row!.rate) > 1e6 && Number(row!.rate) < 1e10);
  t.true(Number(row!.rtt) >= 20_000 && Number(row!.rtt) < 200_000);
  t.is(row!.infinite, 0);
});

async function rowsOf(path: string, options: SourceOptions): Promise<string[]> {
  const walk = await walkTpp(path);
  const pass = new Pass({ path, files: [{ path, header: walk.header!, walk }], number: 1 }, options);
  const rows: string[] = [];
  for (let batch = pass.next(); batch; batch = pass.next()) {
    for (let row = 0; row < batch.rows; row++) {
      const values = ["ns", "flow", "type", "rto_num", "snd_cwnd"].map((name) => batch.column(name)[row]);
      rows.push(`${values.join(" ")} ${JSON.stringify(pass.ends[batch.column<Uint32Array>("ends")[row]!])}`);
    }
    pass.release(batch);
  }
  await pass.close();
  return rows;
}

test("the rows are the same from batches of any size, any number of threads, any cut into frames", async (t) => {
  const expected = await rowsOf(bpfPath, { threads: 0 });
  t.true(expected.length > 5000);
  for (const [frameBytes, options] of [
    [1 << 20, { threads: 0, rows: 64 }],
    [20_000, { threads: 3 }],
    [5000, { threads: 2, rows: 128 }],
  ] as const)
    t.deepEqual(await rowsOf(await rewritten(t, (header) => header, frameBytes), options), expected);
});

test("a source that hooks no timer has no count of timeouts, not 0", async (t) => {
  const path = await rewritten(t, (header) => ({
    ...header,
    bpf: { ...header.bpf!, hooks: ["tp_btf/tcp_probe", "tp_btf/tcp_retransmit_skb"] },
  }));
  const [row] = await (await opened(t, path)).rows("SELECT count(rto_num) AS counted, count(*) AS records FROM trace");
  t.is(row!.counted, 0);
  const [flow] = await (await opened(t, path)).rows("SELECT count(rtos) AS rtos, count(sends) AS sends FROM flows");
  t.deepEqual(flow, { rtos: 0, sends: 0 });
});

test("records without some fields give NULL for them, and without numbers of connections the same connections", async (t) => {
  const trace = await opened(t, await rewritten(t, without("connection", "cong_kind", "srtt")));
  const [row] = await trace.rows(
    "SELECT count(connection) AS connections, count(cong_state) AS states, count(srtt_us) AS srtts, max(flow) AS flows FROM trace",
  );
  t.deepEqual(row, { connections: 0, states: 0, srtts: 0, flows: 21 });
});

for (const name of ["type", "time_ns", "saddr", "dport"]) {
  test(`records without ${name} are refused in one line`, async (t) => {
    const path = await rewritten(t, without(name));
    const { code, err } = await analyze("flows", path, "--no-cache");
    t.is(code, 65);
    t.regex(err, new RegExp(`^analyze: .*no field ${name} .*\\n$`));
  });
}

test("a record of an unknown type or family is counted as none, and costs no other", async (t) => {
  const { header } = await bytesOf(bpfPath);
  const place = (name: string): number => header.records!.fields.find((field) => field.name === name)!.offset;
  const { bytes: stride } = header.records!;
  const path = await rewritten(
    t,
    (same) => same,
    1 << 20,
    (bytes) => {
      const altered = Buffer.from(bytes);
      altered[10 * stride + place("type")] = 200;
      altered[11 * stride + place("family")] = 7;
      return altered;
    },
  );
  const before = await (await opened(t, bpfPath)).rows("SELECT count(*) AS records FROM trace");
  const trace = await opened(t, path);
  const after = await trace.rows("SELECT count(*) AS records FROM trace");
  t.is(after[0]!.records, Number(before[0]!.records) - 2);
  t.deepEqual(
    trace.captures[0]!.rejected.map(({ count }) => count),
    [1, 1],
  );
});

test("a count of refused records that rises places the loss between two records of that CPU", async (t) => {
  const { header } = await bytesOf(bpfPath);
  const place = (name: string): number => header.records!.fields.find((field) => field.name === name)!.offset;
  const { bytes: stride } = header.records!;
  const path = join(temporaryDirectory(t), "a.tpp");
  const { bytes } = await bytesOf(bpfPath);
  const altered = Buffer.from(bytes);
  // From record 1000 on, its CPU has lost 5; from record 3000 on 12.
  const cpu = altered.readUInt16LE(1000 * stride + place("cpu"));
  for (let index = 1000; index * stride < altered.length; index += 1)
    if (altered.readUInt16LE(index * stride + place("cpu")) === cpu)
      altered.writeUInt32LE(index < 3000 ? 5 : 12, index * stride + place("refused"));
  const { TppWriter } = await import("@tcpprobe-plus/tpp");
  const writer = await TppWriter.create(path, header, {});
  if (!writer.write(altered)) await writer.drained();
  writer.addLoss("ring", 12);
  await writer.close({ reason: "source ended" });
  const losses = await (await opened(t, path)).rows<{ lost: number; from_s: number; to_s: number; cause: string }>(
    "SELECT lost, from_s, to_s, cause FROM losses ORDER BY from_s",
  );
  t.deepEqual(
    losses.map(({ lost, cause }) => [Number(lost), cause]),
    [
      [5, "ring"],
      [7, "ring"],
    ],
  );
  for (const { from_s, to_s } of losses) t.true(from_s < to_s);
});

test("the module's binary records: numbered without a hole, its own count of timeouts, the connections that BPF sees", async (t) => {
  const kmod = await opened(t, fileURLToPath(new URL("binary/kmod.tpp", folder)));
  const bpf = await opened(t, fileURLToPath(new URL("binary/bpf.tpp", folder)));
  const [row] = await kmod.rows(
    "SELECT count(*) AS records, min(record) AS first, max(record) AS last, count(DISTINCT record) AS numbers, max(rto_num) AS rtos FROM trace",
  );
  t.deepEqual(row, { records: 4999, first: 1, last: 4999, numbers: 4999, rtos: 4 });
  t.deepEqual(await kmod.rows("SELECT * FROM losses"), []);
  const flows = `SELECT saddr, sport, daddr, dport, records, seen, acked_bytes, sent_bytes, sends, retransmits, rtos, loss_episodes,
    recovery_episodes, resets, cwnd_max FROM flows ORDER BY start_s, saddr, sport`;
  t.deepEqual(await kmod.rows(flows), await bpf.rows(flows));
});

for (const name of ["extended", "plain"])
  test(`fast open and MPTCP, ${name}: data before the handshake's end is the connection's; two subflows share the bytes`, async (t) => {
    const trace = await opened(t, fileURLToPath(new URL(`binary/${name}.tpp`, folder)));
    const ofPorts = (first: number, last: number) =>
      `FROM flows WHERE least(sport, dport) BETWEEN ${first} AND ${last} GROUP BY ALL ORDER BY ALL`;
    // Three connections. Twelve bytes come with the SYN, the answer of ten before the handshake is complete.
    t.deepEqual(
      await trace.rows(
        `SELECT least(sport, dport) AS port, acked_bytes AS bytes, seen, count(*) AS flows ${ofPorts(6001, 6002)}`,
      ),
      [
        { port: 6001, bytes: 10, seen: "whole", flows: 2 },
        { port: 6001, bytes: 16, seen: "whole", flows: 2 },
        { port: 6002, bytes: 0, seen: "whole", flows: 1 },
        { port: 6002, bytes: 16, seen: "whole", flows: 1 },
      ],
    );
    const [row] = await trace.rows(
      "SELECT count(*) AS subflows, count(DISTINCT saddr) AS addresses, sum(acked_bytes) AS bytes, min(acked_bytes) > 0 AS both FROM flows WHERE dport = 5006",
    );
    t.deepEqual(row, { subflows: 2, addresses: 2, bytes: 400_000, both: true });
  });

test("convert -o x.txt: binary records as the documented text, which reads as the same rows", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "a.txt");
  const { code, err } = await analyze("convert", bpfPath, "-o", path);
  t.is(code, 0, err);
  const { records, bpf, ...header } = (await walkTpp(bpfPath)).header!;
  const columns = new BinaryText((await walkTpp(bpfPath)).header!).columns;
  t.deepEqual(columns.slice(0, 30), [...documentedWireNames]);
  const text = readFileSync(path);
  const copy = await writeCapture(join(directory, "text.tpp"), text, {
    ...header,
    source: "kmod",
    text: "probe",
    columns,
    clock: { ...header.clock, zero_monotonic_ns: header.clock.monotonic_ns },
  });
  const rows = async (of: string) => {
    const trace = await opened(t, of);
    return trace.rows(`SELECT ${shared} FROM trace ORDER BY time, saddr, sport, type, snd_cwnd, length_bytes`);
  };
  const [binary, again] = [await rows(bpfPath), await rows(copy)];
  t.true(binary.length > 100);
  t.deepEqual(again, binary);
});

test("text of the module is written as it was; of other sources there is none, which is said (64)", async (t) => {
  const directory = temporaryDirectory(t);
  const module = await moduleCapture(t);
  t.is((await analyze("convert", module, "-o", join(directory, "a.txt"))).code, 0);
  t.true(readFileSync(join(directory, "a.txt")).equals(moduleText));
  const loopback = fileURLToPath(new URL("../../../test/fixtures/loopback.tpp", import.meta.url));
  const { code, err } = await analyze("convert", loopback, "-o", join(directory, "b.txt"));
  t.is(code, 64);
  t.regex(
    err,
    /loopback\.tpp: records of tracefs have not the fields of the documented text\. \.csv, \.parquet and \.arrow take them\.\n$/,
  );
});
