// What can be said of the module's sources without a kernel.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { moduleFolder } from "./harness/build.ts";

const read = (file: string): string => readFileSync(path.join(moduleFolder, file), "utf8");
const sources = readdirSync(moduleFolder).filter((f) => /\.[ch]$/.test(f) && !f.endsWith(".mod.c"));
const nameOf = (file: string): string => file.replace(/\.[ch]$/, "");

/** From the top to the ground; a file includes headers of lower rows, and of its own row's earlier columns. */
const layers = [
  ["main"],
  ["stats"],
  ["data_file"],
  ["purge", "hooks"],
  ["events"],
  ["sample"],
  ["flow", "log"],
  ["ring", "format", "binary", "sysctl"],
  ["record", "counters", "memory", "compat"],
];
const rowOf = (name: string): number => layers.findIndex((row) => row.includes(name));

test("a source file includes only headers of what is below it", (t) => {
  const upward: string[] = [];
  for (const file of sources) {
    t.true(rowOf(nameOf(file)) >= 0, `${file} has no layer`);
    for (const [, header] of read(file).matchAll(/^#include "(\w+)\.h"/gm)) {
      if (header === nameOf(file)) continue;
      if (rowOf(header as string) <= rowOf(nameOf(file))) upward.push(`${file} includes ${header}.h`);
    }
  }
  t.deepEqual(upward, []);
});

test("only compat.h asks for a version, and what it defines has a name of ours", (t) => {
  t.deepEqual(
    sources.filter((f) => read(f).includes("LINUX_VERSION_CODE")),
    ["compat.h"],
  );
  // a kernel may get any other name later, as stable ones got tcp_snd_cwnd()
  const functions = [...read("compat.h").matchAll(/^(?:static .*[ *])?(\w+)\([^;]*\)\n\{/gm)].map(
    (m) => m[1] as string,
  );
  const macros = [...read("compat.h").matchAll(/^#define (\w+)/gm)].map((m) => m[1] as string);
  t.true(functions.length >= 3 && macros.length >= 5);
  t.deepEqual(
    [...functions, ...macros].filter((name) => !/^tcpp_/i.test(name)),
    [],
  );
});
