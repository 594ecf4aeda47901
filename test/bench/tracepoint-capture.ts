/**
 * Real tracepoint text for benchmarks: a capture of traffic over this machine's loopback, in a namespace of its own.
 */
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { walkTpp } from "@tcpprobe-plus/tpp";
import { iperf3Client, iperf3Server } from "../../lab/iperf3.ts";
import { inNamespace, Namespaces } from "../../lab/namespaces.ts";
import { startRecording } from "../../lab/recording.ts";

/** A port that nothing else uses here. */
const port = 58_113;
const mostSeconds = 240;

/** Records at least so many lines, if they come in four minutes; returns how many there are. Needs root and iperf3. */
export async function recordTracepoints(path: string, lines: number): Promise<number> {
  using namespaces = new Namespaces();
  const inside =
    (name: string) =>
    (...command: string[]) =>
      inNamespace(name, ...command);
  const wrap = inside(await namespaces.add("bench"));
  const begin = performance.now();
  // Small segments make many lines of little traffic.
  const options = ["-t", "10", "-P", "8", "-M", "536", "-l", "4K"];
  for (let rate = 0, seconds = 20; ; seconds = Math.min(mostSeconds, Math.ceil((lines / rate) * 1.3))) {
    await rm(path, { force: true });
    await using recording = await startRecording(
      path,
      "--source",
      "tracefs",
      "--port",
      String(port),
      "--buffer-size-kb",
      "131072",
    );
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      await using _server = await iperf3Server("127.0.0.1", port, wrap);
      await iperf3Client("127.0.0.1", port, options, wrap);
    }
    await sleep(500);
    await recording.finish();
    const found = (await walkTpp(path)).trailer?.lines ?? 0;
    if (found >= lines || performance.now() - begin > 2 * mostSeconds * 1000) return found;
    rate = found / seconds;
  }
}
