/**
 * Acknowledged bytes against iperf3's own count of the same transfer, to the byte.
 *
 * A data connection of iperf3 carries 37 bytes more than its report says: the client sends the test's cookie, 36
 * characters and a NUL, so that the server knows which test the connection belongs to. It is the first segment.
 *
 * iperf3 counts what its programs wrote and read, the kernel what was acknowledged. The two can only agree where
 * the receiver had read all that arrived when the test ended, so transfers are taken whose sender limits itself, or
 * whose last bytes wait in a queue in front of the receiver.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import anyTest, { type ExecutionContext } from "ava";
import { type Iperf3Report, iperf3Client, iperf3Server } from "../../lab/iperf3.ts";
import { startRecording } from "../../lab/recording.ts";
import { ShapedPath } from "../../lab/shaped-path.ts";
import { fixtureFile } from "../support/captures.ts";
import { flowsOf, query } from "../support/commands.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const cookieBytes = 37;

/** Those of both ends; the recordings of ss and of rotated sets have tests of their own. */
const recorded = ["loopback", "shaped-loss", "cubic-bbr"];

for (const name of recorded) {
  anyTest(`${name}.tpp: acknowledged bytes and goodput are those of iperf3's report`, async (t) => {
    const reports = JSON.parse(readFileSync(fixtureFile(`${name}.json`), "utf8")) as Iperf3Report[];
    for (const report of reports) await compare(t, fixtureFile(`${name}.tpp`), report);
  });
}

const test = requires({ tracefs: true, netns: true, tools: ["iperf3"] });

test.serial("a live loopback transfer: acknowledged bytes and goodput are those of iperf3's report", async (t) => {
  const file = join(temporaryDirectory(t), "loopback.tpp");
  await using recording = await startRecording(file, "--port", "5321");
  await using server = await iperf3Server("127.0.0.1", 5321);
  const report = await iperf3Client("127.0.0.1", 5321, ["-t", "1", "-b", "400M"]);
  await server.ended();
  await recording.finish();
  await compare(t, file, report);
});

test.serial("a live transfer over a lossy path: retransmissions do not count as acknowledged bytes", async (t) => {
  const file = join(temporaryDirectory(t), "lossy.tpp");
  using path = await ShapedPath.make({ rateMbit: 20, queueBytes: 60_000, dropsPer100k: 1000 });
  await using recording = await startRecording(file, "--port", "5322");
  await using server = await iperf3Server(path.serverAddress, 5322, (...command) => path.onServer(...command));
  const options = ["-t", "3", "-b", "4M"];
  const report = await iperf3Client(path.serverAddress, 5322, options, (...command) => path.onClient(...command));
  await server.ended();
  await recording.finish();
  t.true(report.end.sum_sent.retransmits! > 0, "nothing was lost");
  await compare(t, file, report);
});

async function compare(t: ExecutionContext, file: string, report: Iperf3Report): Promise<void> {
  const { local_port, remote_host } = report.start.connected[0]!;
  const { sum_received } = report.end;
  const flows = await flowsOf(file);
  const sender = flows.find((flow) => flow.sport === local_port && flow.daddr === remote_host)!;
  const receiver = flows.find((flow) => flow.dport === local_port && flow.saddr === remote_host)!;
  t.is(report.start.cookie.length, cookieBytes - 1);
  t.is(await firstPayload(file, receiver.flow), cookieBytes, "the first segment is the cookie");
  t.is(sender.acked_bytes, sum_received.bytes + cookieBytes);
  // The connection lives a little longer than the test: handshake and cookie before, the end after it.
  const seconds = sender.seen === "until its close" ? sender.acked_until_s! - sender.start_s : sender.duration_s;
  const overlap = (sender.goodput_bps! / sum_received.bits_per_second) * (seconds / sum_received.seconds);
  t.true(Math.abs(overlap - 1) < 0.001, `goodput: ${sender.goodput_bps} for ${sum_received.bits_per_second} bit/s`);
}

async function firstPayload(file: string, flow: number): Promise<number | undefined> {
  const [first] = await query<{ length_bytes: number }>(
    file,
    `SELECT length_bytes FROM trace WHERE flow = ${flow} AND type = 'recv' AND length_bytes > 0 ORDER BY ord LIMIT 1`,
  );
  return first?.length_bytes;
}
