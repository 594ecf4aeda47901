// node kmod/test/arm64.ts: the module for arm64. Cross-built for Debian's 6.1 and 6.12 without a warning; on 6.12,
// under emulation, it is loaded, records a transfer, is unloaded under a reader and loaded again.

import { disorder, holes } from "./checks/settings.ts";
import { arm64Kernels, bootArm64, buildForArm64 } from "./harness/arm64.ts";
import { splatsIn } from "./harness/boot.ts";
import { missingForGuests } from "./harness/needs.ts";
import { parseRecords, parseStat } from "./harness/records.ts";

const missing = missingForGuests();
if (missing) throw new Error(missing);
const problems: string[] = [];

function judge(console: string): string {
  const lines = console.split(/\r?\n/);
  const shown = (name: string) => lines.filter((l) => l.startsWith(`${name}| `)).map((l) => l.slice(name.length + 2));
  const must = (what: string, good: boolean) => {
    if (!good) problems.push(`6.12: ${what}`);
  };
  const text = (name: string) => `${shown(name).join("\n")}\n`;
  must("not loaded", shown("loaded").length === 1);
  const records = parseRecords(text("probe"));
  const stat = parseStat(text("stat"));
  must("records and the statistics differ", records.length === stat.lines.Log?.written);
  must("times go back", disorder(records) === 0);
  must("records are missing", holes(records).length === 0);
  must("a hook's arguments could not be read", stat.lines.Missed?.hooks === 0);
  for (const type of [0, 1, 3, 4])
    must(
      `no record of type ${type}`,
      records.some((r) => r.type === type),
    );
  for (const end of [records.filter((r) => r.dport === 5001), records.filter((r) => r.sport === 5001)]) {
    const length = (type: number) => end.filter((r) => r.type === type).reduce((sum, r) => sum + r.length, 0);
    must("not all bytes have a record", length(end[0]?.dport === 5001 ? 1 : 0) === 300000);
  }
  must("not unloaded under a reader", shown("unloaded").length === 1);
  must(`an edge-triggered reader: ${text("edge")}`, Number(/lines (\d+)/.exec(text("edge"))?.[1]) > 20);
  must("not loaded again", shown("round").length === 5);
  problems.push(...splatsIn(text("dmesg")));
  return `Linux ${shown("loaded")[0]}: ${records.length} records, edge-triggered: ${text("edge").trim()}`;
}

for (const kernel of arm64Kernels) {
  const built = await buildForArm64(kernel);
  const warnings = built.log.split("\n").filter((l) => /warning/i.test(l));
  problems.push(...warnings.map((l) => `${kernel.name}: ${l}`));
  console.log(`${kernel.name}: built for arm64, ${warnings.length} warnings`);
  if (kernel.name === "6.12") console.log(judge(await bootArm64(built)));
}
for (const problem of problems) console.log(problem);
console.log(problems.length ? "FAILED" : "good");
process.exitCode = problems.length ? 1 : 0;
