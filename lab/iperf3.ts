/** Runs iperf3 as client and server, and reads those parts of its JSON report that tests use. */
import { Background, output } from "./command.ts";

export interface Iperf3Report {
  readonly start: {
    readonly version: string;
    readonly cookie: string;
    readonly connected: readonly Iperf3Connection[];
  };
  readonly end: {
    readonly streams: readonly { readonly sender: Iperf3Sum; readonly receiver: Iperf3Sum }[];
    readonly sum_sent: Iperf3Sum;
    readonly sum_received: Iperf3Sum;
  };
  readonly error?: string;
}

export interface Iperf3Connection {
  readonly local_port: number;
  readonly remote_host: string;
  readonly remote_port: number;
}

export interface Iperf3Sum {
  readonly seconds: number;
  readonly bytes: number;
  readonly bits_per_second: number;
  readonly retransmits?: number;
}

type Wrap = (...command: string[]) => string[];
const here: Wrap = (...command) => command;

/** Starts a server for one client. */
export async function iperf3Server(host: string, port: number, wrap: Wrap = here): Promise<Background> {
  const server = new Background(wrap("iperf3", "-s", "-1", "-B", host, "-p", String(port), "--forceflush"));
  await server.prints(/listening/);
  return server;
}

/** Runs a client to its end. */
export async function iperf3Client(
  host: string,
  port: number,
  options: string[],
  wrap: Wrap = here,
): Promise<Iperf3Report> {
  const { stdout } = await output(wrap("iperf3", "-c", host, "-p", String(port), "--json", ...options));
  const report = JSON.parse(stdout) as Iperf3Report;
  if (report.error) throw new Error(`iperf3: ${report.error}`);
  return report;
}
