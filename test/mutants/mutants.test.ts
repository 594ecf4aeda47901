/**
 * The faults of `npm run mutants` are still ones of this code. Whether the tests notice them is that command's to say.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { allMutants, placesOf, root } from "./all.ts";

const mutants = Object.values(allMutants).flat();

test("every fault has exactly one place in its file, or a reason why it is gone", (t) => {
  const lost = mutants.filter((mutant) => mutant.gone === undefined && placesOf(mutant) !== 1);
  t.deepEqual(
    lost.map((mutant) => `${mutant.id}: "${mutant.find}" stands ${placesOf(mutant)} times in ${mutant.file}`),
    [],
  );
});

test("faults are told apart, change something, and name suites that are there", (t) => {
  t.true(mutants.length > 100);
  t.is(new Set(mutants.map(({ id }) => id)).size, mutants.length);
  for (const { id, find, replace, suites, fault } of mutants) {
    t.not(find, replace, id);
    t.true(fault.length > 10, id);
    t.true(suites.length > 0, id);
    for (const suite of suites) t.true(existsSync(join(root, suite)), `${id}: ${suite}`);
  }
});
