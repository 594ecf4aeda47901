/** The same command on the same capture gives the same bytes. `node analyze/test/same-bytes.ts` tries all of them. */
import test from "ava";
import { fixture, temporaryDirectory } from "./helpers.ts";
import { commandsOn, digestOf } from "./same-bytes.ts";

for (const [name, wanted] of [
  ["kmod-loss", /^(flows|diagnose|metrics .* (limits|limits_by_window|fairness|rtt) .*json|plot .* (cwnd|limits) .*(svg|json)$)/],
  ["causes/tracefs-cause-loss", /^(flows|diagnose|plot .* (cwnd|rtt) .*svg)/],
] as const) {
  test(`${name}: again and again, several at once`, async (t) => {
    const folder = temporaryDirectory(t);
    const chosen = commandsOn(fixture(name)).filter((args) => wanted.test(args.join(" ")));
    t.true(chosen.length > 5);
    for (const args of chosen) {
      const digests = await Promise.all(["1", "2", "3", "4"].map((turn) => digestOf(args, folder, turn)));
      t.is(new Set(digests).size, 1, args.join(" "));
    }
  });
}
