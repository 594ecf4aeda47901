/**
 * `npm run properties [-- SEEDS [RECORDING...]]`: mutates many recordings, with so many seeds (3). Prints what became
 * another number or passed, and known faults that nothing showed; ends with 1 where there is anything new.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryMutations } from "./hold.ts";
import { knownFaults } from "./known.ts";

const [count = "3", ...asked] = process.argv.slice(2);
const recordings = [
  ...["kmod-loss-extended", "kmod-rto-chain-extended", "kmod-zero-window-extended", "kmod-bbr-extended", "kmod-loss"],
  ...["same-transfer/kmod", "same-transfer/tracefs", "same-transfer/ss", "shaped-loss", "cubic-bbr", "ss-loss"],
  ...["numbers/ecn.tracefs", "numbers/blackout.tracefs", "numbers/blackout.ss", "numbers/loss-2-percent.tracefs"],
  ...["numbers/starved.tracefs", "causes/tracefs-validation-blackout", "causes/tracefs-validation-loss"],
];
const seeds = Array.from({ length: Number(count) }, (_, at) => at + 1);
const directory = mkdtempSync(join(tmpdir(), "tcpprobe-properties-"));
const shown = new Set<(typeof knownFaults)[number]>();
let [tried, wrongs] = [0, 0];
try {
  for (const name of asked.length > 0 ? asked : recordings)
    for (const { mutation, wrong } of await tryMutations(name, seeds, directory)) {
      tried++;
      for (const line of wrong) {
        const fault = knownFaults.find(({ of, figure }) => of(mutation) && figure.test(line));
        if (fault) shown.add(fault);
        else {
          wrongs++;
          console.log(`${name}, ${mutation.name}: ${line}`);
        }
      }
    }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
for (const fault of knownFaults) if (!shown.has(fault)) console.log(`no longer shown: ${fault.why}`);
console.log(`${tried} mutations, ${wrongs} figures or verdicts that are not as they may be`);
process.exitCode = wrongs > 0 ? 1 : 0;
