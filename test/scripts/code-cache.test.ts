/** What a command loads before it works, and where Node keeps what it has compiled of that. */
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { run } from "../../lab/command.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const bin = (name: string): string => fileURLToPath(new URL(`../../${name}/bin/${name}.js`, import.meta.url));
const codeCache = fileURLToPath(new URL("../../tpp/code-cache.js", import.meta.url));

const listModules = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  process.on("exit", () => process.stdout.write("loaded " + JSON.stringify(loaded)));
`;

for (const name of ["analyze", "capture"]) {
  for (const option of ["--version", "--help"]) {
    test(`${name} ${option} loads neither what reads and writes captures nor DuckDB, Arrow, Vega or koffi`, async (t) => {
      const hooks = join(temporaryDirectory(t), "hooks.mjs");
      writeFileSync(hooks, listModules);
      const said = await run([process.execPath, "--import", hooks, bin(name), option]);
      const loaded = (JSON.parse(said.split("loaded ").at(-1)!) as string[]).filter((url) => url.startsWith("file:"));
      const heavy = /duckdb|apache-arrow|vega|canvas|koffi|\/tpp\/(read|write|format)\/|\/sources\/(?!choose)/;
      t.deepEqual(
        loaded.filter((url) => heavy.test(url)),
        [],
      );
      t.true(loaded.length > 10 && loaded.length < 45, `${loaded.length} files`);
    });
  }
}

/** Whether Node keeps its code in `cache`, as a user who is not root. */
async function kept(folder: string, cache: string): Promise<boolean> {
  const script = `import { keepCode } from ${JSON.stringify(codeCache)}; keepCode(); await import("node:fs");`;
  writeFileSync(join(folder, "start.mjs"), `${script}\nawait import("./other.mjs");`);
  writeFileSync(join(folder, "other.mjs"), "export const one = 1;");
  const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  await run([...asNobody, "env", `XDG_CACHE_HOME=${cache}`, process.execPath, join(folder, "start.mjs")]);
  const code = join(cache, "tcpprobe_plus/code");
  return existsSync(code) && readdirSync(code).length > 0;
}

const asRoot = requires({ root: true, tools: ["setpriv", "chown"] });

asRoot("compiled code is kept where only its user can write, and nowhere else", async (t) => {
  const folder = temporaryDirectory(t);
  chmodSync(folder, 0o755);
  const own = async (name: string, mode: number, owner = "65534:65534"): Promise<string> => {
    const path = join(folder, name);
    mkdirSync(path);
    await run(["chown", owner, path]);
    chmodSync(path, mode);
    return path;
  };
  t.true(await kept(folder, await own("private", 0o700)));
  t.false(await kept(folder, await own("shared", 0o777)), "others could put their code there");
  t.false(await kept(folder, await own("foreign", 0o755, "1234:1234")), "another user could");
  const prepared = await own("prepared", 0o700);
  mkdirSync(join(prepared, "tcpprobe_plus/code"), { recursive: true });
  await run(["chown", "-R", "1234:1234", join(prepared, "tcpprobe_plus/code")]);
  await run(["chown", "65534:65534", join(prepared, "tcpprobe_plus")]);
  t.false(await kept(folder, prepared), "another user has made the folder before");
  const linked = await own("linked", 0o700);
  mkdirSync(join(linked, "tcpprobe_plus"));
  symlinkSync(join(folder, "shared"), join(linked, "tcpprobe_plus/code"));
  await run(["chown", "-R", "65534:65534", join(linked, "tcpprobe_plus")]);
  t.deepEqual(
    readdirSync(join(folder, "shared")),
    ["tcpprobe_plus"].filter((name) => existsSync(join(folder, "shared", name))),
  );
  await kept(folder, linked);
  t.false(
    readdirSync(join(folder, "shared")).some((name) => name.startsWith("v")),
    "a link leads elsewhere",
  );
});
