/**
 * One case on this machine: the tracepoints as the source, a path of network namespaces with a shaped queue and random
 * drops, and the witnesses in the sender's namespace.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Background, output, run } from "../../lab/command.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import { startRecording, startRecordingIn } from "../../lab/recording.ts";
import { type PathOptions, ShapedPath } from "../../lab/shaped-path.ts";
import { type Case, type Control, hostSources } from "./cases.ts";

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
  const traffic = new Traffic(path, control, programs);
  const older = name === "begun-before" ? await traffic.begin() : null;
  await nstat("before");

  const record = (file: string, source: string) =>
    [join(folder, file), "--port", String(port), "--source", source] as const;
  await using recording = await startRecording(...record(hostSources.host, "tracefs"));
  // Not every kernel lets BPF be loaded; whoever compares sees that there is no file.
  await using bpf = await startRecording(...record(hostSources["host, bpf"], "bpf")).catch((error: Error) => {
    writeFileSync(join(folder, "no-bpf.txt"), `${error.message}\n`);
    return null;
  });
  const inClient = (...command: string[]) => path.onClient(...command);
  await using polls = await startRecordingIn(inClient, ...record(hostSources["host, ss"], "ss"));
  const report = await (older?.done ?? traffic[name]());
  if (report !== null) writeFileSync(join(folder, "iperf3.json"), report);
  await settled(path);
  for (const one of [recording, bpf, polls]) await one?.finish();

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

  async ecn() {
    for (const namespace of [this.#path.client, this.#path.server]) await this.#set(namespace, "tcp_ecn", "1");
    const { router } = this.#path;
    await run(
      inNamespace(
        router,
        "nft",
        `add table ip marks; add chain ip marks forward { type filter hook forward priority 0; };
         add rule ip marks forward oifname "toserver" meta length > 500 numgen inc mod 200 == 0 counter ip ecn set ce`,
      ),
    );
    return this.#transfer("-n", "6M");
  }

  async "tiny-mss"() {
    const route = ["route", "change", "default", "via", "10.82.2.1", "advmss", "200"];
    await run(["ip", "-n", this.#path.server, ...route]);
    return this.#transfer("-n", "1M");
  }

  async "send-buffer"() {
    await this.#set(this.#path.client, "tcp_wmem", "4096 16384 16384");
    return this.#transfer("-n", "4M");
  }

  pacing = () => this.#sends(["1500000", "pace=500000"]);
  bursts = () => this.#sends(["1000000", "chunk=20000", "every=50"]);
  "half-closed" = () => this.#sends(["1000000", "half"], "reply=400000");
  "short-flows" = () => this.#sends(...Array.from({ length: 8 }, () => ["60000"]));

  /** Begins a transfer that goes on for some seconds. */
  async begin(): Promise<{ readonly done: Promise<null> }> {
    const done = this.#sends(["24000000"]);
    await sleep(2000);
    return { done };
  }

  "begun-before" = () => Promise.reject(new Error("is begun before the capture"));

  /** One connection after the other with these options of `tcp send`. */
  async #sends(...rest: readonly (readonly string[] | string)[]): Promise<null> {
    const tcp = join(this.#programs, "tcp");
    const each = rest.filter((one) => typeof one !== "string");
    const ofSink = rest.filter((one) => typeof one === "string");
    await using _sink = new Background(this.#path.onServer(tcp, "sink", String(port), ...ofSink));
    await sleep(300);
    for (const options of each) {
      const to = [this.#path.serverAddress, String(port)];
      await run(this.#path.onClient(tcp, "send", ...to, ...options, `cc=${this.#control}`));
    }
    await settled(this.#path);
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
