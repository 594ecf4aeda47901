import test from "ava";
import { analyze } from "../../../test/support/analyze.ts";

const runs = (name: string, numbers: readonly number[]): string[] =>
  numbers.map((number) => `test/fixtures/two-controls/${name}-${number}.tpp`);
const all = [...runs("cubic", [1, 2, 3, 4, 5]), ...runs("bbr", [1, 2, 3, 4, 5])];

interface Row {
  readonly measure: string;
  readonly group: string;
  readonly runs: number;
  readonly known_runs: number;
  readonly mean: number | null;
  readonly mean_low: number | null;
  readonly mean_high: number | null;
  readonly difference: number | null;
  readonly p: number | null;
  readonly about: boolean;
}

const json = async (...args: string[]): Promise<Row[]> => JSON.parse((await analyze("compare", ...args, "--json")).out);
const of = (rows: readonly Row[], measure: string, group: string): Row | undefined =>
  rows.find((row) => row.measure === measure && row.group === group);

test("groups: each is the mean of its runs, and of the same numbers that compare tells of each run", async (t) => {
  const rows = await json(...all, "--group", "cubic-*", "--group", "bbr-*");
  const each: { capture: number; place: number; goodput_bps: number }[] = JSON.parse(
    (await analyze("compare", ...all, "--json")).out,
  );
  const goodputs = (captures: readonly number[]) =>
    each.filter(({ place, capture }) => place === 0 && captures.includes(capture)).map((row) => row.goodput_bps);
  for (const [group, captures] of [
    ["cubic", [1, 2, 3, 4, 5]],
    ["bbr", [6, 7, 8, 9, 10]],
  ] as const) {
    const found = of(rows, "goodput_bps", group);
    const values = goodputs(captures);
    t.is(values.length, 5);
    t.is(found?.known_runs, 5);
    t.true(Math.abs(found!.mean! - values.reduce((sum, value) => sum + value, 0) / 5) < 1e-3);
    t.true(found!.mean_low! < found!.mean! && found!.mean! < found!.mean_high!);
  }
  // BBR overshoots the shallow queue of this path; CUBIC does not. The means of the window are too close to tell.
  t.true(of(rows, "retransmits", "bbr")!.p! < 0.05);
  t.true(of(rows, "cwnd_mean", "bbr")!.p! > 0.05);
  t.is(of(rows, "goodput_bps", "cubic")?.difference, null);
  t.true(of(rows, "cwnd_share", "bbr")?.about);
});

test("groups in a table: what is compared, how, and how many tests were made", async (t) => {
  const { out, code } = await analyze(
    "compare",
    ...all,
    "--group",
    "cubic-*",
    "--group",
    "bbr-*",
    "--label",
    "CUBIC",
    "--label",
    "BBR",
  );
  t.is(code, 0);
  t.regex(out, /^all flows of a run +CUBIC \(5 runs\) +BBR \(5 runs\) +change +p$/m);
  t.regex(out, /^retransmitted +5\.8 ± 2\.7 +781\.2 ± 270\.2 /m);
  t.regex(out, /Welch's t-test, two-sided/);
  t.regex(out, /^\d+ tests: about one in twenty/m);
});

test("a group of one run has no interval and no test", async (t) => {
  const rows = await json(...all, "--group", "cubic-*", "--group", "bbr-1");
  const one = of(rows, "goodput_bps", "bbr-1");
  t.is(one?.runs, 1);
  t.is(one?.mean_low, null);
  t.is(one?.p, null);
  t.not(one?.difference, null);
  const { out } = await analyze("compare", ...all, "--group", "cubic-*", "--group", "bbr-1");
  t.regex(out, /^bbr-1: one run tells nothing of how runs vary$/m);
});

test("what some runs do not tell is said to be of the others, and is not compared", async (t) => {
  const mixed = [
    "test/fixtures/shaped-loss.tpp",
    "test/fixtures/kmod-loss.tpp",
    "test/fixtures/kmod-loss-extended.tpp",
  ];
  const rows = await json(...mixed, "--group", "kmod-*", "--group", "shaped-*");
  t.is(of(rows, "rtos", "kmod")?.known_runs, 2);
  t.is(of(rows, "rtos", "shaped")?.mean, null);
  t.is(of(rows, "rtos", "shaped")?.difference, null);
  // Tracepoints count buffers.
  t.is(of(rows, "retransmits", "kmod"), undefined);
  const { out } = await analyze("compare", ...mixed, "--group", "*loss*");
  t.regex(out, /^RTOs +0\.0 ± 0\.0 of 2 of 3 runs$/m);
  t.regex(out, /^retransmissions are left out: /m);
});

test("wrong groups and labels", async (t) => {
  for (const [args, message] of [
    [["--group", "reno-*"], /--group reno-\*: fits none of cubic-1\.tpp/],
    [["--group", "cubic-*", "--group", "*-1"], /cubic-1\.tpp: is in two groups/],
    [["--group", "cubic-*", "--label", "a", "--label", "b"], /2 labels for 1 groups/],
    [["--label", "a"], /--label names the groups of --group/],
  ] as const) {
    const { code, err } = await analyze("compare", ...all, ...args);
    t.is(code, 64);
    t.regex(err, message);
  }
});
