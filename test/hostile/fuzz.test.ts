import test from "ava";
import { fuzz } from "./fuzz.ts";

test("ten million changed bytes through every reader: each file is answered, none crashes it or keeps it", async (t) => {
  t.timeout(1_200_000);
  const { wrong, ...counts } = await fuzz({ seed: 20261126, bytes: 1e7 });
  t.log(JSON.stringify(counts));
  t.deepEqual(wrong, []);
  t.true(counts.kept > 20);
});
