// node kmod/test/record.ts [OUT [KERNEL SCRIPT...]] — makes the recordings that the analyzer is tested on, in a booted
// guest (6.1, guest/recordings.sh).
import path from "node:path";
import { boot } from "./harness/boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "./harness/build.ts";
import { kernelNamed } from "./harness/kernels.ts";
import { saveRecordings } from "./harness/recordings.ts";
import { tree } from "./harness/tree.ts";

const [out = path.join(moduleFolder, "../test/fixtures/kmod-raw"), kernel = "6.1", ...script] = process.argv.slice(2);
const made = await tree(kernelNamed(kernel));
const { module } = await buildModule(made);
const evidence = await boot(made, {
  name: script.length > 0 ? "causes" : "recordings",
  files: [module, await buildPrograms(made), path.join(moduleFolder, "test/guest")],
  command: script.length > 0 ? script.join(" ") : "sh guest/recordings.sh",
  limit: 600,
});
if (evidence.status !== 0) throw new Error(`the guest's script failed\n${evidence.text("run.log")}`);
saveRecordings(evidence, out);
