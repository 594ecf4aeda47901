/** Compares what `analyze` says of one run with what its witnesses saw. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Comparison, exactly, type Metric } from "./comparison.ts";
import { type OurFlow, type OurNumbers, type OurRecord, ourNumbers } from "./ours.ts";
import {
  type Acknowledged,
  acknowledgedBy,
  acknowledgedBytes,
  type Connection,
  connectionsTo,
  couldBeInFlight,
  dataSent,
  duration_s,
  inFlightAtSends,
  retransmissions,
  retransmittedRuns,
  smoothedRtt,
  wasInFlight,
  wasReset,
} from "./witness/connection.ts";
import { type LastLook, lastLooks, nstatDelta } from "./witness/counters.ts";
import { readFrames, SYN } from "./witness/frames.ts";

/** The connection that carries iperf3's messages is not looked at one by one. */
const leastBytes = 50_000;
/**
 * How long a packet may be on its way between the device, where tcpdump looks, and the socket, where the kernel's hooks
 * are: until a process that was interrupted in sending lets go of it.
 */
const deviceToSocket_s = 0.01;
/** Sent by iperf3 on each data connection before what it reports: the test's name. */
const iperf3CookieBytes = 37;

/** The kernel keeps times of this kind in jiffies. */
const jiffy_s = 0.004;
/** From a poll of ss to the next, every 0.1 s, and how long one can take on a busy machine. */
const poll_s = 0.3;

/**
 * Compares one run's evidence: sender.pcap.gz, nstat.before, nstat.after, port.txt and iperf3.json in its folder;
 * capture.tpp, records.tpp and ss.txt there or, where one capture holds several runs, in the folder around it.
 */
export async function compareRun(folder: string, capture = "capture.tpp"): Promise<Comparison[]> {
  const find = (name: string): string => {
    const own = join(folder, name);
    return existsSync(own) ? own : join(dirname(folder), name);
  };
  const read = (name: string): string => readFileSync(find(name), "utf8");
  const port = Number(read("port.txt"));
  const ours = await ourNumbers(find(capture));
  const ahead_s = Number(read("clock.txt"));
  const base_ns = ours.zero_monotonic_ns + BigInt(Math.round(ahead_s * 1e6)) * 1000n;
  const connections = connectionsTo(port, await readFrames(join(folder, "sender.pcap.gz")), base_ns);
  const looks = lastLooks(read("ss.txt")).filter((look) => look.dport === port);
  const flows = ours.flows.filter((flow) => flow.dport === port);
  // over loopback both ends are in the sender's namespace, whose counters nstat shows
  const counted = ours.flows.filter((flow) => flow.dport === port || (flow.sport === port && isLoopback(flow)));
  const delta = (name: string): number => nstatDelta(read("nstat.before"), read("nstat.after"), name);

  const lasts = flows.map((flow) => flow.start_s + flow.duration_s);
  const lastPoll_s = Math.max(...lasts, 0);
  const result: Comparison[] = [
    // One that is shorter than the time from a poll to the next need not be in any.
    unpolled(
      ours,
      exactly("connections", flows.length, connections.length),
      connections.filter((connection) => duration_s(connection) < poll_s).length,
      "a connection between two polls is not seen",
    ),
    timeOfDay(ours, ahead_s),
  ];
  // What nstat counted before the capture began is in no record.
  const isOlder = flows.some((flow) => {
    const nth = flows.filter(({ sport }) => sport === flow.sport).indexOf(flow);
    const begun = connections.filter(({ sport }) => sport === flow.sport)[nth]?.segments[0]?.t;
    return begun !== undefined && flow.start_s > begun + 0.5;
  });
  const retransmits = sum(counted.map((flow) => flow.retransmits));
  const row = exactly("retransmissions", retransmits, delta("TcpRetransSegs"));
  const byConnection = flows.every(isLoopback)
    ? buffersOrSegments(ours, row, connections)
    : unpolled(
        ours,
        row,
        connections.reduce((all, connection) => all + unseenRetransmissions(flows, connection, lastPoll_s), 0),
        "what was sent again behind the last poll is not seen",
      );
  if (!isOlder) result.push(byConnection);
  // Polls tell no timeouts.
  if (ours.source !== "ss" && !isOlder) result.push(timeouts(ours, counted, delta));

  const proxies = existsSync(find("records.tpp")) ? await ourNumbers(find("records.tpp")) : null;
  const data = connections.filter((connection) => dataSent(connection) >= leastBytes);
  for (const [index, connection] of data.entries()) {
    const part = data.length > 1 ? `connection ${index + 1}` : undefined;
    const nth = connections.filter((other) => other.sport === connection.sport).indexOf(connection);
    const flow = flows.filter((other) => other.sport === connection.sport)[nth];
    if (!flow && ours.source === "ss") continue;
    const look = looks.filter((other) => other.sport === connection.sport)[nth];
    if (!flow || !look)
      throw new Error(`${folder}: port ${connection.sport} has ${flow ? "no last look of ss" : "no flow"}`);
    const rows = await compareConnection(ours, flow, connection, look);
    if (existsSync(join(folder, "iperf3.json"))) rows.push(...iperf3(flow, connection, read("iperf3.json")));
    const proxy = proxies?.flows.filter((other) => other.dport === port && other.sport === flow.sport)[nth];
    if (proxies && proxy) rows.push(...limits("kmod", proxy, connection, look));
    result.push(...rows.map((row) => (part ? { ...row, part } : row)));
  }
  return result;
}

/** From a poll on at which a connection was seen last, how many segments were sent again. */
function unseenRetransmissions(flows: readonly OurFlow[], connection: Connection, lastPoll_s: number): number {
  const own = flows
    .filter(({ sport }) => sport === connection.sport)
    .map(({ start_s, duration_s }) => start_s + duration_s);
  const begin = connection.segments[0]?.t ?? 0;
  // Of a port that was used again, the last one that can be it. One that no poll saw is missing whole.
  const seen = own.filter((end) => end >= begin - poll_s);
  return retransmissions(
    connection,
    seen.length > 0 ? Math.min(...seen, lastPoll_s) - poll_s : Number.NEGATIVE_INFINITY,
  );
}

const sum = (values: readonly (number | null)[]): number | null =>
  values.reduce((total: number | null, value) => (total === null || value === null ? null : total + value), 0);

async function compareConnection(
  ours: OurNumbers,
  flow: OurFlow,
  connection: Connection,
  look: LastLook,
): Promise<Comparison[]> {
  const records = await ours.records(flow.flow);
  const isOlder = flow.start_s > (connection.segments[0]?.t ?? 0) + 0.5;
  const since = isOlder ? flow.start_s : Number.NEGATIVE_INFINITY;
  const resent = unpolled(
    ours,
    exactly("retransmissions by connection", flow.retransmits, retransmissions(connection, since)),
    retransmissions(connection, flow.start_s + flow.duration_s - poll_s),
    "what was sent again behind the last poll is not seen",
  );
  return [
    isOlder ? acknowledgedSince(ours, flow, connection) : acknowledged(ours, flow, connection),
    isLoopback(flow) ? buffersOrSegments(ours, resent, [connection]) : resent,
    ...(ours.source === "ss" ? [] : [inFlight(ours, records, connection)]),
    ...(isOlder ? [] : [goodput(ours, flow, connection)]),
    rtt(ours, records, connection),
    completion(ours, flow, connection, isOlder ? flow.start_s : null),
    // What the kernel counts is since the connection's birth.
    ...(isOlder ? [] : limits(ours.source, flow, connection, look)),
  ];
}

/** Of polls: where ours is less than the witness's, by no more than what the witness saw between two polls. */
function unpolled(ours: OurNumbers, row: Comparison, unseen: number, note: string): Comparison {
  const less = Number(row.witness) - Number(row.ours);
  const isLess = row.verdict === "differs" && less > 0 && less <= unseen;
  return ours.source === "ss" && isLess ? { ...row, verdict: "explained", note } : row;
}

/** Of a connection that was older than the capture: what was acknowledged from its first record on. */
function acknowledgedSince(ours: OurNumbers, flow: OurFlow, connection: Connection): Comparison {
  const end = flow.start_s + flow.duration_s;
  const times = [
    flow.start_s - deviceToSocket_s,
    flow.start_s + deviceToSocket_s,
    end - deviceToSocket_s,
    end + deviceToSocket_s,
  ];
  const [first, firstAtMost, last, lastAtMost] = acknowledgedBy(connection, times).map((at) => at.highest) as [
    number,
    number,
    number,
    number,
  ];
  const expected = acknowledgedBytes(connection) + 1 - first;
  const row = exactly("bytes acknowledged", flow.acked_bytes, expected);
  if (row.verdict === "exact" || flow.acked_bytes === null) return row;
  if (ours.source === "tracefs" && endsWithEstablished(flow, connection, [first, firstAtMost]))
    return { ...row, verdict: "explained", note: "tcp_probe ends as the connection leaves ESTABLISHED" };
  const isBetween = flow.acked_bytes >= last - firstAtMost && flow.acked_bytes <= lastAtMost - first;
  return isBetween
    ? { ...row, verdict: "explained", note: "between the acknowledgements next to the first and the last record" }
    : row;
}

const isLoopback = ({ saddr, daddr }: OurFlow): boolean => saddr === daddr;

/**
 * Over loopback, where segmentation offload is on, the tracepoint tells buffers, each of which can be several segments:
 * not more of them than segments, nor fewer than runs of neighbours.
 */
function buffersOrSegments(ours: OurNumbers, row: Comparison, connections: readonly Connection[]): Comparison {
  if (ours.source !== "tracefs" || row.verdict === "exact") return row;
  const runs = connections.reduce((total, connection) => total + retransmittedRuns(connection), 0);
  const buffers = Number(row.ours);
  if (!(runs <= buffers && buffers < Number(row.witness))) return row;
  return {
    ...row,
    verdict: "explained",
    note: "tcp_retransmit_skb tells buffers, some of which were several segments",
  };
}

function timeOfDay(ours: OurNumbers, ahead_s: number): Comparison {
  const off = ours.realtimeAhead_s - ahead_s;
  const within = Math.abs(off) <= 0.001;
  return {
    metric: "time of day",
    ours: `${(off * 1000).toFixed(2)} ms off`,
    witness: "",
    difference: "",
    // The monotonic clock is read last, so what comes between can only make it late.
    verdict: within ? "within" : off < 0 && off > -0.1 ? "explained" : "differs",
    ...(within ? {} : { note: "capture lost its CPU to another process between reading the two clocks" }),
  };
}

/**
 * Tracepoints tell entries into Loss. A timer that sends a SYN again does not enter it; a peer that takes back what it
 * SACKed makes the kernel enter it without a timer. nstat counts both.
 */
function timeouts(ours: OurNumbers, flows: readonly OurFlow[], delta: (name: string) => number): Comparison {
  const expected = delta("TcpExtTCPTimeouts");
  const told = sum(flows.map((flow) => flow.timeouts));
  const row = exactly("timeouts", told, expected);
  if (ours.source === "kmod" || row.verdict === "exact" || told === null) return row;
  const isBetween =
    told >= expected - delta("TcpExtTCPSynRetrans") && told <= expected + delta("TcpExtTCPSACKReneging");
  if (!isBetween) return row;
  return {
    ...row,
    verdict: "explained",
    note: "tracepoints show entries into Loss instead, which a SYN's timer does not cause and SACK reneging does",
  };
}

function acknowledged(ours: OurNumbers, flow: OurFlow, connection: Connection): Comparison {
  const row = exactly("bytes acknowledged", flow.acked_bytes, acknowledgedBytes(connection));
  if (row.verdict === "exact" || ours.source === "kmod" || flow.acked_bytes === null) return row;
  if (ours.source === "ss") {
    const end = flow.start_s + flow.duration_s;
    const [low, high] = acknowledgedBy(connection, [end - poll_s, end + poll_s]);
    const isThen = flow.acked_bytes >= low!.highest - 1 && flow.acked_bytes <= high!.highest - 1;
    return isThen
      ? { ...row, verdict: "explained", note: "what was acknowledged behind the last poll is not seen" }
      : row;
  }
  return endsWithEstablished(flow, connection, [1, 1])
    ? { ...row, verdict: "explained", note: "tcp_probe ends as the connection leaves ESTABLISHED" }
    : row;
}

/**
 * Whether what tracepoints lack of the bytes is what was acknowledged behind the last segment that they show of a
 * connection whose close they tell: until then it is what tcpdump had seen acknowledged, less what that segment
 * acknowledges. `first`: what had been acknowledged as it began, at least and at most.
 */
function endsWithEstablished(flow: OurFlow, connection: Connection, [least, most]: readonly [number, number]): boolean {
  const { acked_bytes, acked_until_s, seen } = flow;
  if (acked_bytes === null || acked_until_s === null || !/until its close$/.test(seen)) return false;
  const [low, high] = acknowledgedBy(connection, [acked_until_s - deviceToSocket_s, acked_until_s + deviceToSocket_s]);
  return acked_bytes >= low!.beforeLast - most && acked_bytes <= high!.highest - least;
}

function iperf3(flow: OurFlow, connection: Connection, json: string): Comparison[] {
  const report = JSON.parse(json) as {
    start: { connected: { local_port: number }[] };
    end: { sum_sent: { bytes: number }; sum_received: { bytes: number } };
  };
  if (report.start.connected[0]?.local_port !== connection.sport) return [];
  const row = exactly("bytes acknowledged (iperf3)", flow.acked_bytes, report.end.sum_sent.bytes + iperf3CookieBytes);
  if (row.verdict === "exact") return [row];
  // It counts what it wrote, so never less than what tcpdump saw acknowledged; and ours is no more than that, by the
  // comparison above.
  const acked = acknowledgedBytes(connection);
  const isLess = (flow.acked_bytes ?? 0) <= acked && acked <= report.end.sum_sent.bytes + iperf3CookieBytes;
  if (!isLess) return [row];
  return [
    {
      ...row,
      verdict: "explained",
      note: "what iperf3 wrote and the peer's kernel never acknowledged before it was closed",
    },
  ];
}

const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`;

function inFlight(ours: OurNumbers, records: readonly OurRecord[], connection: Connection): Comparison {
  const { compared, exact, explained } =
    ours.source === "kmod" ? inFlightAtEachSend(records, connection) : inFlightAtEachReceipt(records, connection);
  const rest = compared - exact - explained;
  return {
    metric: "bytes in flight",
    ours: String(compared),
    witness: String(exact),
    difference: `${explained} + ${rest}`,
    verdict: compared > 0 && exact === compared ? "exact" : rest === 0 && compared > 0 ? "explained" : "differs",
    ...(explained > 0
      ? { note: "an acknowledgement or a segment was on its way between socket and device (at most 10 ms)" }
      : {}),
  };
}

function inFlightAtEachSend(records: readonly OurRecord[], connection: Connection) {
  const bySeq = new Map<number, ReturnType<typeof inFlightAtSends>>();
  for (const point of inFlightAtSends(connection)) {
    const list = bySeq.get(point.seq);
    if (list) list.push(point);
    else bySeq.set(point.seq, [point]);
  }
  let compared = 0;
  let exact = 0;
  let explained = 0;
  for (const record of records) {
    if (record.type !== "send" || !record.length_bytes) continue;
    compared += 1;
    const point = bySeq.get(record.seq_num as number)?.shift();
    if (!point) continue;
    if (point.bytes === record.inflight_bytes) exact += 1;
    else if (couldBeInFlight(connection, point.t, deviceToSocket_s, record.inflight_bytes)) explained += 1;
  }
  return { compared, exact, explained };
}

function inFlightAtEachReceipt(records: readonly OurRecord[], connection: Connection) {
  let compared = 0;
  let exact = 0;
  let explained = 0;
  for (const record of records) {
    if (record.type !== "recv") continue;
    compared += 1;
    if (wasInFlight(connection, record.t, 0.0005, record.inflight_bytes)) exact += 1;
    else if (couldBeInFlight(connection, record.t, deviceToSocket_s, record.inflight_bytes)) explained += 1;
  }
  return { compared, exact, explained };
}

function goodput(ours: OurNumbers, flow: OurFlow, connection: Connection): Comparison {
  const windows = ours.windows.filter((window) => window.flow === flow.flow);
  const ends = windows.map((window) => window.window_start_s + 1);
  const start: Acknowledged = { highest: 1, beforeLast: 1 };
  // what `bytes acknowledged` lacks for tracepoints is at the connection's end
  const missing = ours.source === "kmod" ? 0 : acknowledgedBytes(connection) - (flow.acked_bytes ?? 0);
  const edge_s = ours.source === "ss" ? poll_s : deviceToSocket_s;
  const until = acknowledgedBy(connection, ends);
  const sooner = acknowledgedBy(
    connection,
    ends.map((end) => end - edge_s),
  );
  const later = acknowledgedBy(
    connection,
    ends.map((end) => end + edge_s),
  );
  // tracepoints do not tell what the segment they show acknowledges
  const known = (at: Acknowledged): number => (ours.source === "kmod" ? at.highest : at.beforeLast);
  const lastWithAny = windows.findLastIndex((window) => (window.acked_bytes ?? 0) > 0);
  // bpf without hooks tells what is acknowledged behind ESTABLISHED with the next change of the TCP state.
  let told = 1;
  const isLater =
    ours.source === "bpf" &&
    windows.every((window, index) => {
      told += window.acked_bytes ?? 0;
      return told <= (later[index] ?? start).highest;
    }) &&
    // The number of the FIN can be among it.
    [1, 2].includes(told - acknowledgedBytes(connection));
  // What was acknowledged by the first poll, and within a poll of the window's edge, is no advance between two polls.
  const unpolled =
    ours.source === "ss"
      ? acknowledgedBy(connection, [flow.start_s + edge_s])[0]!.highest +
        (later[0] ?? start).highest -
        (sooner[0] ?? start).highest
      : 0;
  let within = 0;
  let explained = 0;
  let worst = 0;
  for (const [index, window] of windows.entries()) {
    const bytes = (until[index] ?? start).highest - (until[index - 1] ?? start).highest;
    // Behind the last segment that the kernel shows.
    if (window.acked_bytes === null) {
      explained += 1;
      continue;
    }
    const off = Math.abs(window.acked_bytes - bytes);
    // the sequence number of the SYN counts as a byte
    const share = off <= 1 && index === 0 ? 0 : off / Math.max(bytes, 1);
    worst = Math.max(worst, share);
    const most = (later[index] ?? start).highest - known(sooner[index - 1] ?? start);
    // Nor do polls see what was acknowledged before the first one.
    const unseen = index >= lastWithAny || (ours.source === "ss" && index === 0) ? missing : 0;
    const isOnce =
      ours.source === "ss" &&
      index === 0 &&
      window.acked_bytes <= most &&
      window.acked_bytes >= bytes - missing - unpolled;
    const least = known(sooner[index] ?? start) - (later[index - 1] ?? start).highest - unseen;
    if (share <= 0.001) within += 1;
    // The FIN's number can be among what is missing.
    else if (window.acked_bytes >= least - 1 && window.acked_bytes <= most) explained += 1;
    else if (isLater || isOnce) explained += 1;
  }
  const rest = windows.length - within - explained;
  return {
    metric: "goodput by second",
    ours: `${windows.length}`,
    witness: `${within}`,
    difference: `worst ${percent(worst)}`,
    verdict: rest > 0 ? "differs" : explained > 0 ? "explained" : worst === 0 ? "exact" : "within",
    ...(explained > 0
      ? {
          note:
            ours.source === "ss"
              ? "no more than what was acknowledged between two polls"
              : ours.source === "kmod"
                ? "no more than what came within 10 ms of a window's edge"
                : "not known behind the last segment in ESTABLISHED; else no more than the last acknowledgement of a window and those at the connection's end, or what came within 10 ms of an edge",
        }
      : {}),
  };
}

function rtt(ours: OurNumbers, records: readonly OurRecord[], connection: Connection): Comparison {
  const samples = smoothedRtt(connection);
  const about_s = ours.source === "ss" ? poll_s : 0.0005;
  const off: number[] = [];
  let at = 0;
  let near = 0;
  let onItsWay = 0;
  let sumOurs = 0;
  let sumWitness = 0;
  for (const record of records) {
    // the time is the only link: of the samples that may be the newest then, the one that agrees best
    while (at + 1 < samples.length && (samples[at + 1]?.t as number) < record.t - about_s) at += 1;
    if (!record.srtt_us) continue;
    let best: number | undefined;
    for (let next = at; next < samples.length; next++) {
      const sample = samples[next] as { t: number; srtt_us: number };
      if (sample.t > record.t + about_s) break;
      if (best === undefined || Math.abs(record.srtt_us - sample.srtt_us) < Math.abs(record.srtt_us - best))
        best = sample.srtt_us;
    }
    if (best === undefined) continue;
    off.push(Math.abs(record.srtt_us / best - 1));
    if (Math.abs(record.srtt_us - best) <= Math.max(0.05 * best, 100)) near += 1;
    if (Math.abs(record.srtt_us - best) <= deviceToSocket_s * 1e6) onItsWay += 1;
    sumOurs += record.srtt_us;
    sumWitness += best;
  }
  off.sort((a, b) => a - b);
  const n = Math.max(off.length, 1);
  const share = near / n;
  const short = share < 0.95 && sumWitness / n < 1000 && onItsWay === off.length;
  const isHeldUp =
    !short && share < 0.95 && onItsWay === off.length && (n < 50 || Math.abs(sumOurs / sumWitness - 1) <= 0.05);
  return {
    metric: "smoothed RTT",
    ours: `${(sumOurs / n / 1000).toFixed(2)} ms`,
    witness: `${(sumWitness / n / 1000).toFixed(2)} ms`,
    difference: `median ${percent(off[Math.floor(off.length / 2)] ?? Number.NaN)}; ${percent(share, 1)} within`,
    verdict: share >= 0.95 ? "within" : short || isHeldUp ? "explained" : "differs",
    ...(short
      ? {
          note: "round trips of less than 1 ms: much of each is the way between device and socket on a busy machine (at most 10 ms)",
        }
      : isHeldUp
        ? {
            note: "single samples were held up between device and socket (at most 10 ms), which srtt forgets slowly; over 50 records and more the means agree",
          }
        : {}),
  };
}

/** `begun_s`: when we saw it first, where that is not its beginning. */
function completion(ours: OurNumbers, flow: OurFlow, connection: Connection, begun_s: number | null): Comparison {
  const older_s = begun_s === null ? 0 : begun_s - (connection.segments[0]?.t ?? 0);
  const witness = duration_s(connection) - older_s;
  const off = (flow.duration_s - witness) * 1000;
  const answer = connection.segments.find((segment) => !segment.out && segment.flags & SYN);
  const handshake_s = (answer?.t ?? 0) - (connection.segments[0]?.t ?? 0);
  const isFromSetup = begun_s === null && off < -1 && Math.abs(off + handshake_s * 1000) <= 1;
  const isPolled = ours.source === "ss" && off < 0 && off > -1000 * poll_s;
  return {
    metric: "completion time",
    ours: `${flow.duration_s.toFixed(6)} s`,
    witness: `${witness.toFixed(6)} s`,
    difference: `${off.toFixed(3)} ms`,
    verdict: Math.abs(off) <= 1 ? "within" : isPolled || isFromSetup ? "explained" : "differs",
    ...(isPolled && Math.abs(off) > 1
      ? { note: "from the first poll to the last" }
      : isFromSetup
        ? { note: "tracepoints show a connection from its setup on, which is a round trip behind its SYN" }
        : {}),
  };
}

function limits(source: string, flow: OurFlow, connection: Connection, look: LastLook): Comparison[] {
  if (flow.basis === null) return [];
  const proxy = flow.basis !== "kernel";
  const unpolled_s = source === "ss" ? duration_s(connection) - flow.duration_s : 0;
  const ranOn_ms = wasReset(connection) ? look.lastack_ms : 0;
  const compare = (metric: Metric, seconds: number, witness_ms: number, later_ms = 0): Comparison => {
    const off = (seconds - witness_ms / 1000) / flow.life_s;
    const within = Math.abs(off) <= 0.05 || Math.abs(off) * flow.life_s <= jiffy_s;
    const isUnpolled = !within && off < 0 && -off * flow.life_s <= unpolled_s + (source === "ss" ? poll_s : 0);
    const afterReset = !within && Math.abs(off + later_ms / 1000 / flow.life_s) <= 0.05;
    const note = isUnpolled
      ? "what came behind the last poll is not seen"
      : afterReset
        ? "after a RST the kernel's time runs on until ss looks, by its own `lastack` as much longer"
        : "a proxy, which is as far off as the difference says";
    return {
      metric,
      ours: `${seconds.toFixed(3)} s`,
      witness: `${(witness_ms / 1000).toFixed(3)} s`,
      difference: percent(off),
      verdict:
        Math.abs(off * flow.life_s) < 0.0005
          ? "exact"
          : within
            ? "within"
            : afterReset || proxy || isUnpolled
              ? "explained"
              : "differs",
      ...(within || !(afterReset || proxy || isUnpolled) ? {} : { note }),
    };
  };
  const rwnd = flow.rwnd_share * flow.life_s;
  const busy = flow.life_s * (1 - flow.idle_share);
  if (proxy) {
    return [
      compare("limits by records: receiver", rwnd, look.rwnd_limited_ms, ranOn_ms),
      compare("limits by records: busy", busy, look.busy_ms, ranOn_ms),
    ];
  }
  return [
    compare("limits: receiver", rwnd, look.rwnd_limited_ms, ranOn_ms),
    compare("limits: send buffer", (flow.sndbuf_share ?? 0) * flow.life_s, look.sndbuf_limited_ms),
    compare("limits: busy", busy, look.busy_ms, ranOn_ms),
  ];
}
