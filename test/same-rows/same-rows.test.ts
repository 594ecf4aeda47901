/** What compares two dumps must find every difference that a changed reading can make. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { temporaryDirectory } from "../support/analyze.ts";
import { compareDumps } from "./compare.ts";
import { dumpInput } from "./dump.ts";
import { sameRowsInputs } from "./inputs.ts";

const code = fileURLToPath(new URL("../..", import.meta.url));
const names = ["kmod-zero-window-extended", "golden-fairness-of-two-flows"];

test("two dumps of one code are the same, and each change of one is named with its place", async (t) => {
  const [before, after] = [join(temporaryDirectory(t), "before"), join(temporaryDirectory(t), "after")];
  for (const input of sameRowsInputs().filter(({ name }) => names.includes(name))) await dumpInput(input, code, before);
  const compared = async (change?: (folder: string) => void) => {
    rmSync(after, { recursive: true, force: true });
    cpSync(before, after, { recursive: true });
    change?.(join(after, names[0]!));
    return compareDumps(before, after, { tolerance: 1e-12 });
  };
  const same = await compared();
  t.deepEqual(same.differences, []);
  t.true(same.views >= 2 * 15);
  t.true(same.rows > 200);

  const edit = (file: string, from: RegExp | string, to: string) => (folder: string) => {
    const text = readFileSync(join(folder, file), "utf8");
    const changed = text.replace(from, to);
    t.not(changed, text, file);
    writeFileSync(join(folder, file), changed);
  };
  const cases: [what: string, change: (folder: string) => void, found: RegExp][] = [
    [
      "a value",
      edit("flows.csv", /^(1,1,.*?,)5002,/m, "$15003,"),
      /window-extended flows: column dport differs in 1 of \d rows.*5002 -> 5003/,
    ],
    ["a type", edit("trace.csv", ":UINTEGER", ":INTEGER"), /trace: column flow: type UINTEGER -> INTEGER/],
    [
      "not known becomes 0",
      edit("flows.csv", /,,/, ",0,"),
      /flows: column \w+ differs in 1 of \d rows \(capture 1, flow 1: NULL -> 0\)/,
    ],
    ["a row gone", edit("marks.csv", /^1,.*\n/m, ""), /marks: 1 rows only before: capture 1, flow \d, t /],
    [
      "a row twice",
      edit("marks.csv", /^(1,.*\n)/m, "$1$1"),
      /marks: 1 rows only after: capture 1, flow \d, t .* \(2\)/,
    ],
    ["a column's name", edit("gaps.csv", "lost:", "missing:"), /gaps: column lost only before/],
    ["what opening said", edit("opening.csv", '"[]"', '"[1]"'), /opening: column value differs in 1 of 4 rows/],
    ["a view gone", (folder) => rmSync(join(folder, "rtt-0.1.csv")), /rtt-0\.1: only before/],
    [
      "a view that fails",
      (folder) => writeFileSync(join(folder, "rtt.error.txt"), "no\n"),
      /rtt\.error\.txt: only after/,
    ],
  ];
  for (const [what, change, found] of cases) {
    const { differences } = await compared(change);
    t.true(differences.length > 0, what);
    t.regex(differences.join("\n"), found, what);
  }
});

test("doubles may differ by the tolerance, and then it is said; whole numbers may not", async (t) => {
  const directory = temporaryDirectory(t);
  const write = (side: string, text: string) => {
    cpSync(fileURLToPath(new URL("./same-rows.test.ts", import.meta.url)), join(directory, side, "x", "same.txt"));
    writeFileSync(
      join(directory, side, "x", "flows.csv"),
      `"flow:UINTEGER","cwnd_mean:DOUBLE","acked_bytes:BIGINT"\n${text}\n`,
    );
  };
  const compared = (tolerance: number) => compareDumps(join(directory, "a"), join(directory, "b"), { tolerance });
  write("a", "1,10.000000000000002,9007199254740993");
  write("b", "1,10,9007199254740993");
  t.deepEqual((await compared(1e-12)).differences, []);
  t.deepEqual([...(await compared(1e-12)).tolerated], [["flows.cwnd_mean", 1]]);
  t.regex((await compared(0)).differences.join(), /cwnd_mean differs in 1 of 1 rows by up to 1\.8e-16/);
  write("b", "1,10.000000000000002,9007199254740992");
  t.regex(
    (await compared(1e-12)).differences.join(),
    /acked_bytes differs in 1 of 1 rows \(flow 1: 9007199254740993 -> 9007199254740992\)/,
  );
});
