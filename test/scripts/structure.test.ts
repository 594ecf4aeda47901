/** The rules of the house: what `npm run check` refuses, and that it refuses nothing that is here. */
import test from "ava";
import { longComments, widest, wrapComments } from "../../scripts/comments.ts";
import { circlesOf } from "../../scripts/structure/circles.ts";
import { folders } from "../../scripts/structure/folders.ts";
import { importsIn, includesIn } from "../../scripts/structure/imports.ts";
import { folderOf, forbidden } from "../../scripts/structure/rules.ts";
import { structureFaults } from "../../scripts/structure/structure.ts";

test("this repository has no circle of imports, and none that its table of folders does not allow", (t) => {
  t.deepEqual(structureFaults(), []);
});

test("the table of folders has no circle", (t) => {
  const edges = folders.flatMap(({ path, imports }) => imports.map((to) => ({ from: path, to })));
  t.deepEqual(circlesOf(edges), []);
});

test("every folder that the table names as importable is in it, or is a file", (t) => {
  const known = new Set(folders.map(({ path }) => path));
  for (const one of folders.flatMap(({ imports }) => imports)) t.true(known.has(one) || /\.json$/.test(one), one);
});

for (const [what, path, text, refused] of [
  [
    "the terminal that imports a trace",
    "analyze/terminal/x.ts",
    'import type { Trace } from "../trace/trace.ts";',
    true,
  ],
  [
    "records that import SQL's opening",
    "analyze/records/x.ts",
    'import { openParquet } from "../parquet/read.ts";',
    true,
  ],
  ["a plot imported at run time by a trace", "analyze/trace/x.ts", 'await import("../plots/draw.ts")', true],
  ["capture that imports analyze", "capture/run/x.ts", 'import { openTrace } from "../../analyze/index.ts";', true],
  [
    "analyze that imports capture",
    "analyze/commands/x.ts",
    'import { run } from "../../capture/commands/run.ts";',
    true,
  ],
  ["a recording that loads all of tpp", "capture/run/x.ts", 'import { walkTpp } from "@tcpprobe-plus/tpp";', true],
  ["reading that imports writing", "tpp/read/x.ts", 'import { TppWriter } from "../write/writer.ts";', true],
  ["the lab that imports a test", "lab/x.ts", 'import { requires } from "../test/support/requires.ts";', true],
  ["a script that imports a test", "scripts/x.ts", 'import { requires } from "../test/support/requires.ts";', true],
  ["code in no folder of the table", "analyze/new/x.ts", 'import { AnalyzeError } from "../errors.ts";', true],
  ["a command that imports a trace", "analyze/commands/x.ts", 'import { openTrace } from "../trace/trace.ts";', false],
  ["a test that imports anything", "analyze/test/x.ts", 'import { run } from "../../capture/commands/run.ts";', false],
  ["an import in a comment", "analyze/terminal/x.ts", ' *     import { x } from "../trace/trace.ts";', false],
] as const) {
  test(`${what}: ${refused ? "refused" : "allowed"}`, (t) => {
    t.is(forbidden(importsIn(path, text)).length, refused ? 1 : 0);
  });
}

test("a file belongs to the longest entry that fits", (t) => {
  t.is(folderOf("analyze/errors.ts")?.path, "analyze/errors.ts");
  t.is(folderOf("analyze/records/texts/fields.ts")?.path, "analyze/records");
  t.is(folderOf("analyze/new.ts"), undefined);
});

test("a circle is found through three files and through types, and two circles are two", (t) => {
  const text = (name: string) => `import type { X } from "./${name}.ts";`;
  const imports = [
    ...importsIn("a.ts", text("b")),
    ...importsIn("b.ts", text("c")),
    ...importsIn("c.ts", `${text("a")}\n${text("d")}`),
    ...importsIn("d.ts", 'const { x } = await import("./e.ts");'),
    ...importsIn("e.ts", 'export { y } from "./d.ts";'),
    ...importsIn("f.ts", text("a")),
  ];
  t.deepEqual(circlesOf(imports).sort(), [
    ["a.ts", "b.ts", "c.ts"],
    ["d.ts", "e.ts"],
  ]);
});

test("a circle of C files goes through their headers", (t) => {
  const includes = [
    ...includesIn("kmod/ring.c", '#include <linux/tcp.h>\n#include "ring.h"\n#include "flow.h"\n'),
    ...includesIn("kmod/flow.c", '#include "flow.h"\n#include "log.h"\n'),
    ...includesIn("kmod/log.h", '#include "ring.h"\n'),
  ];
  t.deepEqual(circlesOf(includes), [["kmod/flow", "kmod/log", "kmod/ring"]]);
});

const words = (count: number): string => Array.from({ length: count }, () => "word").join(" ");

test("a comment line that is too long is found, behind code too, and code is not", (t) => {
  t.deepEqual(longComments("x.ts", `// ${words(24)}\n// ${words(23)}\n`), [1]);
  t.deepEqual(longComments("x.ts", `/** ${words(24)} */\n * ${words(24)}`), [1, 2]);
  t.deepEqual(longComments("x.ts", `const one = 1; // ${words(24)}`), [1]);
  t.deepEqual(longComments("x.ts", `const one = "${words(24)}";`), []);
  t.deepEqual(longComments("x.sql", `-- ${words(24)}\nSELECT 1 -- ${words(24)}`), [1, 2]);
  t.deepEqual(longComments("x.ts", `// https://example.org/${"x".repeat(widest)}`), []);
});

test("wrapping keeps a comment's words, its lists and its examples, and leaves nothing too long", (t) => {
  const text = [
    `/** ${words(40)} */`,
    `// ${words(30)}`,
    "// the end of it",
    "//",
    `// - ${words(30)}`,
    "// - a second",
    `    // ${words(30)}`,
    "    //     an example",
  ].join("\n");
  const wrapped = wrapComments("x.ts", text);
  t.deepEqual(longComments("x.ts", wrapped), []);
  const plain = (some: string) => some.replaceAll(/[/*\s]+/g, " ").trim();
  t.is(plain(wrapped), plain(text));
  t.regex(wrapped, /^\/\/ - a second$/m);
  t.regex(wrapped, /^ {4}\/\/ {5}an example$/m);
  t.regex(wrapped, /word the end of it$/m);
  const column = `-- name  BIGINT  ${words(30)}`;
  t.regex(wrapComments("x.sql", column), /^-- name {2}BIGINT {2}(word ?)+\n-- {6}(word ?)+$/);
});
