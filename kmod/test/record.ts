// node kmod/test/record.ts [OUT [KERNEL SCRIPT...]] — makes the recordings that the analyzer is tested on, in a booted
// guest (6.1, guest/recordings.sh): the module's raw text (NAME.txt.zst), its statistics and how it was made
// (NAME.json).
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { boot, left } from "./harness/boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "./harness/build.ts";
import { kernelNamed } from "./harness/kernels.ts";
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

const numbers = (text: string) =>
  Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .map(([name, value]) => [name, Number(value)]),
  );

mkdirSync(out, { recursive: true });
for (const name of readdirSync(evidence.folder).filter((f) => left(evidence, `${f}/probe.txt`))) {
  const read = (file: string) => evidence.text(`${name}/${file}`);
  const text = read("probe.txt");
  const packed = zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
  writeFileSync(path.join(out, `${name}.txt.zst`), packed);
  const about = {
    kernel: read("release.txt").trim(),
    command: read("command.txt").trim(),
    records: text.split("\n").length - 1,
    sysctl: numbers(read("sysctl.txt")),
    nstatOfSender: left(evidence, `${name}/nstat.txt`) ? numbers(read("nstat.txt").replace(/^#.*\n/m, "")) : null,
    statBefore: read("stat.before"),
    statDuring: read("stat.during"),
    statAfter: read("stat.after"),
    reader: read("reader.txt").trim(),
  };
  writeFileSync(path.join(out, `${name}.json`), `${JSON.stringify(about, null, 2)}\n`);
  console.log(`${name}: ${about.records} records, ${packed.length} bytes`);
}
