import type { TppHeader } from "@tcpprobe-plus/tpp";
import { readCsv } from "../files.ts";
import { wholeNumeral } from "../literals.ts";
import type { StageSelect } from "./stage.ts";
import { rejectedLineType, stagedList } from "./staged.ts";

/**
 * Polls of `ss -tinHOe`, each behind a line with its number and when it was asked and answered (CLOCK_MONOTONIC, ns):
 *
 *     # ss 12 81234000111222 81234002333444
 *     ESTAB 0 2896 10.0.1.1:40000 10.0.2.1:5001 ino:4711 sk:117d <-> ts sack cubic wscale:7,7 rto:204 rtt:1.5/0.7 mss:1448 …
 *
 * A record's time is the middle of its poll. `afterPoll`: what `pollTimes` gives for the text before this piece, or null.
 *
 * ss leaves out counts that are 0. Those that every ss prints beside cwnd are taken as 0 where it printed cwnd; what only
 * newer ones know (`since` kernel) is so where the kernel, and hence most likely its ss, is that new. Of others, such as a
 * threshold or a window, the absence says nothing.
 */
export function ssStage(header: TppHeader, textPath: string, number: number, afterPoll: string | null): StageSelect {
  const after = (key: string) => `nullif(split_part(split_part(line, ' ${key}', 2), ' ', 1), '')`;
  const number_ = (key: string) => `TRY_CAST(${after(key)} AS DOUBLE)`;
  const whole = (key: string) => `TRY_CAST(${after(key)} AS UBIGINT)`;
  const orZero = (sql: string, since: readonly [number, number]) =>
    isAtLeast(header.kernel.release, since) ? `coalesce(${sql}, CASE WHEN strpos(line, ' cwnd:') > 0 THEN 0 END)` : sql;
  const always = [0, 0] as const;
  const milliseconds = (key: string) => `${`TRY_CAST(split_part(${after(key)}, 'ms', 1) AS DOUBLE)`} * 1000`;
  const bits = (key: string) => `TRY_CAST(replace(${after(key)}, 'bps', '') AS DOUBLE)`;
  const address = (end: string) =>
    `plain_address(trim(regexp_replace(${end}, '(%[^\\]:]*)?(\\]?):[0-9*]+$', '\\2'), '[]'))`;
  const port = (end: string) => `TRY_CAST(split_part(${end}, ':', -1) AS USMALLINT)`;
  const cookie = `TRY_CAST('0x' || ${after("sk:")} AS UBIGINT)`;
  const algorithm =
    "nullif(regexp_extract(line, ' ([a-z][a-z0-9_-]*)(?: wscale:[0-9,]+)?(?: rto:[^ ]+)?(?: backoff:[0-9]+)? (?:rtt|ato|mss):', 1), '')";
  const record = {
    type: `CASE WHEN poll IS NULL OR saddr IS NULL OR sport IS NULL OR dport IS NULL THEN ${rejectedLineType} ELSE 11 END`,
    life: "0",
    t: `(poll - ${wholeNumeral(header.clock.monotonic_ns)}::BIGINT)::DECIMAL(27, 9) / 1000000000`,
    ends: `'${wholeNumeral(number)} ' || saddr || ' ' || sport || ' ' || daddr || ' ' || dport || coalesce(' ' || cookie, '')`,
    wqueue_bytes: "TRY_CAST(fields[3] AS UINTEGER)",
    snd_cwnd: whole("cwnd:"),
    ssthresh: whole("ssthresh:"),
    snd_wnd_bytes: whole("snd_wnd:"),
    srtt_8us: `round(TRY_CAST(split_part(${after("rtt:")}, '/', 1) AS DOUBLE) * 8000)`,
    mdev_4us: `round(TRY_CAST(split_part(${after("rtt:")}, '/', 2) AS DOUBLE) * 4000)`,
    rto_ms: `round(${number_("rto:")})`,
    packets_out: orZero(whole("unacked:"), always),
    lost_out: orZero(whole("lost:"), always),
    sacked_out: orZero(whole("sacked:"), always),
    retrans_out: orZero(`TRY_CAST(split_part(${after("retrans:")}, '/', 1) AS UBIGINT)`, always),
    retrans: orZero(`TRY_CAST(split_part(${after("retrans:")}, '/', 2) AS UBIGINT)`, always),
    pacing_rate_bytes: `${bits("pacing_rate ")} / 8`,
    connection: "cookie",
    rcv_wnd_bytes: whole("rcv_wnd:"),
    rqueue_bytes: "TRY_CAST(fields[2] AS UINTEGER)",
    mss_bytes: whole("mss:"),
    delivered: orZero(whole("delivered:"), [4, 18]),
    bytes_acked: orZero(whole("bytes_acked:"), [4, 1]),
    app_limited: "CASE WHEN strpos(line, ' cwnd:') > 0 THEN strpos(line, ' app_limited ') > 0 END",
    busy_us: orZero(milliseconds("busy:"), [4, 10]),
    rwnd_limited_us: orZero(milliseconds("rwnd_limited:"), [4, 10]),
    sndbuf_limited_us: orZero(milliseconds("sndbuf_limited:"), [4, 10]),
    cong: `CASE WHEN ${algorithm} NOT IN (${flags.map((flag) => `'${flag}'`).join(", ")}) THEN ${algorithm} END`,
    cong_state: "nullif(replace(regexp_extract(line, ' (?:bbr|dctcp|vegas):\\(([^)]*)\\)', 1), ':', '='), '')",
    bytes_sent: orZero(whole("bytes_sent:"), [4, 19]),
    delivery_rate_bps: bits("delivery_rate "),
    min_rtt_us: `${number_("minrtt:")} * 1000`,
    detail: `CASE WHEN poll IS NULL OR saddr IS NULL OR sport IS NULL OR dport IS NULL THEN rtrim(raw) ELSE fields[1] END`,
  };
  return (readOptions, careful) => `
    WITH lines AS (
      SELECT line AS raw, CASE WHEN starts_with(line, '# ss ') THEN string_split(line, ' ') END AS head
      FROM ${readCsv(textPath, "chr(31)")}, columns = {'line': 'VARCHAR'}${readOptions})
      WHERE line <> ''
    ), polled AS (
      SELECT raw, head, ${pollTime("head")} AS asked,
        -- Polls are in the order of their times, so the greatest so far is the one that a line is of.
        greatest(max(${pollTime("head")}) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), ${afterPoll === null ? "NULL" : wholeNumeral(afterPoll)}::BIGINT) AS poll
      FROM lines
    ), split AS (
      SELECT raw, poll, ${withoutCgroup} || ' ' AS line, string_split_regex(raw, ' +') AS fields FROM polled WHERE head IS NULL OR asked IS NULL
    ), ended AS (
      SELECT *, ${address("fields[4]")} AS saddr, ${port("fields[4]")} AS sport,
        ${address("fields[5]")} AS daddr, ${port("fields[5]")} AS dport, ${cookie} AS cookie
      FROM split
    )
    SELECT ${stagedList(record, careful)}
    FROM ended`;
}

/** Words that ss prints before or in the place of the algorithm's name. */
const flags = ["ts", "sack", "ecn", "ecnseen", "fastopen", "accecn", "qack", "bidir"];

/**
 * A line without the cgroup's name, which any user may choose, with spaces and colons in it: it reaches up to the last arrow, with
 * which ss tells the directions that are open. Without one nothing behind the name can be told from it.
 */
const withoutCgroup = `CASE
  WHEN strpos(raw, ' cgroup:') = 0 THEN raw
  WHEN regexp_matches(raw, ' cgroup:.* [<-]-[->]( |$)') THEN regexp_replace(raw, ' cgroup:.*( [<-]-[->])( |$)', '\\1\\2')
  ELSE split_part(raw, ' cgroup:', 1)
END`;

/** The middle of a poll from its line split at spaces; NULL for other lines. The clock has 18 digits, as records' times do. */
const pollTime = (head: string): string => {
  const time = (index: number) => `TRY_CAST(TRY_CAST(${head}[${index}] AS UBIGINT) AS DECIMAL(18, 0))::BIGINT`;
  return `(${time(4)} + ${time(5)}) // 2`;
};

/** A query for the last poll's time in a piece of text (`last`), and for its polls that failed, in order. */
export const pollsSql = (textPath: string): string => `
  SELECT ${pollTime("head")} AS poll, array_to_string(head[6:], ' ') AS failure
  FROM (SELECT string_split(line, ' ') AS head FROM ${readCsv(textPath, "chr(31)")}, columns = {'line': 'VARCHAR'}, ignore_errors = true) WHERE starts_with(line, '# ss '))`;

function isAtLeast(release: string, [major, minor]: readonly [number, number]): boolean {
  const [, ours = "0", oursMinor = "0"] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(ours) > major || (Number(ours) === major && Number(oursMinor) >= minor);
}
