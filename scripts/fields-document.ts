/** Generates docs/fields.md from the column table. */
import {
  type Column,
  caStates,
  derivedColumns,
  documentedColumns,
  extendedColumns,
  lastRecordLength,
  noSsthresh,
  recordTypes,
  sourceNames,
} from "@tcpprobe-plus/tpp";

export function fieldsDocument(): string {
  return `<!-- Made by scripts/generate-docs.ts from tpp/columns/columns.ts: change that and run \`npm run docs\`. -->

# Fields of a record

Every capture becomes the table \`trace\`, one row a record. The kernel module writes ${documentedColumns.length} fields a line, in the
order below; the other sources supply some of them. **A field that a source does not supply is NULL**, never 0.

State is what the kernel held *before* it handled the segment; in a timeout, what it held when the timer fired.
Sequence numbers count from the first seen on the flow, and in \`trace\` go on counting past 2^32.

Number of segments in flight: \`packets_out + retrans_out - sacked_out - lost_out\`.

## The ${documentedColumns.length} documented fields

${table(["#", "in the text", "in `trace`", "type", "unit", "meaning"], documentedColumns.map(describe))}

## Further columns of \`trace\`

With the module's sysctl extended=1 more fields follow on a line; ss supplies some of the same.

${table(
  ["in the text", "in `trace`", "type", "unit", "meaning"],
  extendedColumns.map((column) => describe(column, 0).slice(1)),
)}

Made by \`analyze\`, whatever the source:

${table(
  ["in `trace`", "type", "unit", "meaning"],
  derivedColumns.map((column) => describe(column, 0).slice(2)),
)}

## Which source supplies what

A dash is NULL. \`kmod\` is the kernel module, \`bpf\` BPF programs at the same places or, where the kernel lets no function be
hooked, at its tracepoints (then received segments, retransmissions, states and resets), \`tracefs\` the kernel's own tracepoints, \`ss\` polled tcp_info, by the words
that \`ss -tinHOem\` prints. What it leaves out because it is 0 is 0 (unacked, lost, sacked, retrans; and from the kernel on that
has them, bytes_acked, delivered, bytes_sent, busy and its parts); other words that are missing are NULL.

${table(["column", ...sourceNames], [...documentedColumns, ...extendedColumns, ...derivedColumns].map(suppliers))}

## Types of record

The module's text has the number, \`trace\` the name. Numbers from 6 on exist only in traces from other sources.

${table(
  ["number", "name", "meaning"],
  recordTypes.map(({ code: number, name, meaning }) => [String(number), code(name), meaning]),
)}

## Congestion states

${table(
  ["number", "name"],
  caStates.map((name, index) => [String(index), code(name)]),
)}

## Values that mean something else

${table(
  ["field", "value", "means"],
  [
    [code("ssthresh"), String(noSsthresh), "no threshold yet: the connection has not left its first slow start"],
    [code("length"), String(lastRecordLength), "the connection's last record (types 4 and 5); NULL in `trace`"],
    [code("sk_pacing_rate"), "all bits set", "pacing is off; NULL in `trace`"],
  ],
)}
`;
}

const code = (text: string): string => `\`${text}\``;

const describe = ({ wire, name, type, unit, meaning }: Column, index: number): string[] => [
  String(index + 1),
  wire === null ? "" : code(wire),
  code(name),
  type,
  unit,
  meaning,
];

const suppliers = (column: Column): string[] => [
  code(column.name),
  ...sourceNames.map((source) => column.sources[source] ?? "–"),
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
