/**
 * Kernels with a wrong constant in a congestion control, which the rule about it names; and the same sources without a
 * change. kmod/test/wrong-constants.ts recorded them.
 */
import { join } from "node:path";
import test from "ava";
import { convertModuleText } from "../../../test/fixtures/module-text.ts";
import { analyze, temporaryDirectory } from "../../../test/support/analyze.ts";
import { fixtureFile } from "../../../test/support/captures.ts";
import type { RuleOutcome } from "../../packs/hold.ts";

const kernels: readonly (readonly [name: string, pack: string, what: string, caughtBy: string | null])[] = [
  ["cubic-as-is", "cubic", "CUBIC as it is", null],
  ["cubic-beta", "cubic", "CUBIC with beta 819/1024", "beta"],
  ["cubic-c", "cubic", "CUBIC with C 0.8", "cubic-k"],
  ["bbr-as-is", "bbr", "BBR as it is", null],
  ["bbr-high-gain", "bbr", "BBR with a gain of 2 in Startup", "gains"],
  ["bbr-cycle", "bbr", "BBR that probes with a gain of 1.5", "gains"],
];

for (const [name, pack, what, caughtBy] of kernels)
  test(`${what}: ${caughtBy === null ? "no rule is broken" : `the rule ${caughtBy} is broken`}`, async (t) => {
    const path = join(temporaryDirectory(t), `${name}.tpp`);
    await convertModuleText(fixtureFile("wrong-constants"), name, path);
    const packs = ["rfc6298", "rfc5681", pack].flatMap((one) => ["--pack", one]);
    const { code, out, err } = await analyze("check", path, ...packs, "--json");
    const broken = (JSON.parse(out) as RuleOutcome[]).filter(({ verdict }) => verdict === "broken");
    if (caughtBy === null) {
      t.is(code, 3, err);
      t.deepEqual(broken, []);
      return;
    }
    t.is(code, 1, err);
    t.true(broken.every((rule) => rule.pack === pack));
    const [first] = broken.find(({ rule }) => rule === caughtBy)?.breaches ?? [];
    t.truthy(first, `broken: ${broken.map(({ rule }) => rule).join(", ")}`);
    t.is(first!.flow, 1);
    t.true(Object.keys(first!.values).length >= 2);
  });
