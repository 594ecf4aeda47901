/** A bounded number of queries run at a time; others wait in order, or are told that it is too busy. */
import test from "ava";
import { TooBusyError, Turns } from "../../serve/turns.ts";

const never = new AbortController().signal;

function later(): { readonly promise: Promise<void>; readonly done: () => void } {
  let done = () => {};
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}

test("no more run than may, in the order in which they came", async (t) => {
  const turns = new Turns(2, 10);
  const ends = Array.from({ length: 5 }, later);
  const begun: number[] = [];
  const all = ends.map(({ promise }, index) =>
    turns.take(never, async () => {
      begun.push(index);
      await promise;
    }),
  );
  await Promise.resolve();
  t.deepEqual(begun, [0, 1]);
  ends[1]!.done();
  await all[1];
  t.deepEqual(begun, [0, 1, 2]);
  for (const { done } of ends) done();
  await Promise.all(all);
  t.deepEqual(begun, [0, 1, 2, 3, 4]);
});

test("one too many is told so at once, and one that leaves makes room", async (t) => {
  const turns = new Turns(1, 1);
  const first = later();
  const running = turns.take(never, () => first.promise);
  const leaving = new AbortController();
  const waiting = turns.take(leaving.signal, async () => t.fail());
  await t.throwsAsync(
    turns.take(never, async () => {}),
    { instanceOf: TooBusyError, message: "too many questions are waiting. Ask again in a moment" },
  );
  leaving.abort(new Error("left"));
  await t.throwsAsync(waiting, { message: "left" });
  const next = turns.take(never, async () => 5);
  first.done();
  await running;
  t.is(await next, 5);
});

test("a turn is passed on when the work fails", async (t) => {
  const turns = new Turns(1, 1);
  await t.throwsAsync(
    turns.take(never, async () => {
      throw new Error("failed");
    }),
    { message: "failed" },
  );
  t.is(await turns.take(never, async () => 1), 1);
});
