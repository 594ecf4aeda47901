/**
 * `npm run build:sea [-- FILE]`: builds capture as a single executable for hosts without Node (default: out/capture).
 * The code is bundled into one script. Node's single-executable support puts the script into a copy of the Node that
 * runs this. The module's sources, the BPF object, koffi's native part and the completions are assets.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { bytesText } from "@tcpprobe-plus/tpp/write";
import { build } from "esbuild";
import { koffiAsset } from "../../capture/bpf/koffi.ts";
import { assetList } from "../../capture/system/single-executable.ts";
import { packageFiles, root } from "./package-files.ts";

const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const target = resolve(process.argv[2] ?? join(root, "out/capture"));
const work = mkdtempSync(join(tmpdir(), "capture-sea-"));

/** Bundles the code. The script of a single executable is CommonJS and can load only Node's own modules. */
async function bundle(): Promise<string> {
  const outfile = join(work, "capture.cjs");
  await build({
    stdin: {
      contents: `import { closeDebugger } from "./bin/close-debugger.js";
        import { main } from "./cli.ts";
        closeDebugger()
          .then(() => main([process.execPath, ...process.argv.slice(1)]))
          .then((code) => { process.exitCode = code; });`,
      resolveDir: join(root, "capture"),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    // An executable has no files beside its code. single-executable.ts is used instead of such paths.
    define: { "import.meta.url": "moduleUrl" },
    // Handle SIGUSR1 before anything else, so that it does not open Node's debugger.
    banner: {
      js: 'process.on("SIGUSR1", () => {}); const moduleUrl = "file:///nowhere/capture/single-executable.js";',
    },
    external: ["koffi"], // its native part is an asset, see capture/bpf/koffi.ts
    outfile,
    logLevel: "warning",
  });
  return outfile;
}

function prepareBlob(script: string): string {
  const koffi = `node_modules/@koromix/koffi-${process.platform}-${process.arch}/${process.platform}_${process.arch}/koffi.node`;
  const native = existsSync(join(root, koffi)) ? [{ from: koffi, name: koffiAsset }] : [];
  const files = [...packageFiles(), ...native];
  const list = join(work, assetList);
  writeFileSync(list, files.map(({ name }) => name).join("\n"));
  const assets = Object.fromEntries(files.map(({ name, from }) => [name, join(root, from)]));
  const output = join(work, "capture.blob");
  const config = {
    main: script,
    output,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgvExtension: "none",
    assets: { ...assets, [assetList]: list },
  };
  const configFile = join(work, "sea.json");
  writeFileSync(configFile, JSON.stringify(config));
  execFileSync(process.execPath, ["--experimental-sea-config", configFile], { stdio: "pipe" });
  return output;
}

/**
 * Injects the blob. The tool warns about each section that it does not know, so its messages are shown only if it
 * fails.
 */
function inject(executable: string, blob: string): void {
  const postject = join(root, "node_modules/postject/dist/cli.js");
  const args = [executable, "NODE_SEA_BLOB", blob, "--sentinel-fuse", fuse];
  const { status, stdout, stderr } = spawnSync(process.execPath, [postject, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`postject ended with ${status}: ${stdout}${stderr}`);
}

/** Removes symbols, which are a tenth of Node. Without binutils they stay. */
const strip = (path: string): boolean => spawnSync("strip", ["--strip-all", path]).status === 0;

try {
  const blob = prepareBlob(await bundle());
  mkdirSync(dirname(target), { recursive: true });
  const making = join(work, "capture");
  copyFileSync(realpathSync(process.execPath), making);
  chmodSync(making, 0o755);
  strip(making);
  inject(making, blob);
  rmSync(target, { force: true });
  copyFileSync(making, target);
  console.log(
    `${target}: ${bytesText(statSync(target).size)}, of which capture ${bytesText(statSync(blob).size)}, Node ${process.version} the rest`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
