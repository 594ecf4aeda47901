/** A capture beside loopback traffic as fast as it goes: it loses nothing, or says exactly how much and where. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import { run } from "../../lab/command.ts";
import { iperf3Client, iperf3Server } from "../../lab/iperf3.ts";
import { startRecording } from "../../lab/recording.ts";
import { query } from "../support/commands.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const test = requires({ tracefs: true, tools: ["iperf3", "zstd"] });

/** What the kernel's own lines in the text say was lost. */
const lostInText = (text: string): number =>
  [...text.matchAll(/\[LOST (\d+) EVENTS\]/g)].reduce((sum, [, events]) => sum + Number(events), 0);

const cases = (["tracefs", "bpf"] as const).flatMap(
  (source) =>
    [
      [source, "5 s at full speed", 5, false, []],
      // Stopped for the whole transfer: even the smallest ring keeps up with a reader on a machine that is fast enough.
      [source, "a reader that does not come and a small ring", 1, true, ["--buffer-size-kb", "64"]],
    ] as const,
);

for (const [source, title, seconds, overflows, options] of cases) {
  test.serial(`${source}, ${title}: the losses in the text, the trailer and analyze are the same`, async (t) => {
    const file = join(temporaryDirectory(t), "fast.tpp");
    await using recording = await startRecording(file, "--source", source, "--port", "5324", ...options);
    await using server = await iperf3Server("127.0.0.1", 5324);
    if (overflows) recording.child.kill("SIGSTOP");
    const { end } = await iperf3Client("127.0.0.1", 5324, ["-t", String(seconds)]);
    await server.ended();
    if (overflows) recording.child.kill("SIGCONT");
    const printed = await recording.finish();
    const { trailer } = await walkTpp(file);
    // Binary records tell of losses by a counter; capture/test/bpf/bpf.test.ts looks at that.
    const text = source === "bpf" ? "" : await run(["zstd", "-dcq", file]);
    const ring = trailer!.lost.ring ?? 0;
    t.log(`${(end.sum_received.bits_per_second / 1e9).toFixed(1)} Gbit/s, ${trailer!.lines} lines, lost ${ring}`);
    // The ring's own counter can know of a few more at the end, after which no line could tell of them.
    t.true(lostInText(text) <= ring);
    t.is(Number(/lost ([\d ]+)/.exec(printed)?.[1]?.replaceAll(" ", "")), ring);
    const [{ lost }] = (await query<{ lost: number }>(
      file,
      "SELECT coalesce(sum(lost), 0)::BIGINT AS lost FROM losses",
    )) as [{ lost: number }];
    t.is(Number(lost), ring);
    if (overflows) t.true(ring > 0, "a ring of 64 KiB that nobody read lost nothing: the test tests nothing");
  });
}

test.serial("zstd -dc prints exactly what analyze reads, and zstd -t accepts the file", async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, "short.tpp");
  await using recording = await startRecording(file, "--source", "tracefs", "--port", "5325");
  await using server = await iperf3Server("127.0.0.1", 5325);
  await iperf3Client("127.0.0.1", 5325, ["-n", "50M"]);
  await server.ended();
  await recording.finish();
  const raw = join(directory, "raw.txt");
  await run(["zstd", "-tq", file]);
  writeFileSync(raw, await run(["zstd", "-dcq", file]));
  await run(["sh", "-c", `zstd -dc ${file} | cmp - ${raw}`]);
  const lines = readFileSync(raw, "latin1").split("\n").length - 1;
  t.is((await walkTpp(file)).trailer!.lines, lines);
  const [{ records }] = (await query(file, "SELECT count(*)::INTEGER AS records FROM trace")) as [{ records: number }];
  t.true(records > 0 && records <= lines);
});
