// Claims about what a guest left behind, each a test on each kernel that was chosen.
import test, { type ExecutionContext } from "ava";
import { boot, type Evidence, type Scenario } from "./boot.ts";
import { chosenKernels } from "./kernels.ts";
import { missingForGuests } from "./needs.ts";
import { type Tree, tree } from "./tree.ts";

export type Claim = (t: ExecutionContext, evidence: Evidence, log: string) => void;

/** What is booted: the scenario, and what building said. */
export type Prepared = { scenario: Scenario; log: string };

/**
 * Boots each chosen kernel once, before the tests of the file. Returns how to claim something about it: skipped with
 * the reason where guests cannot run, a failure in CI.
 */
export function guests(prepare: (made: Tree) => Promise<Prepared>): (claim: string, check: Claim) => void {
  const missing = missingForGuests();
  const booted = new Map<string, { evidence: Evidence; log: string }>();

  test.before(async (t) => {
    t.timeout(60 * 60 * 1000);
    if (missing) return t.log(`kernel module tests: ${missing}`);
    for (const kernel of chosenKernels()) {
      const made = await tree(kernel);
      const { scenario, log } = await prepare(made);
      booted.set(kernel.name, { evidence: await boot(made, scenario), log });
      t.log(`${kernel.name}: Linux ${made.release}`);
    }
  });

  return (claim, check) => {
    for (const kernel of chosenKernels()) {
      const title = `${kernel.name}: ${claim}`;
      if (missing && process.env.CI !== "true") {
        test.skip(`${title} (${missing})`, () => {});
        continue;
      }
      test.serial(title, (t) => {
        if (missing) return t.fail(missing);
        const guest = booted.get(kernel.name);
        if (!guest) return t.fail("the guest did not run");
        check(t, guest.evidence, guest.log);
      });
    }
  };
}
