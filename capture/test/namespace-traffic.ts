/** Makes connections in a network namespace of the test, and reads records of a capture of them. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { RecordValues, readFrames, type TppHeader, verifyTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { strideBytes } from "../bpf/layout.ts";

const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const ip = (...args: string[]): void => {
  execFileSync("ip", args, { env: environment, stdio: ["ignore", "ignore", "inherit"] });
};

let made = 0;

/**
 * Makes a namespace without SACK, whose loopback has an MTU of 9000 and the addresses 10.77.0.1, 10.78.0.1 and
 * fd00:77::1. Returns its name.
 */
export function makeNamespace(t: ExecutionContext): string {
  const name = `tcpp-test-${process.pid}-${++made}`;
  ip("netns", "add", name);
  t.teardown(() => ip("netns", "del", name));
  ip("-n", name, "link", "set", "lo", "mtu", "9000", "up");
  for (const address of ["10.77.0.1/32", "10.78.0.1/32"]) ip("-n", name, "address", "add", address, "dev", "lo");
  ip("-n", name, "address", "add", "fd00:77::1/128", "dev", "lo", "nodad");
  const setting = ["sysctl", "-qw", "net.ipv4.tcp_sack=0"];
  execFileSync("nsenter", [`--net=/run/netns/${name}`, ...setting], { env: environment });
  return name;
}

/**
 * The program for connections to each `[HOST, PORT]`: one client each, from 127.0.0.1 or ::1, sends 1000 bytes every
 * 5 ms. For a line on standard input it opens as many connections again, and prints "open" once they are open. At
 * the end of standard input it closes all.
 */
const program = `
  const { connect, createServer } = require("node:net");
  const ends = JSON.parse(process.argv[1]);
  const open = [];
  const server = ([host, port]) => new Promise((done) => {
    createServer((socket) => { socket.on("error", () => {}); socket.resume(); socket.on("end", () => socket.end()); }).listen(port, host, done);
  });
  const client = ([host, port]) => new Promise((done) => {
    const socket = connect(port, host, () => done());
    socket.on("error", () => {});
    const timer = setInterval(() => socket.write(Buffer.alloc(1000)), 5);
    socket.on("close", () => clearInterval(timer));
    open.push(socket);
  });
  (async () => {
    const distinct = [...new Map(ends.map((end) => [String(end), end])).values()];
    for (const end of distinct) await server(end);
    for (const end of ends) await client(end);
    console.log("open");
    process.stdin.on("data", async () => { for (const end of ends) await client(end); console.log("open"); });
    process.stdin.on("end", () => { for (const socket of open) socket.end(); setTimeout(() => process.exit(0), 300); });
  })();
`;

export interface Connections {
  readonly pid: number;
  /** Opens as many connections again. */
  more(): Promise<void>;
  end(): Promise<void>;
}

/** `before`: a command that starts the program, such as one that enters a cgroup. */
export async function connectIn(
  t: ExecutionContext,
  namespace: string,
  ends: readonly (readonly [host: string, port: number])[],
  before: readonly string[] = [],
): Promise<Connections> {
  const words = [...before, process.execPath, "-e", program, JSON.stringify(ends)];
  const child: ChildProcess = spawn("nsenter", [`--net=/run/netns/${namespace}`, ...words], {
    stdio: ["pipe", "pipe", "inherit"],
    env: environment,
  });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child.stdout!, "data");
  return {
    pid: child.pid!, // nsenter becomes the program
    more: async () => {
      child.stdin!.write("more\n");
      await once(child.stdout!, "data");
    },
    end: async () => {
      child.stdin!.end();
      await once(child, "exit");
    },
  };
}

export interface Row {
  /** CLOCK_MONOTONIC, accurate to a few ns. */
  readonly ns: number;
  readonly type: number;
  readonly netns: number;
  readonly saddr: string;
  readonly sport: number;
  readonly daddr: string;
  readonly dport: number;
}

/** The records of a capture from bpf that show a connection's state. */
export async function rowsOf(path: string): Promise<{ header: TppHeader; rows: Row[] }> {
  const walk = await verifyTpp(path);
  const values = new RecordValues(walk.header!.records!);
  const rows: Row[] = [];
  for await (const { raw } of readFrames(path, walk)) {
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    for (let at = 0; at < raw.length; at += strideBytes) {
      const ns = Number(values.bigint("time_ns")!(view, at));
      const number = (name: string): number => values.number(name)!(view, at);
      const address = (name: string): string => values.address(name)!(view, at);
      const [type, netns, sport, dport] = ["type", "netns", "sport", "dport"].map(number) as [
        number,
        number,
        number,
        number,
      ];
      if (type !== 12) rows.push({ ns, type, netns, saddr: address("saddr"), sport, daddr: address("daddr"), dport });
    }
  }
  return { header: walk.header!, rows };
}
