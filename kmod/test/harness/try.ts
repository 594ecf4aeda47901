// node kmod/test/harness/try.ts KERNEL COMMAND [FILE...]: one command in a guest, with the module beside it.
import path from "node:path";
import { boot, splatsIn } from "./boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "./build.ts";
import { kernelNamed } from "./kernels.ts";
import { tree } from "./tree.ts";

const [name, command, ...files] = process.argv.slice(2);
if (!name || !command) {
  console.error("usage: try.ts KERNEL COMMAND [FILE...]");
  process.exit(2);
}
const made = await tree(kernelNamed(name));
const { module, log } = await buildModule(made);
const warnings = log.split("\n").filter((l) => /warning/i.test(l));
if (warnings.length) console.log(warnings.join("\n"));
const programs = await buildPrograms(made);
const evidence = await boot(made, {
  name: "try",
  files: [module, programs, path.join(moduleFolder, "test/guest"), ...files],
  command,
});
console.log(evidence.text("run.log"));
console.log(`status ${evidence.status}; evidence in ${evidence.folder}`);
for (const line of splatsIn(evidence.dmesg)) console.log(line);
