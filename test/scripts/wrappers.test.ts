/** bin/capture and bin/analyze: how a clone's commands are run from any folder. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";

const bin = (name: string): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));

function inEmptyFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "empty folder "));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const name of ["capture", "analyze"]) {
  test(`bin/${name} runs in an empty folder, by its path and through a link, whatever node PATH has`, (t) => {
    inEmptyFolder((folder) => {
      const link = join(folder, name);
      symlinkSync(bin(name), link);
      for (const program of [bin(name), link]) {
        const { status, stdout, stderr } = spawnSync(program, ["--version"], {
          cwd: folder,
          encoding: "utf8",
          env: { PATH: "/nonexistent" },
        });
        t.is(stderr, "");
        t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
        t.is(status, 0);
      }
    });
  });

  test(`bin/${name} of a clone in which nothing is installed says what to do and ends with 69`, (t) => {
    inEmptyFolder((folder) => {
      const clone = spawnSync("sh", ["-c", 'mkdir "$1/bin" && cp "$2" "$1/bin/"', "sh", folder, bin(name)]);
      t.is(clone.status, 0);
      const { status, stderr } = spawnSync(join(folder, "bin", name), ["--version"], { encoding: "utf8" });
      t.is(stderr, `${name}: nothing is installed in this clone yet. Run \`npm ci\` in ${folder} first.\n`);
      t.is(status, 69);
    });
  });
}
