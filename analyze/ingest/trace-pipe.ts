import type { TppHeader } from "@tcpprobe-plus/tpp";
import { readCsv } from "../files.ts";
import { literal, wholeNumeral } from "../literals.ts";
import type { StageSelect } from "./stage.ts";
import { lostLineType, rejectedLineType, stagedList } from "./staged.ts";

/**
 * Lines of tracefs' trace_pipe:
 *
 *     iperf3-20177   [001] ..s2.  1566.174782: tcp_probe: family=AF_INET6 src=[::1]:5001 dest=… snd_nxt=0xd8b8fd37 …
 *
 * The kernel prints `key=value` pairs, in an order that differs between kernel versions; the header holds each event's
 * `print fmt`, so a key's place is known and a line is split once instead of searched for each key.
 */
export function tracePipeStage(
  header: TppHeader,
  textPath: string,
  number: number,
  { cpus }: { readonly cpus: boolean },
): StageSelect {
  const events = knownEvents
    .filter((event) => header.events?.[event.name])
    .map((event) => ({ ...event, keys: printedKeys(header.events?.[event.name] ?? "") }));
  // fields[1] is "tcp_probe:", then keys and values take turns.
  const value = (keys: readonly string[], key: string): string | null =>
    keys.includes(key) ? `fields[${2 * keys.indexOf(key) + 3}]` : null;
  const byEvent = (type: string, pick: (event: EventReading, get: Get) => string | null, others = "") => {
    const cases = events
      .map((event) => ({ name: event.name, sql: pick(event, (key) => value(event.keys, key)) }))
      .filter(({ sql }) => sql !== null)
      .map(({ name, sql }) => `WHEN '${name}:' THEN ${sql}`);
    return cases.length > 0 || others
      ? `CASE event WHEN '' THEN NULL ${cases.join(" ")} ${others} END::${type}`
      : `NULL::${type}`;
  };
  const copied = (key: string, type: string) =>
    byEvent(type, (event, get) => (event.copies.includes(key) ? get(key) : null));
  // Some events print an end as one `src=[::1]:5001`, others its address and port apart.
  // Of an IPv4 connection some print 127.0.0.1 and others ::ffff:127.0.0.1.
  const address = (joined: string, plain: string) =>
    byEvent("VARCHAR", (_, get) =>
      get(joined)
        ? `plain_address(trim(regexp_replace(${get(joined)}, ':[0-9]+$', ''), '[]'))`
        : `plain_address(${get(plain)})`,
    );
  const portOf = (joined: string, plain: string) =>
    byEvent("USMALLINT", (_, get) => (get(joined) ? `split_part(${get(joined)}, ':', -1)` : get(plain)));
  const wellFormed = events
    .map(
      ({ name, keys }) =>
        `WHEN '${name}:' THEN len(fields) = ${2 * keys.length + 1} AND fields[2] = ${literal(keys[0] ?? "")} AND fields[-2] = ${literal(keys.at(-1) ?? "")}`,
    )
    .join(" ");
  const port = header.filters.port;
  // perf writes `  tcp:tcp_probe: family=…`, trace-cmd `tcp_probe:      family=…`.
  const words = header.source === "import" ? importedWords : "substr(line, colon + 2)";
  const start = `${wholeNumeral(header.clock.monotonic_ns)}::BIGINT`;
  const record = {
    type: "code",
    life: byEvent("UTINYINT", (event, get) => event.life?.(get) ?? null, "ELSE 0"),
    t: `clock - (${start} / 1000000000)::DECIMAL(18, 9)`,
    ends: `'${wholeNumeral(number)} ' || saddr || ' ' || sport || ' ' || daddr || ' ' || dport`,
    // `[001]` behind the task's name and number, or `CPU:1` before the number of lost events.
    ...(cpus ? { cpu: "TRY_CAST(regexp_extract(line, '^(?:CPU:|.*?[- ][0-9]+ +\\[)([0-9]+)', 1) AS USMALLINT)" } : {}),
    length_bytes: copied("data_len", "UINTEGER"),
    ca_state: copied("cong_state", "UTINYINT"),
    snd_nxt: copied("snd_nxt", "UINTEGER"),
    snd_una: copied("snd_una", "UINTEGER"),
    snd_cwnd: copied("snd_cwnd", "UINTEGER"),
    ssthresh: copied("ssthresh", "UINTEGER"),
    snd_wnd_bytes: copied("snd_wnd", "UINTEGER"),
    srtt_8us: `${copied("srtt", "UINTEGER")} * 8`,
    rcv_wnd_bytes: copied("rcv_wnd", "UINTEGER"),
    detail: byEvent(
      "VARCHAR",
      (event, get) => event.detail?.(get) ?? null,
      "WHEN 'lost' THEN line WHEN 'rejected' THEN line",
    ),
  };
  /** Whether every number of a line fits into its column. */
  const sound = events.map(({ name, keys, copies }) => {
    const get = (key: string) => value(keys, key);
    const numbers = copies.flatMap((key) => {
      const text = get(key);
      if (text === null) return [];
      // Eight times srtt is what is staged.
      if (key === "srtt") return [`TRY_CAST(${text} AS UINTEGER) < 536870912`];
      return [`TRY_CAST(${text} AS ${key === "cong_state" ? "UTINYINT" : "UINTEGER"}) IS NOT NULL`];
    });
    const ports = [
      ["src", "sport"],
      ["dest", "dport"],
    ].map(([joined, plain]) => {
      const port = get(joined!) ? `split_part(${get(joined!)}, ':', -1)` : get(plain!);
      return `TRY_CAST(${port} AS USMALLINT) IS NOT NULL`;
    });
    return `WHEN '${name}:' THEN coalesce(${[...numbers, ...ports].join(" AND ")}, false)`;
  });
  return (readOptions, careful) => `
    WITH lines AS (
      SELECT line, strpos(line, ': ') AS colon
      FROM ${readCsv(textPath, "chr(31)")}, columns = {'line': 'VARCHAR'}${readOptions})
      WHERE line <> ''
    ), split AS (
      SELECT line,
        TRY_CAST(split_part(substr(line, greatest(colon - 20, 1), least(20, colon - 1)), ' ', -1) AS DECIMAL(18, 9)) AS clock,
        string_split(replace(${words}, '=', ' '), ' ') AS fields
      FROM lines
    ), checked AS (
      SELECT *, CASE WHEN clock IS NOT NULL AND CASE fields[1] WHEN '' THEN false ${wellFormed} ELSE false END
          ${careful ? `AND CASE fields[1] WHEN '' THEN false ${sound.join(" ")} END` : ""} THEN fields[1]
        WHEN line LIKE 'CPU:% [LOST % EVENTS]' OR line LIKE 'CPU:% [%EVENTS DROPPED]' THEN 'lost' ELSE 'rejected' END AS event
      FROM split
    ), named AS (
      SELECT *,
        ${address("src", "saddrv6")} AS saddr, ${portOf("src", "sport")} AS sport,
        ${address("dest", "daddrv6")} AS daddr, ${portOf("dest", "dport")} AS dport,
        ${byEvent("UTINYINT", (event, get) => event.type(get), `WHEN 'lost' THEN ${lostLineType} ELSE ${rejectedLineType}`)} AS code
      FROM checked
    )
    SELECT ${stagedList(record, careful)}
    FROM named
    ${port === null ? "" : `WHERE code >= ${lostLineType} OR sport = ${wholeNumeral(port)} OR dport = ${wholeNumeral(port)}`}`;
}

const importedWords = "rtrim(regexp_replace(ltrim(substr(line, colon + 2)), '^(?:[a-z_]+:)?([a-z_0-9]+:) +', '\\1 '))";

type Get = (key: string) => string | null;

interface EventReading {
  readonly name: string;
  /** SQL of the record type. */
  readonly type: (get: Get) => string;
  /** SQL of what the record says of the connection's life: 1 begins, 2 established, 3 ended, 4 perhaps about to be established, else 0. */
  readonly life?: (get: Get) => string;
  /** Keys whose values are taken as they are. */
  readonly copies: readonly string[];
  readonly detail?: (get: Get) => string | null;
}

const withoutPrefix = (sql: string | null): string => `replace(${sql}, 'TCP_', '')`;

const knownEvents: readonly EventReading[] = [
  {
    name: "tcp_probe",
    type: () => "0",
    copies: ["data_len", "snd_nxt", "snd_una", "snd_cwnd", "ssthresh", "snd_wnd", "srtt", "rcv_wnd"],
  },
  {
    name: "tcp_retransmit_skb",
    type: () => "6",
    copies: [],
    detail: (get) => (get("state") ? withoutPrefix(get("state")) : null),
  },
  {
    name: "tcp_cong_state_set",
    type: () => "7",
    life: (get) => `CASE ${get("cong_state")} WHEN '0' THEN 4 ELSE 0 END`,
    copies: ["cong_state"],
  },
  {
    name: "inet_sock_set_state",
    type: (get) => `CASE ${get("newstate")} WHEN 'TCP_ESTABLISHED' THEN 3 WHEN 'TCP_CLOSE' THEN 4 ELSE 8 END`,
    life: (get) =>
      `CASE ${get("newstate")} WHEN 'TCP_SYN_SENT' THEN 1 WHEN 'TCP_SYN_RECV' THEN 1 WHEN 'TCP_ESTABLISHED' THEN 2 WHEN 'TCP_CLOSE' THEN 3 ELSE 0 END`,
    copies: [],
    detail: (get) => `${withoutPrefix(get("oldstate"))} || ' to ' || ${withoutPrefix(get("newstate"))}`,
  },
  {
    name: "tcp_send_reset",
    type: () => "9",
    copies: [],
    detail: (get) => (get("reason") ? withoutPrefix(get("reason")) : null),
  },
  { name: "tcp_receive_reset", type: () => "10", copies: [] },
];

/** The keys that a `print fmt` prints, in order: `"family=%s src=%pISpc …", args` gives family, src, … */
export function printedKeys(printFormat: string): string[] {
  const format = /"((?:[^"\\]|\\.)*)"/.exec(printFormat)?.[1] ?? "";
  return [...format.matchAll(/(\w+)=%/g)].map((match) => match[1] as string);
}
