// node kmod/test/unload.ts [KERNEL] [--trials 300]: unloads the module while a process begins to poll its file, so
// often, in one guest whose allocator poisons what is freed (guest/racer.c).
import path from "node:path";
import { parseArgs } from "node:util";
import { boot, splatsIn } from "./harness/boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "./harness/build.ts";
import { kernelNamed } from "./harness/kernels.ts";
import { missingForGuests } from "./harness/needs.ts";
import { tree } from "./harness/tree.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trials: { type: "string", default: "300" } },
});
const trials = Number(values.trials);
if (!Number.isInteger(trials) || trials < 1) throw new Error(`--trials ${values.trials}: a whole number, 1 or more`);
const missing = missingForGuests();
if (missing) throw new Error(missing);

const made = await tree(kernelNamed(positionals[0] ?? "6.1"));
const seconds = 300 + 20 * trials;
const evidence = await boot(made, {
  name: "unload",
  files: [(await buildModule(made)).module, await buildPrograms(made), path.join(moduleFolder, "test/guest")],
  command: `LIMIT=${seconds} sh guest/unload.sh ${trials}`,
  kernelArgs: "quiet slub_debug=FZPU,kmalloc-32",
  cpus: 3,
  limit: seconds + 60,
});
const said = evidence.text("unload/racer").trim();
const problems = splatsIn(evidence.dmesg);
for (const problem of problems) console.log(problem);
const clean = said === `trials ${trials} status 0` && problems.length === 0;
console.log(`Linux ${made.release}: ${said}: ${clean ? "clean" : "FAILED"} (evidence in ${evidence.folder})`);
process.exitCode = clean ? 0 : 1;
