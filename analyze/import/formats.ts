/** Text formats of other programs that can be imported. Each is recognized by its lines. */
import type { TextKind } from "@tcpprobe-plus/tpp";
import { kernelProbeNames } from "../records/texts/kernel-probe.ts";
import { olderHexNames, olderNames } from "../records/texts/older-fields.ts";

export interface TextFormat {
  /** Its name in the header's `imported.format`. */
  readonly name: string;
  readonly text: TextKind;
  /** Matches a line that is a record. */
  readonly record: Pick<RegExp, "test">;
  /** Names of its fields, or null for lines of keys and values. */
  readonly columns: readonly string[] | null;
}

const events =
  "(?:tcp_probe|tcp_retransmit_skb|tcp_cong_state_set|inet_sock_set_state|tcp_send_reset|tcp_receive_reset)";

/** The formats, in the order in which they are tried. */
export const textFormats: readonly TextFormat[] = [
  // iperf3 25224 [000] 14041.566236:          tcp:tcp_probe: family=…
  {
    name: "perf script",
    text: "trace_pipe",
    record: new RegExp(`\\d: +(?:tcp|sock):${events}: +\\w+=`),
    columns: null,
  },
  // iperf3-180   [000]    41.072538: tcp_probe:            family=…
  {
    name: "trace-cmd report",
    text: "trace_pipe",
    record: new RegExp(`\\d: ${events}: {2,}\\w+=`),
    columns: null,
  },
  // iperf3-26641   [000] .....  4704.843532: tcp_probe: family=…
  { name: "trace_pipe", text: "trace_pipe", record: new RegExp(`(?:\\d|us.?): ${events}: \\w+=`), columns: null },
  // 1 1.664566680 10.0.1.1 37954 10.0.2.1 5001 0 0x2 …
  {
    name: "tcp_probe_plus",
    text: "probe",
    record: /^[0-5] \d+\.\d{9} \S+ \d+ \S+ \d+ \d+ 0x[0-9a-f]+(?: \S+){22,}/,
    columns: olderNames,
  },
  // 1 0 8ce0c c00002e4 16 c6336402 e911 64 18 df30a274 7e39514 …
  {
    name: "tcp_probe_plus of 2017, in hexadecimal numbers",
    text: "probe",
    record:
      /^[0-5] [0-9a-f]{1,8} [0-9a-f]{1,8} [0-9a-f]{1,8} [0-9a-f]{1,4} [0-9a-f]{1,8} [0-9a-f]{1,4}(?: [0-9a-f]{1,16}){24}(?: |\r?$)/,
    columns: olderHexNames,
  },
  // 0.006091810 192.0.2.1:5001 198.51.100.1:34121 32 0xe66a3bf3 0xe66a3ba3 10 2147483647 44032 2 45056
  {
    name: "the kernel's own tcp_probe",
    text: "probe",
    record: /^\d+\.\d{9} \S+:\d+ \S+:\d+ \d+ (?:0x)?[0-9a-f]+ (?:0x)?[0-9a-f]+ \d+ \d+ \d+ \d+(?: \d+)?\r?$/,
    columns: kernelProbeNames,
  },
];

/** The first bytes of files that are not text, and what to tell the user about them. */
const binaries: readonly (readonly [magics: readonly string[], what: string])[] = [
  [["PERFILE2"], "is perf's own recording: `perf script -i FILE` prints the text to import"],
  [["\x17\bDtracing"], "is trace-cmd's own recording: `trace-cmd report -i FILE` prints the text to import"],
  [
    ["\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\n\r\r\n"],
    "is a packet capture. Packets do not hold the sender's state",
  ],
  // A .tpp begins with a skippable frame of zstd.
  [
    Array.from({ length: 16 }, (_, low) => `${String.fromCharCode(0x50 + low)}\x2a\x4d\x18`),
    "is a capture already. Other commands open it without an import",
  ],
  [["PAR1"], "is Parquet. Other commands open it if `analyze convert` wrote it"],
  [["\xff\xfe", "\xfe\xff"], "is UTF-16 text: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`) and import that"],
  [["BZh"], "is bzip2-compressed: `bunzip2` it first"],
  [["PK\x03\x04"], "is a ZIP archive: unpack it first"],
];

/** Why a file with these first bytes is not text. Null if it may be text. */
export function whyBinary(begin: Buffer): string | null {
  const latin = begin.toString("latin1");
  for (const [magics, what] of binaries) if (magics.some((magic) => latin.startsWith(magic))) return what;
  const zeros = [0, 1].map((odd) => begin.subarray(0, 32).filter((byte, at) => at % 2 === odd && byte === 0).length);
  if (begin.length >= 32 && ((zeros[0] === 16 && zeros[1] === 0) || (zeros[0] === 0 && zeros[1] === 16)))
    return "looks like UTF-16 text: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`) and import that";
  return begin.includes(0) ? "is a binary file, not text" : null;
}
