/**
 * Ten thousand connections a second, in a namespace of the test's own: every end of each has its records, or what is
 * lost is counted and has its place. TPP_FLOOD_S=30 for the long run.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RecordValues, readFrames, verifyTpp } from "@tcpprobe-plus/tpp";
import { output } from "../../../lab/command.ts";
import { hasTool } from "../../../lab/machine.ts";
import { startCapture, temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { makeNamespace } from "../namespace-traffic.ts";

const test = requires({ root: true, netns: true, tools: ["gcc"], also: { nsenter: hasTool("nsenter") } });
const seconds = Number(process.env.TPP_FLOOD_S ?? 3);
const source = fileURLToPath(new URL("flood.c", import.meta.url));
const [setup, done] = [3, 4];

for (const ringKb of [null, 64]) {
  const ring = ringKb === null ? "the ring as it is" : `a ring of ${ringKb} KiB`;
  test.serial(
    `10,000 connections a second for ${seconds} s, ${ring}: each is there, or its loss is counted and has its place`,
    async (t) => {
      t.timeout((seconds + 120) * 1000);
      const folder = temporaryDirectory(t);
      const flood = join(folder, "flood");
      execFileSync("gcc", ["-O2", source, "-o", flood]);
      const namespace = makeNamespace(t);
      const inside = (...command: string[]): string =>
        execFileSync("nsenter", [`--net=/run/netns/${namespace}`, ...command], {
          encoding: "utf8",
          env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
        });
      // What has ended keeps its ports for a minute otherwise.
      for (const setting of ["tcp_max_tw_buckets=100", "ip_local_port_range=1024 65535"])
        inside("sysctl", "-qw", `net.ipv4.${setting}`);
      const file = join(folder, "a.tpp");
      const ringOptions = ringKb === null ? [] : ["--buffer-size-kb", String(ringKb)];
      const running = await startCapture(t, ["--source", "bpf", "--netns", namespace, ...ringOptions, "-o", file]);
      const { made, tookS } = await flooding(namespace, flood);
      running.child.kill("SIGINT");
      t.is(await running.ended, 0, running.err());
      const walk = await verifyTpp(file);
      t.deepEqual(walk.damage, []);
      const values = new RecordValues(walk.header!.records!);
      const [typeOf, cpuOf, refusedOf] = ["type", "cpu", "refused"].map((name) => values.number(name)!);
      const counts = new Map<number, number>();
      const placed = new Map<number, number>();
      for await (const { raw } of readFrames(file, walk)) {
        const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
        for (let at = 0; at < raw.length; at += values.layout.bytes) {
          const type = typeOf!(view, at);
          counts.set(type, (counts.get(type) ?? 0) + 1);
          const cpu = cpuOf!(view, at);
          placed.set(cpu, Math.max(placed.get(cpu) ?? 0, refusedOf!(view, at)));
        }
      }
      const lost = walk.trailer!.lost.ring ?? 0;
      const withPlace = [...placed.values()].reduce((sum, one) => sum + one, 0);
      t.log(
        `${made} connections in ${tookS} s (${(made / tookS).toFixed(0)} a second), ${walk.trailer!.lines} records, lost ${lost}, of these ${withPlace} with a place`,
      );
      t.true(made / tookS > 1000, "the machine was too busy to flood anything");
      const [setups, ends] = [counts.get(setup) ?? 0, counts.get(done) ?? 0];
      if (lost === 0) t.deepEqual([setups, ends], [2 * made, 2 * made]);
      // A CPU's last losses have no record behind them.
      t.true(withPlace <= lost && withPlace >= lost * 0.9, `${withPlace} of ${lost}`);
      t.true(2 * made - setups + (2 * made - ends) <= lost);
      if (ringKb !== null) t.true(lost > 0);
    },
  );
}

async function flooding(namespace: string, flood: string): Promise<{ made: number; tookS: number }> {
  const args = ["nsenter", `--net=/run/netns/${namespace}`, flood, "5001", "10000", String(seconds)];
  const { stdout, stderr, status } = await output(args);
  if (status !== 0) throw new Error(`flood ended with ${status}: ${stderr}`);
  const [made, tookS] = stdout.trim().split(" ").map(Number);
  return { made: made!, tookS: tookS! };
}
