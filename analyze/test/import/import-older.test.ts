/**
 * Text of the older tcp_probe_plus, which has no statistics beside it: rto in jiffies, rates cut to 32 bits, zeros
 * where a record tells nothing. Lines of this module's recordings, with those fields as the older one writes them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, linesOf, opened, temporaryDirectory } from "../../../test/support/analyze.ts";

const rto = 21;
const pacing = 29;

/** A line with some of its fields changed, by place. */
const changed = (line: string, fields: Readonly<Record<number, string>>): string =>
  line
    .trimEnd()
    .split(" ")
    .map((field, index) => fields[index] ?? field)
    .join(" ");

async function olderText(): Promise<string[]> {
  const [, setup, , ...more] = await linesOf(fixture("kmod-loss"));
  const sends = more.filter((line) => line.startsWith("1 ") && line.includes("10.0.1.1 59700 10.0.2.1")).slice(0, 3);
  return [
    changed(setup!, { 11: "0", 12: "0", [rto]: "78" }),
    changed(sends[0]!, { [rto]: "62", [pacing]: "4294967294" }),
    changed(sends[1]!, { [rto]: "62", [pacing]: "4294967295" }),
    changed(sends[2]!, { [rto]: "62", [pacing]: "250000" }),
    // A purge has nothing but zeros behind its ends.
    changed(sends[2]!, {
      0: "5",
      ...Object.fromEntries(Array.from({ length: 24 }, (_, index) => [index + 6, "0"])),
      7: "0x0",
    }),
  ];
}

const columns = "type, snd_nxt, snd_una, snd_cwnd, rto_ms, pacing_rate_bps";

test("older text: what it cannot tell is NULL, the number at which rates were cut off among it", async (t) => {
  const directory = temporaryDirectory(t);
  const text = join(directory, "older.txt");
  const lines = await olderText();
  writeFileSync(text, `${lines.join("\n")}\n`);
  const imported = async (name: string, ...options: string[]) => {
    const output = join(directory, name);
    const { code, err } = await analyze("import", text, "-o", output, ...options);
    t.is(code, 0, err);
    const trace = await opened(t, output);
    t.deepEqual(trace.captures[0]!.rejected, []);
    return trace.rows(`SELECT ${columns} FROM trace ORDER BY ord`);
  };
  const fields = lines.map((line) => line.split(" "));
  const number = (row: number, place: number): number => Number(fields[row]![place]);
  // Imported numbers count from the flow's first snd_una.
  const zero = number(1, 12);
  const told = (row: number) => ({
    snd_nxt: number(row, 11) - zero,
    snd_una: number(row, 12) - zero,
    snd_cwnd: number(row, 15),
  });
  // 78 and 62 jiffies of 4 ms are 312 and 248 ms; rates are bytes/s in the text.
  t.deepEqual(await imported("hz.tpp", "--hz", "250"), [
    { type: "setup", snd_nxt: null, snd_una: null, snd_cwnd: 10, rto_ms: 312, pacing_rate_bps: number(0, pacing) * 8 },
    { type: "send", ...told(1), rto_ms: 248, pacing_rate_bps: 4294967294 * 8 },
    { type: "send", ...told(2), rto_ms: 248, pacing_rate_bps: null },
    { type: "send", ...told(3), rto_ms: 248, pacing_rate_bps: 2_000_000 },
    { type: "purge", snd_nxt: null, snd_una: null, snd_cwnd: null, rto_ms: null, pacing_rate_bps: null },
  ]);
  const without = await imported("no-hz.tpp");
  t.deepEqual(
    without.map((row) => row.rto_ms),
    [null, null, null, null, null],
  );
});
