/**
 * The WebAssembly that reads the documented text: built from its source, and the same as its reference in TypeScript.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { documentedColumns } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext } from "ava";
import { buildWasm } from "../../../scripts/build/wasm.ts";
import { syntheticText } from "../../../test/bench/synthetic.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import type { Kind } from "../../records/columns.ts";
import { codes, parseLine, told } from "../../records/texts/parse-line.ts";
import { type LineField, WasmLines } from "../../records/texts/wasm-lines.ts";

test("lines.wasm is what lines.as.ts compiles to", (t) => {
  const built = join(temporaryDirectory(t), "lines.wasm");
  buildWasm(built);
  t.deepEqual(readFileSync(built), readFileSync(new URL("../../records/texts/lines.wasm", import.meta.url)));
});

const limits: Readonly<Record<string, number>> = { UTINYINT: 255, USMALLINT: 65535, UINTEGER: 2 ** 32 - 1 };

/** Columns as narrow as the values allow. */
const kinds: Readonly<Record<string, Kind>> = { UTINYINT: "u8", USMALLINT: "u16", UINTEGER: "u32", UBIGINT: "i64" };

/** The documented fields with a word and the connection's own number behind; numbers in columns of such kinds. */
const fieldsOf = (kindOf: (wireType: string) => Kind): LineField[] => [
  { code: codes.type, kind: kindOf("UTINYINT"), limit: 0, scale: 1 },
  { code: codes.time, kind: "f64", limit: 0, scale: 1 },
  { code: codes.ends, kind: null, limit: 0, scale: 1 },
  ...documentedColumns.slice(6).map(
    ({ wire, wireType }): LineField => ({
      code: wire === "tcp_flags" ? codes.hex : codes.number,
      kind: kindOf(wireType ?? ""),
      limit: limits[wireType ?? ""] ?? 2 ** 53,
      scale: 1,
    }),
  ),
  { code: codes.word, kind: "text", limit: 0, scale: 1 },
  { code: codes.number, kind: "i64", limit: 2 ** 53, scale: 1 },
];

const faults: readonly ((line: string, at: number) => string)[] = [
  (line, at) => line.slice(0, at),
  (line, at) => `${line.slice(0, at)} ${line.slice(at)}`,
  (line, at) => `${line.slice(0, at)}x${line.slice(at)}`,
  (line, at) => `${line.slice(0, at)}99999999999${line.slice(at)}`,
  (line, at) => `${line.slice(0, at)}00000000000000000000${line.slice(at)}`,
  (line, at) => `${line.slice(0, at)}\r${line.slice(at)}`,
  (line, at) => line.slice(0, at) + line.slice(at + 1),
  (line) => `${line}\r`,
  (line) => `${line} `,
  (line) => `\n${line}`,
  (line) => `${line} 7`,
  (line, at) => `${line.slice(0, at)}\u00e9${line.slice(at)}`,
];

for (const [name, kindOf] of [
  ["doubles", (): Kind => "f64"],
  ["the narrowest columns", (wireType: string): Kind => kinds[wireType] ?? "i64"],
] as const)
  test(`on lines whole and damaged it reads the same numbers into ${name} as parseLine, and finds the same field wrong`, (t) => {
    sameAsParseLine(t, fieldsOf(kindOf));
  });

/** Whether all lines were read alike; the first difference fails the test. */
function sameAsParseLine(t: ExecutionContext, fields: readonly LineField[]): boolean {
  const chance = seededChance(11);
  const lines = [...syntheticText({ records: 3000, longFlows: 3, shortFlows: 200, recordsPerShortFlow: 5 })]
    .join("")
    .trimEnd()
    .split("\n")
    .map((line) => `${line} w${Math.floor(chance() * 9)} ${Math.floor(chance() * 2 ** 40)}`)
    .map((line) =>
      chance() < 0.5 ? line : faults[Math.floor(chance() * faults.length)]!(line, Math.floor(chance() * line.length)),
    );
  const text = Buffer.from(`${lines.join("\n")}\n`);
  const rows = 64;
  const wasm = new WasmLines(fields, rows, fields.length - 1);
  const begin = wasm.load(text);
  const fieldCodes = Uint8Array.from(fields, ({ code }) => code);
  const most = Float64Array.from(fields, ({ limit }) => limit);
  const numbers = new Float64Array(fields.length);
  const tells = new Int32Array(4);
  let [read, wrong, met] = [0, 0, 0];
  for (let at = begin; at < wasm.end; ) {
    const from = at;
    const count = wasm.parse(at, 0, rows);
    at = wasm.stoppedAt;
    const stop = wasm.stoppedBy;
    let line = from - begin;
    for (let row = 0; row < count; row++) {
      while (text[line] === 10) line++;
      const end = parseLine(text, line, fieldCodes, most, numbers, 0, tells, false);
      if (end < 0) return t.fail(`only the WebAssembly reads ${text.toString("latin1", line, line + 300)}`);
      for (const [index, { kind }] of fields.entries()) {
        if (kind === null) continue;
        const column = wasm.column(index);
        const value = kind === "i64" ? column[2 * row + 1]! * 2 ** 32 + (column[2 * row]! >>> 0) : column[row]!;
        if (value - (kind === "text" ? begin : 0) !== numbers[index])
          return t.fail(`field ${index} of ${text.toString("latin1", line, end)} is ${value}, not ${numbers[index]}`);
      }
      line = end + (text[end] === 10 ? 1 : 2);
      read++;
    }
    if (stop === "done") continue;
    const end = parseLine(text, at - begin, fieldCodes, most, numbers, 0, tells, false);
    if (stop === "wrong") {
      if (end >= 0) return t.fail(`only parseLine reads ${text.toString("latin1", at - begin, end)}`);
      const { field, at: where } = wasm.wrong;
      t.deepEqual([field, where - begin], [tells[told.failed], tells[told.at]]);
      wrong++;
      at = wasm.bytes().indexOf(10, at) + 1;
    } else {
      const { from, to, connection } = wasm.ends;
      t.deepEqual([from - begin, to - begin], [tells[told.endsFrom], tells[told.endsTo]]);
      t.is(Number(connection), numbers[fields.length - 1]!);
      wasm.keepEnds(met++, 1, 2);
    }
  }
  return t.true(read > 1000 && wrong > 500 && met > 200, `${read} ${wrong} ${met}`);
}
