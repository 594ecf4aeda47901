/**
 * Real recordings with less in them: what was known may become NULL, or a bound where records were lost, never another
 * number, and a check that did not hold never passes. `npm run properties` tries more recordings and seeds.
 */
import test from "ava";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { tryMutations } from "./hold.ts";
import { knownFaults } from "./known.ts";

for (const name of ["kmod-loss-extended", "numbers/starved.tracefs"])
  test.serial(`what is known is the truth or a bound of it, whatever is gone: ${name}`, async (t) => {
    t.timeout(600_000);
    const findings = await tryMutations(name, [1], temporaryDirectory(t));
    t.true(findings.length >= 5);
    for (const { mutation, wrong } of findings) {
      const known = knownFaults.filter(({ of }) => of(mutation));
      const unknown = wrong.filter((line) => !known.some(({ figure }) => figure.test(line)));
      t.deepEqual(unknown, [], mutation.name);
    }
  });
