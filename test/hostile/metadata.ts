/** Every value of some metadata, replaced by every kind of wrong one, as JSON text. Synthetic. */

/** A header with all that a header can have. */
export const fullHeader = {
  format: 1,
  capture_id: "x",
  tool: { name: "capture", version: "0.1.0" },
  source: "tracefs",
  text: "trace_pipe",
  columns: null as string[] | null,
  events: {
    tcp_probe: '"family=%s src=%pISpc dest=%pISpc mark=%#x data_len=%d snd_nxt=0x%x snd_una=0x%x snd_cwnd=%u"',
  },
  kernel: { release: "6.18.0", version: "#1", machine: "x86_64", hz: 250 },
  clock: { realtime_ns: "1700000000000000000", monotonic_ns: "1000000000", zero_monotonic_ns: "0" },
  filters: { port: null as number | null },
  module_sysctl: { port: "0" },
  sysctl: { "net.ipv4.tcp_congestion_control": "cubic" },
  interfaces: [{ name: "eth0", mtu: 1500, qdisc: "fq", offloads: { "tcp-segmentation-offload": true } }],
  command_line: ["capture", "run"],
  module: { version: "1.0", fields: ["type", "sec.nsec"] },
  set: { id: "s", number: 1 },
  command: { argv: ["iperf3"], started_monotonic_ns: "1000000001" },
  imported: { format: "perf script", files: ["a.txt"] },
  hostname: "host",
  notes: ["a note"],
  recovered: { from_capture_id: "y", damage: ["a damage"] },
};

export const fullTrailer = {
  capture_id: "x",
  reason: "duration",
  frames: 0,
  lines: 0,
  raw_bytes: 0,
  lost: { ring: 0 },
  duration_s: 1,
  realtime_ns: "1700000001000000000",
  monotonic_ns: "2000000000",
  statistics: { start: "a 1", end: "a 2" },
  module_sysctl: { port: "0" },
  command: { exit_code: 0, ended_monotonic_ns: "1500000000" },
};

/** What a checkpoint can have beside what places its frame. */
export const checkpointExtras = {
  realtime_ns: "1700000001000000000",
  lost: { ring: 0 },
  module: { written: 1, dropped: { ring: 0 } },
  module_sysctl: { port: "0" },
};

/** A header of binary records, with what the kernel said of a connection. */
export const recordsHeader = {
  ...fullHeader,
  source: "bpf",
  text: "records",
  events: undefined,
  records: {
    version: 1,
    bytes: 48,
    sequence: "absolute",
    hz: 250,
    fields: [
      { name: "time_ns", type: "u64", offset: 0 },
      { name: "saddr", type: "bytes16", offset: 8 },
      { name: "daddr", type: "bytes16", offset: 24 },
      { name: "sport", type: "u16be", offset: 40 },
      { name: "dport", type: "u16be", offset: 42 },
      { name: "type", type: "u8", offset: 44 },
      { name: "family", type: "u8", offset: 45 },
      { name: "frto_counter", type: "u8", offset: 46, only: { field: "type", value: 1 } },
    ],
  },
  bpf: { object_sha256: "0".repeat(64), hooks: ["tp_btf/tcp_probe"], refused: { "fentry/tcp_done": "not permitted" } },
  sockets: {
    monotonic_ns: "1000000000",
    known: 1,
    list: [{ saddr: "10.0.0.1", sport: 1, daddr: "10.0.0.2", dport: 2, cookie: "1", cong: "cubic", retransmits: 0 }],
  },
};

/** A line that a reader would trust if it were printed as one, and what steers a terminal. */
export const forgery =
  "x\nintegrity  whole; every checksum holds\u001b[2J\u001b]0;pwned\u0007\u009b31m\u2028\u202e\r\u007f";

const sql =
  "0) TO '/dev/null'; COPY (SELECT 'owned') TO 'HERE/owned.csv'; COPY (SELECT content FROM read_text('/etc/hostname')) TO 'HERE/stolen.csv'; --";

/** Each as JSON text, so that JSON's own oddities can be among them. */
export const wrongValues: Readonly<Record<string, string>> = {
  null: "null",
  true: "true",
  zero: "0",
  one: "1",
  negative: "-1",
  fraction: "1.5",
  "past 2^53": "9007199254740993",
  "past int64": "1e19",
  "as large as it gets": "1e308",
  infinite: "1e999",
  "negative zero": "-0",
  "no text": '""',
  word: '"nonsense"',
  digits: '"12"',
  "negative digits": '"-12"',
  "digits past int64": '"99999999999999999999"',
  "int64's last": '"9223372036854775807"',
  "400 digits": JSON.stringify("9".repeat(400)),
  "a million digits": JSON.stringify("9".repeat(1_000_000)),
  "hexadecimal digits": '"0x10"',
  "digits with a space": '"1 "',
  SQL: JSON.stringify(sql),
  quote: JSON.stringify("'\"`\\;--/*"),
  forgery: JSON.stringify(forgery),
  markup: JSON.stringify("</SCRIPT><SCRIPT>document.title='OWNED'</SCRIPT><img src=x onerror=alert(1)>&amp;"),
  path: JSON.stringify("../../../../etc/passwd"),
  "zero byte": '"a\\u0000b"',
  surrogate: '"\\ud800"',
  "long text": JSON.stringify("é".repeat(100_000)),
  "no entries": "[]",
  "list of null": "[null]",
  "list of lists": "[[[[]]]]",
  "list of numbers": "[1, 2]",
  "same name twice": '["type", "type", "TYPE"]',
  "long list": `[${'"a",'.repeat(20_000)}"a"]`,
  "no names": "{}",
  prototype: '{"__proto__": {"port": 1}, "constructor": 1, "toString": null}',
  "names that are SQL": JSON.stringify({ [sql]: sql }),
  "names that forge": JSON.stringify({ [forgery]: forgery }),
  "many names": `{${Array.from({ length: 20_000 }, (_, index) => `"n${index}":1`).join(",")}}`,
  nested: `${"[".repeat(100)}${"]".repeat(100)}`,
};

export interface HostileValue {
  readonly name: string;
  /** The whole metadata, as JSON text. */
  readonly json: string;
}

const hole = "\u{1f573}";

/** Each place of `valid` with each wrong value, each place missing, and an unknown name with each wrong value. */
export function* hostileValues(valid: object): Generator<HostileValue> {
  for (const path of placesIn(valid)) {
    const at = path.join(".");
    const text = JSON.stringify(replaced(valid, path, hole));
    for (const [kind, json] of Object.entries(wrongValues))
      yield { name: `${at}: ${kind}`, json: text.replace(JSON.stringify(hole), () => json) };
    yield { name: `${at}: missing`, json: JSON.stringify(replaced(valid, path, undefined)) };
  }
  const text = JSON.stringify({ ...valid, unknown: hole });
  for (const [kind, json] of Object.entries(wrongValues))
    yield { name: `unknown: ${kind}`, json: text.replace(JSON.stringify(hole), () => json) };
}

type Path = readonly string[];

/** Of values and what they hold, at every depth. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return path.length > 0 ? [path] : [];
  const below = Object.entries(value).flatMap(([name, held]) => placesIn(held, [...path, name]));
  return path.length > 0 ? [path, ...below] : below;
}

function replaced(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[name] = replaced(copy[name], rest, by);
  return copy;
}
