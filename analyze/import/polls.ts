/**
 * Logs of a loop of `ss -tin…` with times, which `ts` put before each line or `date` printed between the polls. They
 * are turned into the text that `capture run --source ss` writes (records/texts/polls.ts): before each poll a mark with
 * its time, then a line for each connection.
 */
import type { TextFormat } from "./formats.ts";
import { linesOf, type TextFile } from "./text-file.ts";

const states = "ESTAB|SYN-SENT|SYN-RECV|FIN-WAIT-[12]|TIME-WAIT|UNCONN|CLOSE-WAIT|LAST-ACK|LISTEN|CLOSING";
/** A connection: perhaps the protocol, the State unless ss was asked for one state only, then queues and two ends. */
const connection = new RegExp(
  `^(?:tcp\\s+)?(?:(${states})\\s+)?(\\d+\\s+\\d+\\s+\\S*[:.]\\S+:\\d+\\s+\\S*[:.]\\S+:(?:\\d+|\\*)(?:\\s.*)?)$`,
);
const heading = /^(?:Netid\s+)?(?:State\s+)?Recv-Q\s+Send-Q\b/;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time in the text. */
interface Stamp {
  readonly ns: bigint;
  /** Whether it has fractions of a second. */
  readonly isFine: boolean;
  /** Which part of it is a guess. */
  readonly guess: "zone" | "zone and year" | null;
  /** The rest of the line. */
  readonly rest: string;
}

const fractionNs = (digits = ""): bigint => BigInt(digits.padEnd(9, "0").slice(0, 9));
const utcNs = (year: number, month: number, day: number, time: readonly number[]): bigint =>
  BigInt(Date.UTC(year, month, day, ...(time as [number, number, number]))) * 1_000_000n;

/**
 * The time at the beginning of a line, which may also be the whole line. Null where there is none. `latest`: no time in
 * the text is later than this, ms since 1970.
 */
export function stampOf(line: string, latest: number): Stamp | null {
  // ts '%.s', date +%s.%N
  const epoch = /^(\d{9,10})(?:[.,](\d{1,9}))?(?: (.*))?$/.exec(line);
  if (epoch)
    return {
      ns: BigInt(epoch[1]!) * 1_000_000_000n + fractionNs(epoch[2]),
      isFine: epoch[2] !== undefined,
      guess: null,
      rest: epoch[3] ?? "",
    };
  // ts '%F %.T', date -Ins
  const iso =
    /^\[?(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?\]?(?: (.*))?$/.exec(line);
  if (iso) {
    const [year, month, day, hour, minute, second] = iso.slice(1, 7).map(Number) as [number, ...number[]];
    return {
      ns: utcNs(year, month! - 1, day!, [hour!, minute!, second!]) + fractionNs(iso[7]) - zoneNs(iso[8] ?? "Z")!,
      isFine: iso[7] !== undefined,
      guess: iso[8] === undefined ? "zone" : null,
      rest: iso[9] ?? "",
    };
  }
  // ts: Nov 26 19:57:22
  const plain = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (.*))?$/.exec(line);
  if (plain && months.includes(plain[1]!)) {
    const time = plain.slice(3, 6).map(Number);
    const inYear = (year: number) =>
      utcNs(year, months.indexOf(plain[1]!), Number(plain[2]), time) + fractionNs(plain[6]);
    const year = new Date(latest).getUTCFullYear();
    const isFuture = Number(inYear(year) / 1_000_000n) > latest + 86_400_000;
    return {
      ns: inYear(isFuture ? year - 1 : year),
      isFine: plain[6] !== undefined,
      guess: "zone and year",
      rest: plain[7] ?? "",
    };
  }
  // date: Thu Nov 26 19:57:22 UTC 2026, Thu Nov 26 07:57:22 PM CET 2026, Thu 26 Nov 2026 07:57:22 PM UTC
  const date =
    /^[A-Z][a-z]{2} +(?<month>[A-Z][a-z]{2}) +(?<day>\d{1,2}) (?<time>\d\d:\d\d:\d\d)(?: (?<half>[AP]M))? (?<zone>[A-Z]{2,5}|[+-]\d{2,4}) (?<year>\d{4})$/.exec(
      line,
    ) ??
    /^[A-Z][a-z]{2} +(?<day>\d{1,2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d)(?: (?<half>[AP]M))? (?<zone>[A-Z]{2,5}|[+-]\d{2,4})$/.exec(
      line,
    );
  const { month = "", day, time = "", half, zone = "", year } = date?.groups ?? {};
  if (!date || !months.includes(month)) return null;
  const [hour, minute, second] = time.split(":").map(Number) as [number, number, number];
  const hours = half === undefined ? hour : (hour % 12) + (half === "PM" ? 12 : 0);
  const shift = zoneNs(zone);
  return {
    ns: utcNs(Number(year), months.indexOf(month), Number(day), [hours, minute, second]) - (shift ?? 0n),
    isFine: false,
    guess: shift === null ? "zone" : null,
    rest: "",
  };
}

/** Nanoseconds by which a time zone is ahead of UTC. Null for an abbreviation that several zones share. */
function zoneNs(zone: string): bigint | null {
  if (/^(Z|UTC|GMT)$/.test(zone)) return 0n;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return null;
  return BigInt(Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes))) * 60_000_000_000n;
}

/** Whether a line is a connection printed by ss, perhaps after a time. */
export const isPollLine = (line: string): boolean => connection.test((stampOf(line, 0)?.rest || line).trim());

export const pollsFormat: TextFormat = {
  name: "ss",
  text: "ss",
  record: { test: isPollLine },
  columns: null,
};

/** The time of the first poll, ns since 1970. Null if the text has no times. */
export async function firstPollTime(files: readonly TextFile[], latest: number): Promise<bigint | null> {
  for (const file of files)
    for await (const { line } of linesOf(file)) {
      const stamp = stampOf(line, latest);
      if (stamp && !heading.test(stamp.rest.trim())) return stamp.ns;
    }
  return null;
}

/** The lines of one poll follow each other at once. A longer gap between two lines is the loop's pause. */
const betweenPollsNs = 50_000_000n;

/** What is known about the text once all of it has been read. */
export interface PollsSeen {
  /** The zero of the times. */
  readonly firstNs: bigint;
  isFine: boolean;
  guess: Stamp["guess"];
}

/**
 * The polls as `capture` writes them, in chunks of whole lines. Times count from the first poll. `seen` is filled
 * meanwhile.
 */
export async function* pollsOf(files: readonly TextFile[], latest: number, seen: PollsSeen): AsyncGenerator<string> {
  let number = 0;
  let poll: bigint | null = null;
  /** Time of the last line. The time that `date` printed applies to all lines after it. */
  let lastNs: bigint | null = null;
  let dateNs: bigint | null = null;
  let isNew = true;
  let text = "";
  let waiting = "";
  const connections = new Set<string>();
  for (const file of files) {
    for await (const { line } of linesOf(file)) {
      const stamp = stampOf(line, latest);
      if (stamp) {
        seen.isFine ||= stamp.isFine;
        seen.guess ??= stamp.guess;
      }
      const rest = stamp === null || (stamp.rest === "" && /\S/.test(line) === false) ? line : stamp.rest;
      if (stamp !== null && rest.trim() === "") {
        dateNs = stamp.ns;
        isNew = true;
        continue;
      }
      const ns = stamp?.ns ?? dateNs;
      const body = rest.trim();
      if (body === "") continue;
      if (heading.test(body)) {
        isNew = true;
        continue;
      }
      // An indented line continues the previous connection.
      if (/^\s/.test(rest) && waiting !== "") {
        waiting += ` ${body}`;
        continue;
      }
      if (waiting !== "") text += `${waiting}\n`;
      waiting = "";
      if (text.length > 1 << 18) {
        yield text;
        text = "";
      }
      const [, state = "-", what] = connection.exec(body) ?? [];
      const key = what === undefined ? "" : `${what.split(/\s+/).slice(2, 4).join(" ")} ${/ sk:\S+/.exec(what) ?? ""}`;
      if (ns !== null && lastNs !== null && stamp !== null && ns - lastNs >= betweenPollsNs) isNew = true;
      if (connections.has(key)) isNew = true;
      if (ns !== null && (isNew || poll === null)) {
        poll = ns;
        const since = ns > seen.firstNs ? ns - seen.firstNs : 0n;
        text += `# ss ${++number} ${since} ${since}\n`;
        connections.clear();
        isNew = false;
      }
      lastNs = ns;
      connections.add(key);
      waiting = what === undefined ? body : `${state} ${what}`;
    }
    if (waiting !== "") text += `${waiting}\n`;
    waiting = "";
  }
  if (text !== "") yield text;
}
