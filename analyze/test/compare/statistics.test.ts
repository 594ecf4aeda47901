import test from "ava";
import { differenceOf, sampleOf } from "../../compare/statistics.ts";

const near = (value: number | null | undefined, expected: number, digits: number): boolean =>
  typeof value === "number" && Math.abs(value - expected) < 0.5 * 10 ** -digits;

// The example of https://en.wikipedia.org/wiki/Welch%27s_t-test: t = -2.46, 25.0 degrees of freedom, P = 0.021.
const first = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4];
const second = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4];

test("a sample: mean, deviation, half of the interval by Student's t", (t) => {
  const sample = sampleOf([1, 2, 3, 4, 5]);
  t.is(sample?.runs, 5);
  t.is(sample?.mean, 3);
  t.true(near(sample?.deviation, 1.5811, 4));
  // The table of the distribution: 2.776 for four degrees of freedom.
  t.true(near(sample?.half, (2.776 * 1.5811) / Math.sqrt(5), 3));
});

test("one run tells nothing of how runs vary, and none tells nothing", (t) => {
  t.deepEqual(sampleOf([7]), { runs: 1, mean: 7, deviation: null, half: null });
  t.is(sampleOf([]), null);
  t.deepEqual(differenceOf(sampleOf([7])!, sampleOf([8, 9])!), { value: 1.5, half: null, p: null });
});

test("Welch's test: the published example", (t) => {
  const { value, half, p } = differenceOf(sampleOf(first)!, sampleOf(second)!);
  t.true(near(value, 22.9867 - 20.82, 3));
  t.true(near(p, 0.021, 3));
  t.true(near(half, (2.06 * 2.1667) / 2.46, 1));
});

test("runs that do not vary have no test: not p = 0, not p = 1", (t) => {
  t.deepEqual(differenceOf(sampleOf([1, 1])!, sampleOf([2, 2])!), { value: 1, half: null, p: null });
});
