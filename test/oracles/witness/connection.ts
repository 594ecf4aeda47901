/**
 * One connection as tcpdump saw it at its sender, and what follows from its frames by the definitions in the RFCs:
 * bytes acknowledged, retransmissions, bytes in flight, goodput, smoothed RTT, completion time.
 */
import { ACK, FIN, type Frame, RST, SYN } from "./frames.ts";

/** A frame with its time in seconds since the base and sequence numbers counted from the sender's SYN, in 64 bits. */
export interface Segment {
  readonly t: number;
  readonly out: boolean;
  readonly seq: number;
  /** Of a received segment: what it acknowledges of the sender's. */
  readonly ack: number;
  readonly length: number;
  readonly flags: number;
  /** Of a received segment: the sender's bytes that it SACKs, [first, end]. */
  readonly sacked: readonly (readonly [number, number])[];
  readonly tsval: number | null;
  readonly tsecr: number | null;
}

export interface Connection {
  readonly sport: number;
  readonly dport: number;
  readonly segments: readonly Segment[];
}

/**
 * The connections whose SYN went to this port, as their client saw them; times count from `base_ns` (ns since 1970).
 */
export function connectionsTo(port: number, frames: readonly Frame[], base_ns: bigint): Connection[] {
  const streams = new Map<number, Frame[]>();
  for (const frame of frames) {
    const stream = streams.get(frame.stream);
    if (stream) stream.push(frame);
    else streams.set(frame.stream, [frame]);
  }
  const found: Connection[] = [];
  for (const stream of streams.values()) {
    const syn = stream.find((frame) => frame.flags & SYN && !(frame.flags & ACK) && frame.dport === port);
    if (syn) found.push({ sport: syn.sport, dport: port, segments: segmentsOf(stream, syn, base_ns) });
  }
  return found;
}

function segmentsOf(stream: readonly Frame[], syn: Frame, base_ns: bigint): Segment[] {
  const own = unwrapper(syn.seq);
  const answer = stream.find((frame) => frame.sport === syn.dport && frame.flags & SYN);
  const peers = unwrapper(answer?.seq ?? 0);
  return stream.map((frame) => {
    const out = frame.sport === syn.sport;
    return {
      t: Number(frame.time_ns - base_ns) / 1e9,
      out,
      seq: out ? own(frame.seq) : peers(frame.seq),
      ack: frame.flags & ACK ? (out ? peers(frame.ack) : own(frame.ack)) : 0,
      length: frame.length,
      flags: frame.flags,
      sacked: out
        ? []
        : frame.sacked.map(([first, end]) => [near(first, syn.seq, own), near(end, syn.seq, own)] as const),
      tsval: frame.tsval,
      tsecr: frame.tsecr,
    };
  });
}

interface Unwrapper {
  /** Follows a number from the one before. */
  (number: number): number;
  /** Where the last one was. */
  last: number;
}

/** Turns numbers modulo 2^32 into ones that go on counting from `zero`; each is near the one before. */
function unwrapper(zero: number): Unwrapper {
  const follow: Unwrapper = Object.assign(
    (number: number) => {
      follow.last = near(number, zero, follow);
      return follow.last;
    },
    { last: 0 },
  );
  return follow;
}

/** The number nearest to the last one, without following it. */
function near(number: number, zero: number, { last }: { last: number }): number {
  const step = (((number - zero - last) % 2 ** 32) + 2 ** 32) % 2 ** 32;
  return last + (step >= 2 ** 31 ? step - 2 ** 32 : step);
}

/**
 * Does the sender take note of what it acknowledges? Of a RST it does not (RFC 9293, section 3.10.7.4: the RST comes
 * first).
 */
const acknowledges = (s: Segment): boolean => !s.out && (s.flags & (ACK | RST)) === ACK;
const occupied = (s: Segment): number => s.length + (s.flags & (SYN | FIN) ? 1 : 0);

export const dataSent = ({ segments }: Connection): number => {
  const first = segments.find((s) => s.out && s.flags & SYN);
  const end = Math.max(...segments.flatMap((s) => (s.out ? [s.seq + s.length] : [])));
  return first ? end - 1 : end;
};

/**
 * Payload bytes that the peer acknowledged: the highest acknowledgement, without the sequence numbers of SYN and FIN.
 */
export function acknowledgedBytes({ segments }: Connection): number {
  let highest = 1;
  let fin = Number.POSITIVE_INFINITY;
  for (const s of segments) {
    if (s.out && s.flags & FIN) fin = Math.min(fin, s.seq + s.length);
    if (acknowledges(s) && s.ack > highest) highest = s.ack;
  }
  return Math.min(highest, fin) - 1;
}

/** From some moment on. */
export const retransmissions = (connection: Connection, since = Number.NEGATIVE_INFINITY): number =>
  sentAgain(connection).filter(({ t }) => t >= since).length;

/**
 * Runs of neighbours among the segments sent again. A buffer that holds several leaves as one, so there are at least as
 * many buffers.
 */
export function retransmittedRuns(connection: Connection): number {
  let runs = 0;
  let end: number | undefined;
  for (const s of sentAgain(connection)) {
    if (s.seq !== end) runs += 1;
    end = s.seq + occupied(s);
  }
  return runs;
}

/**
 * Segments sent again: they begin below the highest sequence number sent before, and not where tcpdump has seen nothing
 * yet (two CPUs may hand it neighbours in another order).
 */
function sentAgain({ segments }: Connection): Segment[] {
  let next = 0;
  const again: Segment[] = [];
  let holes: [number, number][] = [];
  for (const s of segments) {
    if (!s.out || occupied(s) === 0) continue;
    const end = s.seq + occupied(s);
    if (s.seq > next) holes.push([next, s.seq]);
    if (s.seq < next) {
      const hole = holes.find(([from, to]) => from <= s.seq && end <= to);
      if (hole)
        holes = holes.flatMap((h) =>
          h === hole ? [[h[0], s.seq] as [number, number], [end, h[1]] as [number, number]] : [h],
        );
      else again.push(s);
      holes = holes.filter(([from, to]) => from < to);
    }
    next = Math.max(next, end);
  }
  return again;
}

/**
 * From the SYN to what ended it, seconds: the last frame, or the first RST, after which there is no connection any
 * more.
 */
export function duration_s({ segments }: Connection): number {
  const end = segments.find((s) => s.flags & RST) ?? segments.at(-1);
  return (end?.t ?? 0) - (segments[0]?.t ?? 0);
}

/** Did the peer end it with a RST? */
export const wasReset = ({ segments }: Connection): boolean => segments.some((s) => !s.out && (s.flags & RST) !== 0);

export interface InFlight {
  readonly t: number;
  readonly seq: number;
  /** Sent and not acknowledged just before this segment went out. */
  readonly bytes: number;
  /** Highest acknowledgement received at that moment. */
  readonly acked: number;
  readonly next: number;
}

/**
 * Bytes in flight before each segment with payload: highest sequence number sent less highest acknowledgement received.
 */
export function inFlightAtSends({ segments }: Connection): InFlight[] {
  const points: InFlight[] = [];
  let next = 0;
  let acked = 0;
  for (const s of segments) {
    if (!s.out) {
      if (acknowledges(s)) acked = Math.max(acked, s.ack);
      continue;
    }
    if (s.length > 0) points.push({ t: s.t, seq: s.seq, bytes: next - acked, acked, next });
    next = Math.max(next, s.seq + occupied(s));
  }
  return points;
}

interface Progress {
  readonly t: number;
  readonly next: number;
  readonly acked: number;
}

const knownProgress = new WeakMap<Connection, Progress[]>();

/** Highest number sent and highest acknowledged after each segment. */
function progressOf(connection: Connection): Progress[] {
  const known = knownProgress.get(connection);
  if (known) return known;
  let next = 0;
  let acked = 0;
  const progress = connection.segments.map((s) => {
    if (s.out) next = Math.max(next, s.seq + occupied(s));
    else if (acknowledges(s)) acked = Math.max(acked, s.ack);
    return { t: s.t, next, acked };
  });
  knownProgress.set(connection, progress);
  return progress;
}

/** What was so at some moment within so many seconds before or after. */
function progressNear(connection: Connection, t: number, within_s: number): Progress[] {
  const progress = progressOf(connection);
  let low = 0;
  let high = progress.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((progress[middle] as Progress).t < t - within_s) low = middle + 1;
    else high = middle;
  }
  const near: Progress[] = [progress[low - 1] ?? { t, next: 0, acked: 0 }];
  for (let at = low; at < progress.length && (progress[at] as Progress).t <= t + within_s; at++)
    near.push(progress[at] as Progress);
  return near;
}

/** Were so many bytes in flight at some moment within so many seconds before or after? */
export const wasInFlight = (connection: Connection, t: number, within_s: number, bytes: number): boolean =>
  progressNear(connection, t, within_s).some((step) => step.next - step.acked === bytes);

/** Could they have been, if segments sent and received passed each other on their way in that time? */
export function couldBeInFlight(connection: Connection, t: number, within_s: number, bytes: number): boolean {
  const near = progressNear(connection, t, within_s);
  const sent = new Set(near.map((step) => step.next));
  return near.some((step) => sent.has(bytes + step.acked));
}

export interface Acknowledged {
  /** Highest acknowledgement by then. */
  readonly highest: number;
  /** What it was before the last segment that arrived by then. */
  readonly beforeLast: number;
}

/** How far the sender's data was acknowledged at each of these times. `times` ascend. */
export function acknowledgedBy({ segments }: Connection, times: readonly number[]): Acknowledged[] {
  const acks = segments.filter(acknowledges);
  let at = 0;
  let highest = 1;
  let beforeLast = 1;
  return times.map((time) => {
    for (let s = acks[at]; s && s.t < time; s = acks[++at]) {
      beforeLast = highest;
      highest = Math.max(highest, s.ack);
    }
    return { highest, beforeLast };
  });
}

export interface Smoothed {
  readonly t: number;
  readonly srtt_us: number;
}

/**
 * The smoothed RTT of RFC 6298, section 2, after each acknowledgement that gave a sample: the age of the oldest segment
 * that it newly acknowledges; where that includes one that was sent again, which by Karn's rule (section 3) is no
 * sample, the age of the oldest segment sent once that it newly SACKs; else, where it acknowledges new data, the time
 * since its echoed timestamp was sent (RFC 7323, section 4.1).
 */
export function smoothedRtt({ segments }: Connection): Smoothed[] {
  const result: Smoothed[] = [];
  let waiting: { start: number; end: number; t: number; again: boolean; sacked: boolean }[] = [];
  const stamped = new Map<number, number>();
  let acked = 0;
  let next = 0;
  let srtt: number | undefined;
  for (const s of segments) {
    if (s.out) {
      if (s.tsval !== null && !stamped.has(s.tsval)) stamped.set(s.tsval, s.t);
      if (occupied(s) === 0) continue;
      const end = s.seq + occupied(s);
      if (s.seq < next) {
        for (const w of waiting) if (w.start < end && w.end > s.seq) w.again = true;
      } else waiting.push({ start: s.seq, end, t: s.t, again: false, sacked: false });
      next = Math.max(next, end);
      continue;
    }
    if (!acknowledges(s)) continue;
    const advances = s.ack > acked;
    acked = Math.max(acked, s.ack);
    let covered = 0;
    while (covered < waiting.length && (waiting[covered] as { end: number }).end <= acked) covered += 1;
    const done = waiting.slice(0, covered);
    if (covered > 0) waiting = waiting.slice(covered);
    const sacks = s.sacked.filter(([first]) => first >= acked);
    const told =
      sacks.length === 0 ? [] : waiting.filter((w) => !w.sacked && sacks.some(([a, b]) => a <= w.start && w.end <= b));
    for (const w of told) w.sacked = true;
    const echoed = s.tsecr === null ? undefined : stamped.get(s.tsecr);
    const since =
      (done.some((w) => w.again) ? undefined : done.find((w) => !w.sacked)?.t) ??
      told.find((w) => !w.again)?.t ??
      (advances ? echoed : undefined);
    if (since === undefined) continue;
    const sample = (s.t - since) * 1e6;
    srtt = srtt === undefined ? sample : srtt + (sample - srtt) / 8;
    result.push({ t: s.t, srtt_us: srtt });
  }
  return result;
}
