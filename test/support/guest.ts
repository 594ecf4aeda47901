/** Runs captures in an emulated guest with the module. As a program, it runs one command in a guest. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boot, type Evidence, type Scenario } from "../../kmod/test/harness/boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "../../kmod/test/harness/build.ts";
import { kernelNamed } from "../../kmod/test/harness/kernels.ts";
import { sh } from "../../kmod/test/harness/sh.ts";
import { tree } from "../../kmod/test/harness/tree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Boots a kernel with the module, capture and this Node, and runs the command. */
export async function captureInGuest(
  kernel: string,
  scenario: Pick<Scenario, "name" | "command" | "limit"> & Partial<Scenario>,
): Promise<Evidence> {
  const made = await tree(kernelNamed(kernel));
  const { module } = await buildModule(made);
  const folder = mkdtempSync(join(tmpdir(), "capture-guest-"));
  try {
    const files = [
      module,
      await buildPrograms(made),
      join(moduleFolder, "test/guest"),
      ...filesIn(folder),
      ...(scenario.files ?? []),
    ];
    return await boot(made, { ...scenario, files });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The files that capture and the programs in guest/ need, as plain JavaScript like the published package. Stripping
 * types takes seconds under emulation.
 */
function filesIn(folder: string): string[] {
  const plan = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { noEmit: false, outDir: folder, rootDir: root, typeRoots: [join(root, "node_modules/@types")] },
    include: ["tpp", "capture"].map((name) => join(root, name)),
    files: [join(root, "capture/test/guest/bench-bpf.ts")],
    exclude: [join(root, "**/test")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(plan));
  sh(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(folder, "tsconfig.json")]);
  for (const file of [
    "capture/package.json",
    "capture/bin/capture.js",
    "capture/bin/close-debugger.js",
    "tpp/package.json",
    "tpp/code-cache.js",
  ]) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), readFileSync(join(root, file), "utf8").replaceAll(/\.ts"/g, '.js"'));
  }
  for (const name of ["commander", "koffi", "@koromix"])
    cpSync(join(root, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
  cpSync(join(root, "capture/bpf"), join(folder, "capture/bpf"), { recursive: true });
  cpSync(join(root, "capture/test/guest"), join(folder, "guest-capture"), { recursive: true });
  cpSync(process.execPath, join(folder, "node"));
  return ["tpp", "capture", "node_modules", "guest-capture", "node"].map((name) => join(folder, name));
}

// node test/support/guest.ts KERNEL COMMAND: runs one command in a guest that has capture.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kernel = "6.1", command = "true", limit = "300"] = process.argv.slice(2);
  const evidence = await captureInGuest(kernel, { name: "capture-try", command, limit: Number(limit) });
  console.log(evidence.text("run.log"));
  console.log(`status ${evidence.status}; evidence in ${evidence.folder}`);
}
