/** Sequence numbers are 32 bits; what analyze counts is not. */
import { join } from "node:path";
import { iperf3Client, iperf3Server } from "../../lab/iperf3.ts";
import { startRecording } from "../../lab/recording.ts";
import { flowsOf, query } from "../support/commands.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const test = requires({ tracefs: true, tools: ["iperf3"] });

test.serial("a transfer of 5 GiB is counted on past 2^32, and its goodput never jumps", async (t) => {
  const file = join(temporaryDirectory(t), "long.tpp");
  await using recording = await startRecording(file, "--port", "5323");
  await using server = await iperf3Server("127.0.0.1", 5323);
  const { start, end } = await iperf3Client("127.0.0.1", 5323, ["-n", "5G"]);
  await server.ended();
  const losses = (await recording.finish()).match(/, lost (\d.*)$/m)?.[1];
  const flow = (await flowsOf(file)).find(({ sport }) => sport === start.connected[0]!.local_port)!;
  const acked = flow.acked_bytes!;
  t.log(`${acked} bytes acknowledged, ${end.sum_sent.bytes} sent; records lost: ${losses}`);
  // At full speed the receiver may not have read its buffer to the end when iperf3 ends the test: then the counts
  // of its two ends differ by up to that buffer, and what the kernel acknowledged lies between them.
  const bufferBytes = 64 * 1024 * 1024;
  t.true(acked > 2 ** 32, `acknowledged ${acked}`);
  t.true(acked <= end.sum_sent.bytes + 37 && acked > end.sum_received.bytes - bufferBytes);
  const [{ most, least }] = (await query(
    file,
    `SELECT max(acked_bytes) AS most, min(acked_bytes) AS least FROM goodput WHERE flow = ${flow.flow}`,
  )) as [{ most: number; least: number }];
  t.true(least >= 0 && most < 2 ** 31, `windows acknowledge from ${least} to ${most} bytes`);
});
