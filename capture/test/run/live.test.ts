/** Captures of real TCP on this kernel. */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { documentedWireNames, verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import {
  instancesOf,
  live,
  plainOutput,
  ringCounter,
  silentIo,
  startCapture,
  startTraffic,
  temporaryDirectory,
  textOf,
} from "../../../test/support/capture.ts";
import { main } from "../../cli.ts";
import { everything } from "../../filter/filter.ts";
import { Output } from "../../run/output.ts";
import { record } from "../../run/record.ts";
import { StopRequest } from "../../run/stop-request.ts";
import { takeSnapshot } from "../../snapshot/header.ts";
import { openTracefs } from "../../sources/tracefs.ts";

live(
  "the file holds exactly the bytes that the kernel printed, of a transfer from its first to its last state",
  async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const traffic = await startTraffic(t, 100, 50);
    const source = await openTracefs({ filter: everything, bufferSizeKb: null, say: () => {} });
    try {
      const printed: Buffer[] = [];
      const tee = Object.create(source, {
        read: {
          value: (into: Buffer) => {
            const got = source.read(into);
            if (typeof got === "number") printed.push(Buffer.from(into.subarray(0, got)));
            return got;
          },
        },
        saw: { value: (text: Buffer) => source.saw(text) },
        halt: { value: () => source.halt() },
      });
      const stop = new StopRequest();
      const snapshot = await takeSnapshot({ hostname: false, commandLine: ["test"] });
      source.start();
      const output = await Output.create(source, snapshot, plainOutput(path));
      const recording = record(tee, output, stop);
      const second = await startTraffic(t, 50_000, 5);
      await wait(1200);
      await second.end();
      await traffic.end();
      stop.request("duration", false);
      await output.close({ reason: await recording });
      const text = textOf(path);
      t.is(text, Buffer.concat(printed).toString("latin1"));
      t.deepEqual((await verifyTpp(path)).damage, []);
      const states = [...text.matchAll(new RegExp(`sport=(\\d+) dport=${second.port} .*newstate=(\\w+)`, "g"))].map(
        (match) => match[2],
      );
      t.deepEqual(states.slice(0, 2), ["TCP_SYN_SENT", "TCP_ESTABLISHED"]);
      t.is(states.at(-1), "TCP_CLOSE");
      t.true(
        text.split("\n").filter((line) => line.includes("tcp_probe:") && line.includes(`:${second.port} `)).length >
          100,
      );
    } finally {
      await source.dispose();
    }
  },
);

live(
  "--port keeps everybody else's connections out, and the header tells what was recorded and how the host was set",
  async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const wanted = await startTraffic(t, 1000, 5);
    await startTraffic(t, 1000, 5);
    const running = await startCapture(t, [
      "--port",
      String(wanted.port),
      "-o",
      path,
      "--source",
      "tracefs",
      "--duration",
      "1.5",
    ]);
    t.is(await running.ended, 0);
    t.regex(running.err(), /source tracefs: .*no sends, no timeouts/);
    t.regex(running.err(), /records in [1-4]\.\d s \(duration\), .* of text in .*:1\), lost 0/);
    const { header, trailer, damage } = await verifyTpp(path);
    t.deepEqual(damage, []);
    t.is(trailer?.reason, "duration");
    t.is(header?.filters.port, wanted.port);
    t.is(header?.sysctl["net.ipv4.tcp_sack"], execFileSync("sysctl", ["-n", "net.ipv4.tcp_sack"]).toString().trim());
    t.true(header?.interfaces.some((one) => one.name === "lo" && (one.mtu ?? 0) > 0));
    t.regex(header?.events?.tcp_probe ?? "", /snd_cwnd=%u/);
    t.is(header?.hostname, undefined);
    const others = textOf(path)
      .split("\n")
      .filter(
        (line) =>
          line !== "" && !line.includes("tcp_send_reset:") && !new RegExp(`(:|port=)${wanted.port} `).test(line),
      );
    t.deepEqual(others, []);
    t.true((trailer?.lines ?? 0) > 200);
  },
);

live("the record's clock and the header's anchors give the time of day", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 1000, 20);
  const before = Date.now();
  const running = await startCapture(t, [
    "--port",
    String(traffic.port),
    "-o",
    path,
    "--source",
    "tracefs",
    "--duration",
    "0.6",
  ]);
  await running.ended;
  const after = Date.now();
  const { clock } = (await verifyTpp(path)).header!;
  const offsetMs = Number(BigInt(clock.realtime_ns) - BigInt(clock.monotonic_ns)) / 1e6;
  const times = [...textOf(path).matchAll(/ (\d+\.\d{6}): tcp_probe/g)].map(
    (match) => Number(match[1]) * 1000 + offsetMs,
  );
  t.true(times.length > 10);
  t.true(times[0]! > before && times.at(-1)! < after, `${before} ${times[0]} ${times.at(-1)} ${after}`);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  live(`${signal} ends it cleanly: drained, trailer, totals, instance gone`, async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const traffic = await startTraffic(t, 1000, 5);
    const running = await startCapture(t, ["--port", String(traffic.port), "-o", path, "--source", "tracefs"]);
    await wait(700);
    running.child.kill(signal);
    t.is(await running.ended, 0);
    const { trailer, damage } = await verifyTpp(path);
    t.deepEqual(damage, []);
    t.is(trailer?.reason, `signal ${signal}`);
    t.true((trailer?.lines ?? 0) > 50);
    t.regex(running.err(), new RegExp(`signal ${signal}`));
    t.deepEqual(instancesOf(running.child.pid!), []);
  });
}

live("what a ring too small loses is counted to the last record, and said", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 200, 0);
  const running = await startCapture(t, [
    "--port",
    String(traffic.port),
    "-o",
    path,
    "--source",
    "tracefs",
    "--buffer-size-kb",
    "64",
  ]);
  await wait(500);
  running.child.kill("SIGSTOP"); // nothing is read while the ring overflows
  const overruns = (): number => ringCounter(running.child.pid!, "overrun");
  for (let tries = 0; tries < 300 && overruns() < 100; tries += 1) await wait(100);
  running.child.kill("SIGCONT");
  await wait(300);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0);
  t.regex(running.err(), /lost [1-9].*\(ring /);
  t.regex(running.err(), /Raise --buffer-size-kb/);
  const { trailer, damage } = await verifyTpp(path);
  t.deepEqual(damage, []);
  const overrun = [...(trailer?.statistics?.end ?? "").matchAll(/^overrun: (\d+)$/gm)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
  t.is(trailer?.lost.ring, overrun);
  t.regex(textOf(path), /^CPU:\d+ \[LOST \d+ EVENTS\]$/m);
});

test("30-field text from a FIFO is saved as it is until its writer closes it", async (t) => {
  const directory = temporaryDirectory(t);
  const fifo = join(directory, "fifo");
  const path = join(directory, "a.tpp");
  execFileSync("mkfifo", [fifo]);
  const io = silentIo();
  const running = main(["node", "capture", "run", "--kmod-file", fifo, "-o", path], io);
  const line =
    "0 1.000000000 10.0.0.1 5001 10.0.0.2 40000 0 0x10 1 1 0 1 1 1 0 10 2147483647 65535 800 400 400 201 0 0 0 0 0 0 0 1000000";
  const script = 'for i in 1 2 3; do echo "$1"; sleep 0.1; done > "$2"';
  spawn("sh", ["-c", script, "sh", line, fifo], { stdio: "ignore" });
  t.is(await running, 0, io.err);
  t.is(textOf(path), `${line}\n`.repeat(3));
  const { header, trailer } = await verifyTpp(path);
  t.deepEqual([header?.source, header?.text, trailer?.reason], ["kmod", "probe", "source ended"]);
  t.deepEqual(header?.columns, documentedWireNames);
  t.is(line.split(" ").length, documentedWireNames.length);
});
