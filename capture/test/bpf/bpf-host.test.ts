/**
 * BPF at tracepoints, where functions cannot be hooked, beside tcpdump and nstat on this kernel: a transfer with losses
 * and a blackout, captured from before its first byte to behind its last acknowledgement.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { RecordValues, readFrames, verifyTpp } from "@tcpprobe-plus/tpp";
import { segments } from "../../../kmod/test/harness/pcap.ts";
import { Background, run } from "../../../lab/command.ts";
import { startRecording } from "../../../lab/recording.ts";
import { ShapedPath } from "../../../lab/shaped-path.ts";
import { temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";

const test = requires({ root: true, netns: true, tools: ["tcpdump", "nstat", "ss"] });
const port = 5302;
const server = `require("net").createServer((s) => s.resume()).listen(${port}, () => console.log("listens"))`;
const client = (
  address: string,
): string => `const socket = require("net").connect(${port}, "${address}", () => console.log("connected"));
  process.on("SIGUSR2", () => socket.write(Buffer.alloc(4e6), () => console.log("written")));
  setTimeout(() => {}, 90000)`;
const counters = ["TcpRetransSegs", "TcpExtTCPTimeouts", "TcpExtTCPBacklogCoalesce"] as const;
const [received, retransmitted, caState, loss] = [0, 6, 7, 4];

test("each receive is tcpdump's; retransmissions are nstat's and tcpdump's, entries into Loss nstat's timeouts", async (t) => {
  t.timeout(120_000);
  const folder = temporaryDirectory(t);
  const file = join(folder, "a.tpp");
  const pcap = join(folder, "a.pcap");
  using path = await ShapedPath.make({ rateMbit: 10, queueBytes: 60_000, dropsPer100k: 300 });
  const inClient = (...command: string[]) => run(path.onClient(...command));
  await inClient("ip", "link", "set", "net", "gso_max_segs", "1");
  await using sink = new Background(path.onServer(process.execPath, "-e", server));
  await sink.prints(/listens/);
  await using sender = new Background(path.onClient(process.execPath, "-e", client(path.serverAddress)));
  await sender.prints(/connected/);
  await using tcpdump = new Background(
    path.onClient("tcpdump", "-i", "net", "-s", "96", "-B", "65536", "-U", "-w", pcap, `tcp port ${port}`),
  );
  await tcpdump.prints(/listening on/);
  const recording = await startRecording(file, "--source", "bpf", "--port", String(port));
  const count = async (): Promise<number[]> => {
    const text = await inClient("nstat", "-asz");
    return counters.map((name) => Number(new RegExp(`${name} +(\\d+)`).exec(text)![1]));
  };
  const before = await count();
  sender.child.kill("SIGUSR2");
  await wait(1200);
  await path.interrupt(1.5);
  await sender.prints(/written/, 60);
  for (
    let turn = 0;
    turn < 300 && !/ 0 +0 .*:5302/.test(await inClient("ss", "-tnH", "dport", String(port)));
    turn += 1
  )
    await wait(100);
  await wait(300);
  await recording.finish();
  const [retransSegs = 0, timeouts = 0, coalesced = 0] = (await count()).map((now, index) => now - before[index]!);
  await wait(1200); // tcpdump gets packets from the kernel once a second
  await tcpdump.stop("SIGINT");

  const walk = await verifyTpp(file);
  t.deepEqual([walk.damage, walk.trailer!.lost], [[], {}]);
  const values = new RecordValues(walk.header!.records!);
  const names = ["type", "dport", "seq_num", "ack_num", "length", "tcp_flags", "ca_state", "retrans"] as const;
  const get = Object.fromEntries(names.map((name) => [name, values.number(name)!])) as Record<
    (typeof names)[number],
    (view: DataView, at: number) => number
  >;
  const rows: Record<(typeof names)[number], number>[] = [];
  for await (const { raw } of readFrames(file, walk)) {
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    for (let at = 0; at < raw.length; at += values.layout.bytes) {
      if (get.dport(view, at) !== port) continue; // the other end
      rows.push(Object.fromEntries(names.map((name) => [name, get[name](view, at)])) as (typeof rows)[number]);
    }
  }
  const packets = segments(pcap);
  const inbound = packets.filter(({ sport }) => sport === port);
  const key = (seq: number, ack: number, length: number, flags: number): string => `${seq} ${ack} ${length} ${flags}`;
  const seen = inbound.map(({ seq, ack, length, flags }) => key(seq, ack, length, flags));
  const told = rows
    .filter(({ type }) => type === received)
    .map(({ seq_num, ack_num, length, tcp_flags }) => key(seq_num, ack_num, length, tcp_flags));
  const again = rows.filter(({ type }) => type === retransmitted).length;
  let highest: number | null = null;
  let repeated = 0;
  for (const { seq, length } of packets.filter(({ dport }) => dport === port)) {
    if (length === 0) continue;
    const end = (seq + length) >>> 0;
    if (highest !== null && (end - highest) << 0 <= 0) repeated += 1;
    else highest = end;
  }
  const losses = rows.filter(({ type, ca_state }) => type === caState && ca_state === loss).length;
  t.log(
    `received ${told.length}, tcpdump ${seen.length} less ${coalesced} merged; sent again ${again}, nstat ${retransSegs}, tcpdump ${repeated}; into Loss ${losses}, nstat's timeouts ${timeouts}`,
  );
  const open = new Map<string, number>();
  for (const packet of seen) open.set(packet, (open.get(packet) ?? 0) + 1);
  for (const packet of told) {
    t.true((open.get(packet) ?? 0) > 0, `no packet ${packet}`);
    open.set(packet, open.get(packet)! - 1);
  }
  // Some kernels run no BPF program in a softirq that interrupts a thread of process 1, and count nothing, while ftrace
  // sees the events.
  const unseen = seen.length - coalesced - told.length;
  t.true(unseen >= 0 && unseen <= seen.length / 50, `${unseen} of ${seen.length} without a record`);
  t.is(retransSegs, repeated);
  t.is(rows.at(-1)!.retrans - rows[0]!.retrans, retransSegs);
  // So a retransmission can be without a record, too. The socket's own count in the records has it all the same.
  const untold = retransSegs - again;
  t.true(untold >= 0 && untold <= Math.max(1, retransSegs / 50), `${untold} of ${retransSegs} without a record`);
  t.true(losses <= timeouts && losses >= timeouts - 1, `${losses} of ${timeouts} entries into Loss`);
  t.true(again > 10 && timeouts >= 2);
});
