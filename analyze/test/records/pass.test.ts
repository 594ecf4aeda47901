/**
 * The pass: however the text is cut into frames and batches, and however many threads read it, the records are the
 * same.
 */
import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { syntheticText } from "../../../test/bench/synthetic.ts";
import { fixture, headerOf, linesOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { rowsOf } from "../../../test/support/pass-rows.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { Pass } from "../../records/pass.ts";
import type { SourceOptions } from "../../records/source.ts";

/** Every value of every record, in order, and what else the pass tells. */
async function passOver(path: string, options: SourceOptions): Promise<{ rows: string[]; rest: unknown }> {
  const walk = await walkTpp(path);
  const pass = new Pass({ path, files: [{ path, header: walk.header!, walk }], number: 1 }, options);
  const rows = rowsOf(pass);
  const { capture, losses, flows } = pass.end();
  await pass.close();
  return { rows, rest: { records: capture.records, rejected: capture.rejected, losses, flows } };
}

/** Records in random order within half a second, with bad lines between: `synthetic`. */
function shuffledText(records: number, seed: number): string {
  const chance = seededChance(seed);
  const lines = [...syntheticText({ records, longFlows: 3, shortFlows: 20, recordsPerShortFlow: 30 })]
    .join("")
    .split(/(?<=\n)/);
  for (let at = 0; at + 50 < lines.length; at += 40 + Math.floor(chance() * 20)) {
    const other = at + Math.floor(chance() * 50);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
    if (chance() < 0.1) lines[at] = `${lines[at]!.slice(0, Math.floor(chance() * 40))}\n`;
  }
  return lines.join("");
}

const cases: readonly (readonly [string, (t: Parameters<typeof temporaryDirectory>[0]) => Promise<string[]>])[] = [
  ["synthetic records, some late, some cut", async () => shuffledText(30_000, 7).split(/(?<=\n)/)],
  ["real extended records", async () => linesOf(fixture("kmod-bbr-extended"))],
  ["real records of an overflow", async () => linesOf(fixture("kmod-overflow-extended"))],
];

for (const [name, linesFor] of cases) {
  test(`${name}: the same rows from batches of any size, any number of threads, any cut into frames`, async (t) => {
    const directory = temporaryDirectory(t);
    const text = (await linesFor(t)).join("");
    const header = name.startsWith("real")
      ? (await walkTpp(fixture(name.endsWith("overflow") ? "kmod-overflow-extended" : "kmod-bbr-extended"))).header!
      : headerOf("probe");
    let files = 0;
    const write = (frameBytes: number) => writeCapture(join(directory, `${++files}.tpp`), text, header, { frameBytes });
    const expected = await passOver(await write(1 << 20), { threads: 0 });
    t.true(expected.rows.length > 1000);
    const variants: [number, SourceOptions][] = [
      [1 << 20, { threads: 0, rows: 64 }],
      [1 << 20, { threads: 2 }],
      [4000, { threads: 0 }],
      [4000, { threads: 3, rows: 128 }],
      [100_000, { threads: 5, rows: 2048 }],
      [333, { threads: 1, rows: 8192 }],
    ];
    for (const [frameBytes, options] of variants) {
      const got = await passOver(await write(frameBytes), options);
      const first = got.rows.findIndex((row, index) => row !== expected.rows[index]);
      t.is(
        first,
        -1,
        `${frameBytes} ${JSON.stringify(options)}: row ${first}\n${got.rows[first]}\n${expected.rows[first]}`,
      );
      t.is(got.rows.length, expected.rows.length);
      t.deepEqual(got.rest, expected.rest, `${frameBytes} ${JSON.stringify(options)}`);
    }
  });
}
