import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { temporaryDirectory, traceText, writeCapture } from "../../../test/support/tpp.ts";

const reader = fileURLToPath(new URL("../reader.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const withPython = hasPython || process.env.CI === "true" ? test : test.skip;

withPython(
  "a reader written from docs/tpp-format.md alone, in Python, gets every byte and finds every number right",
  async (t) => {
    const directory = temporaryDirectory(t);
    for (const [name, raw] of Object.entries({
      whole: traceText,
      unterminated: Buffer.from("a\nb"),
      empty: Buffer.alloc(0),
    })) {
      const path = join(directory, `${name}.tpp`);
      await writeCapture(path, raw, { frameBytes: 30_000 });
      t.true(execFileSync("python3", [reader, path], { maxBuffer: 1 << 28 }).equals(raw), name);
    }
  },
);

withPython("that reader does find a changed byte", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeCapture(path, traceText);
  const file = readFileSync(path);
  file[file.length - 40] = file[file.length - 40]! ^ 1;
  writeFileSync(path, file);
  t.not(spawnSync("python3", [reader, path]).status, 0);
});
