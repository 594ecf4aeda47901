/**
 * What tshark tells of each TCP frame of a packet capture. Nothing of the project's own code is used in this folder.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Frame {
  /** Nanoseconds since 1970, as tcpdump stamped it. */
  readonly time_ns: bigint;
  readonly source: string;
  readonly sport: number;
  readonly destination: string;
  readonly dport: number;
  /** As on the wire, modulo 2^32. */
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly flags: number;
  /** Blocks that a SACK option tells of, as numbers on the wire: [first, end]. */
  readonly sacked: readonly (readonly [number, number])[];
  /** The timestamps option: this frame's, and the one that it echoes; null without the option. */
  readonly tsval: number | null;
  readonly tsecr: number | null;
  /** tshark's number of the connection: a 4-tuple that is used again is a new one. */
  readonly stream: number;
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

const fields = [
  "frame.time_epoch",
  "ip.src",
  "tcp.srcport",
  "ip.dst",
  "tcp.dstport",
  "tcp.seq_raw",
  "tcp.ack_raw",
  "tcp.len",
  "tcp.flags",
  "tcp.stream",
  "tcp.options.sack_le",
  "tcp.options.sack_re",
  "tcp.options.timestamp.tsval",
  "tcp.options.timestamp.tsecr",
];

/** The TCP frames of a pcap or pcap.gz, in the order in which they were taken. */
export async function readFrames(file: string): Promise<Frame[]> {
  const options = ["tcp.desegment_tcp_streams:FALSE", "tcp.relative_sequence_numbers:FALSE", "ip.defragment:FALSE"];
  const args = ["-n", "-r", file, "-Y", "tcp", "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
  // The payload, which is cut off anyway, is not looked into.
  const child = spawn(
    "tshark",
    [...args, ...options.flatMap((option) => ["-o", option]), "--disable-protocol", "data"],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const frames: Frame[] = [];
  for await (const line of createInterface({ input: child.stdout })) frames.push(frameOf(line));
  const status = await ended;
  if (status !== 0) throw new Error(`tshark ended with ${status} on ${file}: ${complaint.trim()}`);
  return frames;
}

function frameOf(line: string): Frame {
  const [time = "", source = "", sport, destination = "", dport, seq, ack, length, flags, stream, ...more] =
    line.split("\t");
  const [firsts = "", ends = "", tsval, tsecr] = more;
  const lasts = ends.split(",");
  const [seconds = "0", fraction = ""] = time.split(".");
  return {
    time_ns: BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9)),
    source,
    sport: Number(sport),
    destination,
    dport: Number(dport),
    seq: Number(seq),
    ack: Number(ack),
    length: Number(length),
    flags: Number(flags),
    sacked:
      firsts === "" ? [] : firsts.split(",").map((first, index) => [Number(first), Number(lasts[index])] as const),
    tsval: tsval ? Number(tsval) : null,
    tsecr: tsecr ? Number(tsecr) : null,
    stream: Number(stream),
  };
}
