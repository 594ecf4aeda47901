/** Captures that were cut or changed: only intact rows are read, each at its place, and what is wrong is said. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  opened,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { AnalyzeError, openTrace } from "../../index.ts";

const kmod = fixture("kmod-loss");

test("a flipped bit costs its frame, which is named, and no other row", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "flipped.tpp");
  const walk = await walkTpp(kmod);
  const bad = walk.frames[1]!;
  const file = readFileSync(kmod);
  const at = bad.offset + Math.floor(bad.compressedBytes / 2);
  file[at] = file[at]! ^ 4;
  writeFileSync(path, file);

  const rows = await analyze("sql", path, "SELECT * EXCLUDE (ord, capture) FROM trace ORDER BY ord", "--csv");
  t.is(rows.code, 0);
  const intact = `SELECT * EXCLUDE (ord, capture) FROM trace
    WHERE ord NOT BETWEEN ${bad.firstLine + 1} AND ${bad.firstLine + bad.lines!} ORDER BY ord`;
  t.is(rows.out, (await analyze("sql", kmod, intact, "--csv")).out);
  t.regex(rows.err, new RegExp(`frame 2 at byte ${bad.offset} is damaged`));
  t.true(rows.err.replaceAll("\u202f", "").includes(`: ${bad.lines} records`), rows.err);
  t.regex(rows.err, / records are missing where the file is damaged; /);

  const verify = await analyze("verify", path);
  t.is(verify.code, 65);
  t.regex(verify.out, new RegExp(`frame 2 at byte ${bad.offset}`));
  t.regex(verify.out, /capture recover/);
  const info = (await analyze("info", path)).out;
  t.regex(info, /^integrity {2}DAMAGED/m);
  t.regex(info, new RegExp(`^damage {5}.*byte ${bad.offset}`, "m"));
  t.regex(info, /^lost {7}.* records \(in a damaged part of the file\) between /m);
});

test("records next to a lost frame mark their flow", async (t) => {
  const walk = await walkTpp(kmod);
  const file = readFileSync(kmod);
  const at = walk.frames[1]!.offset + 40;
  file[at] = file[at]! ^ 4;
  const path = join(temporaryDirectory(t), "flipped.tpp");
  writeFileSync(path, file);
  const trace = await opened(t, path);
  t.deepEqual(
    (await trace.flows()).map((flow) => flow.crosses_gap),
    [true, true],
  );
});

test("a cut file gives its whole frames, and says where it ends", async (t) => {
  const walk = await walkTpp(kmod);
  const last = walk.frames[2]!;
  const path = join(temporaryDirectory(t), "cut.tpp");
  writeFileSync(path, readFileSync(kmod).subarray(0, last.offset + 100));
  const { code, out, err } = await analyze("sql", path, "SELECT count(*) AS n FROM trace", "--csv");
  t.is(code, 0);
  t.is(out, `n\n${last.firstLine}\n`);
  t.regex(
    err,
    new RegExp(`^analyze: \\S*cut\\.tpp: the frame at byte ${last.offset} is incomplete, no trailer: cut off`),
  );
  t.is((await analyze("verify", path)).code, 65);
  t.regex((await analyze("info", path)).out, /^ended {6}no trailer: cut off, or still being written$/m);
});

const mutations = 100;

test(`${mutations} changed captures: every row that is read is the original's, at its place`, async (t) => {
  const directory = temporaryDirectory(t);
  const lines = (await linesOf(kmod)).slice(0, 600);
  const path = await writeCapture(join(directory, "a.tpp"), lines.join(""), headerOf("probe"), { frameBytes: 8000 });
  const other = await writeCapture(
    join(directory, "b.tpp"),
    lines.slice(300).reverse().join(""),
    headerOf("probe", { capture_id: "22222222-2222-4222-8222-222222222222" }),
    { frameBytes: 8000 },
  );
  const file = readFileSync(path);
  const foreign = readFileSync(other);
  const query =
    "SELECT ord, concat_ws(' ', t, saddr, sport, snd_nxt, snd_una, snd_cwnd, srtt_us, flow) AS text FROM trace ORDER BY ord";
  const whole = await openTrace([path]);
  const original = (await whole.rows<{ text: string }>(query)).map((row) => row.text);
  await whole[Symbol.asyncDispose]();
  t.is(original.length, 600);

  const chance = seededChance(20261122);
  const below = (limit: number): number => Math.floor(chance() * limit);
  const changes: (() => Buffer)[] = [
    () => {
      const changed = Buffer.from(file);
      for (let flips = 1 + below(4); flips > 0; flips--) {
        const at = below(changed.length);
        changed[at] = changed[at]! ^ (1 << below(8));
      }
      return changed;
    },
    () => file.subarray(0, below(file.length)),
    () => {
      const at = below(file.length);
      return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + below(4000))]);
    },
    () => {
      const at = below(file.length);
      return Buffer.concat([file.subarray(0, at + 1 + below(4000)), file.subarray(at)]);
    },
    () => Buffer.concat([file.subarray(0, below(file.length)), foreign.subarray(below(foreign.length))]),
  ];
  const changedPath = join(directory, "changed.tpp");
  let refused = 0;
  let read = 0;
  for (let number = 0; number < mutations; number++) {
    const changed = changes[number % changes.length]!();
    if (changed.equals(file)) continue;
    writeFileSync(changedPath, changed);
    let trace: Awaited<ReturnType<typeof openTrace>>;
    try {
      trace = await openTrace([changedPath]);
    } catch (error) {
      t.true(error instanceof AnalyzeError, `${number}: ${error}`);
      refused++;
      continue;
    }
    const rows = await trace.rows<{ ord: string; text: string }>(query);
    const losses = await trace.rows<{ after_ord: string; lost: string }>(
      "SELECT after_ord, lost FROM losses WHERE cause = 'frame' ORDER BY after_ord",
    );
    const damage = trace.captures[0]!.damage;
    await trace[Symbol.asyncDispose]();
    // Where a row stood in the original: its place, and what is known to be missing before it.
    const placeOf = (ord: number): number =>
      ord - 1 + losses.filter((loss) => Number(loss.after_ord) < ord).reduce((sum, loss) => sum + Number(loss.lost), 0);
    const withoutFlow = (text: string | undefined): string | undefined => text?.replace(/ \d+$/, "");
    const wrong = rows.find(({ ord, text }) => withoutFlow(text) !== withoutFlow(original[placeOf(Number(ord))]));
    if (wrong)
      t.true(
        damage.some((text) => /checkpoint/.test(text)),
        `${number}: row ${wrong.ord}: ${wrong.text}`,
      );
    t.true(damage.length > 0, `${number}: a change that nobody was told of`);
    read += rows.length;
  }
  t.log(`${refused} refused, ${read} rows read from the others`);
  t.true(refused < mutations / 3 && read > 5000);
});
