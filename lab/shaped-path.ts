/**
 * client ── router ── server, each a network namespace. The router shapes traffic to the server (tbf: rate and queue)
 * and drops some packets at random (nftables). So a sender at the client sees queueing delay and losses. Segment
 * offloads are off, so that single packets are queued or dropped, as on a wire. The queue is the only delay. Needs ip
 * and tc. Without nft, nothing is dropped at random. Without ethtool, offloads stay on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./command.ts";
import { hasTool } from "./machine.ts";
import { inNamespace, Namespaces } from "./namespaces.ts";

export interface PathOptions {
  readonly rateMbit: number;
  /** Size of the queue at the bottleneck. */
  readonly queueBytes: number;
  /** How many of 100,000 data packets the router drops at random. */
  readonly dropsPer100k?: number;
  /**
   * Default congestion control of the client's sockets. A namespace may set only algorithms that the host allows to
   * everybody.
   */
  readonly congestionControl?: string;
}

export class ShapedPath implements Disposable {
  readonly clientAddress = "10.82.1.2";
  readonly serverAddresses = ["10.82.2.2", "10.82.2.3", "10.82.2.4", "10.82.2.5"] as const;
  readonly serverAddress = "10.82.2.2";
  readonly client: string;
  readonly router: string;
  readonly server: string;
  readonly #namespaces: Namespaces;

  private constructor(namespaces: Namespaces, names: readonly [string, string, string]) {
    this.#namespaces = namespaces;
    [this.client, this.router, this.server] = names;
  }

  static async make(options: PathOptions): Promise<ShapedPath> {
    const namespaces = new Namespaces();
    try {
      const client = await namespaces.add("client");
      const router = await namespaces.add("router");
      const server = await namespaces.add("server");
      const commands = plan(client, router, server, options);
      for (const command of commands) await run(command);
      return new ShapedPath(namespaces, [client, router, server]);
    } catch (error) {
      namespaces[Symbol.dispose]();
      throw error;
    }
  }

  onClient(...command: string[]): string[] {
    return inNamespace(this.client, ...command);
  }

  onServer(...command: string[]): string[] {
    return inNamespace(this.server, ...command);
  }

  /** Drops everything to the server for this time. */
  async interrupt(seconds: number): Promise<void> {
    const nft = (rules: string): Promise<string> => run(inNamespace(this.router, "nft", rules));
    await nft(`add table ip cut; add chain ip cut forward { type filter hook forward priority 0; };
      add rule ip cut forward oifname "toserver" drop`);
    await sleep(seconds * 1000);
    await nft("delete table ip cut");
  }

  [Symbol.dispose](): void {
    this.#namespaces[Symbol.dispose]();
  }
}

const offloadsOff = (name: string, device: string): string[] =>
  inNamespace(name, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off");

function plan(client: string, router: string, server: string, options: PathOptions): string[][] {
  const { rateMbit, queueBytes, dropsPer100k = 0, congestionControl = "reno" } = options;
  const ip = (name: string, ...args: string[]): string[] => ["ip", "-n", name, ...args];
  const end = (name: string, device: string, ...addresses: string[]): string[][] => [
    ...addresses.map((address) => ip(name, "addr", "add", `${address}/24`, "dev", device)),
    ...(hasTool("ethtool") ? [offloadsOff(name, device)] : []),
    ip(name, "link", "set", device, "up"),
  ];
  const set = (name: string, setting: string, value: string): string[] =>
    inNamespace(name, "sh", "-c", `echo ${value} > /proc/sys/net/ipv4/${setting}`);
  const drops = `add table ip lossy; add chain ip lossy forward { type filter hook forward priority 0; };
    add rule ip lossy forward oifname "toserver" meta length > 500 numgen random mod 100000 < ${dropsPer100k} counter drop`;
  return [
    ["ip", "link", "add", "toclient", "netns", router, "type", "veth", "peer", "name", "net", "netns", client],
    ["ip", "link", "add", "toserver", "netns", router, "type", "veth", "peer", "name", "net", "netns", server],
    ...end(client, "net", "10.82.1.2"),
    ...end(router, "toclient", "10.82.1.1"),
    ...end(router, "toserver", "10.82.2.1"),
    ...end(server, "net", "10.82.2.2", "10.82.2.3", "10.82.2.4", "10.82.2.5"),
    ip(client, "route", "add", "default", "via", "10.82.1.1"),
    ip(server, "route", "add", "default", "via", "10.82.2.1"),
    set(router, "ip_forward", "1"),
    set(client, "tcp_congestion_control", congestionControl),
    inNamespace(
      router,
      "tc",
      "qdisc",
      "add",
      "dev",
      "toserver",
      "root",
      "tbf",
      "rate",
      `${rateMbit}mbit`,
      "burst",
      "5kb",
      "limit",
      `${queueBytes}`,
    ),
    ...(dropsPer100k > 0 && hasTool("nft") ? [inNamespace(router, "nft", drops)] : []),
  ];
}
