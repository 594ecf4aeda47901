/** At any zoom, what is drawn reaches as far as all the data does, in every column of pixels. */
import test from "ava";
import { fixture, opened } from "../../../test/support/analyze.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { drawPlot } from "../../plots/draw.ts";
import { lineOf, type Point } from "./units.ts";

const round = (value: number): number => Number(value.toPrecision(9));

/** Lowest and highest value by column of pixels. */
function envelope(points: readonly Point[], from: number, to: number, width: number): Map<number, [number, number]> {
  const columns = new Map<number, [number, number]>();
  for (const { t, value } of points) {
    const column = Math.floor((t - from) * (width / (to - from)));
    const [low, high] = columns.get(column) ?? [value, value];
    columns.set(column, [Math.min(low, value), Math.max(high, value)]);
  }
  return columns;
}

for (const [plot, line, sql, flow, name] of [
  ["cwnd", "cwnd", "SELECT t, snd_cwnd AS value FROM trace WHERE snd_cwnd IS NOT NULL", 1, "kmod-loss"],
  ["sequence", "snd_una", "SELECT t, snd_una AS value FROM trace WHERE snd_una IS NOT NULL", 1, "kmod-bbr-extended"],
  ["rto", "RTO in force", "SELECT t, rto_ms AS value FROM trace WHERE rto_ms IS NOT NULL", 1, "kmod-rto-chain"],
] as const)
  test(`plot ${plot}: the drawn envelope is that of all records, in ten ranges of time and widths`, async (t) => {
    const trace = await opened(t, fixture(name));
    const rows = await trace.rows<{ t: number; value: number }>(`${sql} AND flow = ${flow} ORDER BY ord`);
    const chance = seededChance(18);
    const [first, last] = [rows[0]!.t, rows.at(-1)!.t];
    for (let turn = 0; turn < 10; turn++) {
      const middle = rows[Math.floor(chance() * rows.length)]!.t;
      const span = (last - first) * 10 ** (-2 * chance());
      const [from, to] = [middle - span / 2, middle + span / 2];
      const width = 200 + Math.floor(chance() * 800);
      const { spec } = await drawPlot(trace, plot, { flows: [flow], from, to, width });
      const drawn = lineOf(spec, line);
      // A unit is chosen for each picture: bytes, kB or MB.
      const within = rows.filter((row) => row.t >= from && row.t <= to);
      const highest = Math.max(...drawn.map(({ value }) => value));
      const divisor =
        highest === 0 ? 1 : 10 ** Math.round(Math.log10(Math.max(...within.map(({ value }) => value)) / highest));
      const all = within.map((row) => ({ t: round(row.t), value: round(row.value / divisor) }));
      const expected = envelope(all, from, to, width);
      const got = envelope(drawn, from, to, width);
      const differing = [...expected].filter(([column, [low, high]]) => {
        const [l, h] = got.get(column) ?? [Number.NaN, Number.NaN];
        return l !== low || h !== high;
      });
      // A rounded time can fall into the next column.
      t.true(
        differing.length <= expected.size / 100,
        `${from} to ${to} at ${width}: ${differing.length} of ${expected.size}`,
      );
    }
  });
