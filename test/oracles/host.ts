/**
 * One case on this machine: the tracepoints as the source, a path of network namespaces with a shaped queue and random
 * drops, and the witnesses in the sender's namespace.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Background, output, run } from "../../lab/command.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import { startRecording } from "../../lab/recording.ts";
import { type PathOptions, ShapedPath } from "../../lab/shaped-path.ts";
import type { Case, Control } from "./cases.ts";

/** Of every transfer. The tracepoints show every namespace of the host, so it is not iperf3's usual one. */
const port = 5417;

const shapes: Partial<Record<Case, Partial<PathOptions>>> = {
  loss: { dropsPer100k: 1000 },
  blackout: { rateMbit: 10, queueBytes: 60_000 },
};

/** Runs the case and leaves its evidence in the folder. `programs` holds kmod/test/guest/tcp.c, compiled. */
export async function runOnHost(name: Case, control: Control, folder: string, programs: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "port.txt"), `${port}\n`);
  writeFileSync(join(folder, "clock.txt"), await run(["sh", join(import.meta.dirname, "inside-guest/clock.sh")]));
  using path = await ShapedPath.make({ rateMbit: 20, queueBytes: 150_000, ...shapes[name] });
  // one segment a packet, so that a retransmitted buffer is one segment
  await run(["ip", "-n", path.client, "link", "set", "net", "gso_max_segs", "1"]);
  const device = name === "over-4-gib" ? "lo" : "net";
  const pcap = join(folder, "sender.pcap");
  const dump = ["tcpdump", "-i", device, "-s", "96", "-B", "65536", "--time-stamp-precision=nano", "-w", pcap];
  await using tcpdump = new Background(path.onClient(...dump, `tcp port ${port}`));
  await tcpdump.prints(/listening on/);
  await using ss = new Background(path.onClient("stdbuf", "-oL", "ss", "-tinEHO"));
  const nstat = async (moment: string): Promise<void> =>
    writeFileSync(join(folder, `nstat.${moment}`), await run(path.onClient("nstat", "-az")));
  await nstat("before");

  await using recording = await startRecording(
    join(folder, "capture.tpp"),
    "--port",
    String(port),
    "--source",
    "tracefs",
  );
  const report = await new Traffic(path, control, programs)[name]();
  if (report !== null) writeFileSync(join(folder, "iperf3.json"), report);
  await settled(path);
  await recording.finish();

  await nstat("after");
  await sleep(1500); // tcpdump gets packets from the kernel once a second
  await tcpdump.stop();
  await ss.stop();
  writeFileSync(join(folder, "ss.txt"), ss.text);
  writeFileSync(join(folder, "tcpdump.txt"), tcpdump.text);
  await run(["gzip", "-f", pcap]);
}

/** Waits until no connection is left: a close returns long before the last acknowledgement. */
async function settled(path: ShapedPath): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const left = await run(path.onClient("ss", "-tnHO", "state", "connected", "exclude", "time-wait"));
    if (left.trim() === "") break;
    await sleep(100);
  }
  await sleep(300);
}

/** What is sent in each case; gives iperf3's report where it sends. */
class Traffic {
  readonly #path: ShapedPath;
  readonly #control: Control;
  readonly #programs: string;

  constructor(path: ShapedPath, control: Control, programs: string) {
    this.#path = path;
    this.#control = control;
    this.#programs = programs;
  }

  clean = () => this.#transfer("-n", "8M");
  loss = () => this.#transfer("-n", "8M");
  reordering = () => Promise.reject(new Error("the host has no netem"));
  "application-limited" = () => this.#transfer("-t", "4", "-l", "4K", "-b", "2M");

  async "burst-loss"() {
    await run(
      inNamespace(
        this.#path.router,
        "nft",
        `add table ip bursts; add chain ip bursts forward { type filter hook forward priority 0; };
         add rule ip bursts forward oifname "toserver" meta length > 500 numgen inc mod 400 < 6 counter drop`,
      ),
    );
    return this.#transfer("-n", "6M");
  }

  async "receiver-limited"() {
    await this.#set(this.#path.server, "tcp_rmem", "4096 32768 32768");
    return this.#transfer("-n", "6M");
  }

  async blackout() {
    const transfer = this.#transfer("-n", "5M");
    await sleep(2000);
    await this.#path.interrupt(3);
    return transfer;
  }

  "over-4-gib" = () => this.#iperf3(this.#path.client, "127.0.0.1", ["-n", "4400M"]);

  async "port-reuse"() {
    await this.#set(this.#path.client, "tcp_tw_reuse", "1");
    const tcp = join(this.#programs, "tcp");
    await using _sink = new Background(this.#path.onServer(tcp, "sink", String(port)));
    await sleep(300);
    for (const bytes of ["300000", "200000", "100000"]) {
      const options = [`cc=${this.#control}`, "sport=40001", "hold=300"];
      await run(this.#path.onClient(tcp, "send", this.#path.serverAddress, String(port), bytes, ...options));
      await settled(this.#path);
      await sleep(1200); // TIME_WAIT gives a port away after a second
    }
    return null;
  }

  #transfer(...options: string[]): Promise<string> {
    return this.#iperf3(this.#path.server, this.#path.serverAddress, options);
  }

  async #iperf3(serverNamespace: string, address: string, options: string[]): Promise<string> {
    const common = ["-p", String(port)];
    await using server = new Background(inNamespace(serverNamespace, "iperf3", "-s", "-1", "--forceflush", ...common));
    await server.prints(/listening/);
    const client = ["timeout", "60", "iperf3", "-c", address, ...common, "-C", this.#control, "--json", ...options];
    const { stdout } = await output(this.#path.onClient(...client));
    return stdout;
  }

  #set(namespace: string, setting: string, value: string): Promise<string> {
    return run(inNamespace(namespace, "sh", "-c", `echo ${value} > /proc/sys/net/ipv4/${setting}`));
  }
}

/** Compiles the guests' sender and sink for this machine; returns the folder with it. */
export async function buildTraffic(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const source = join(import.meta.dirname, "../../kmod/test/guest/tcp.c");
  await run(["gcc", "-O1", "-pthread", "-o", join(folder, "tcp"), source]);
  return folder;
}
