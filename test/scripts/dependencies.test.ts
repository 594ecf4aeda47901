/** Dependencies: each has its reason written down, and a licence. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { licences, named, withoutReason } from "../../scripts/dependencies.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("each package that this project names has its reason in docs/architecture.md", (t) => {
  t.true(named().length > 15);
  t.deepEqual(withoutReason(), []);
});

test("each installed package has a licence that is told", (t) => {
  const all = licences();
  t.true([...all.values()].flat().length > 100);
  t.deepEqual(all.get("not told") ?? [], []);
});

test("a package without a reason, and one without a licence, are found", (t) => {
  const root = temporaryDirectory(t);
  for (const folder of ["tpp", "capture", "analyze", "docs", "node_modules/odd"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ["", "tpp", "capture", "analyze"]) writeFileSync(join(root, folder, "package.json"), "{}");
  writeFileSync(join(root, "analyze/package.json"), JSON.stringify({ dependencies: { odd: "1.0.0", even: "1.0.0" } }));
  writeFileSync(join(root, "docs/architecture.md"), "| `even` | it is even |");
  writeFileSync(join(root, "node_modules/odd/package.json"), JSON.stringify({ name: "odd" }));
  t.deepEqual(withoutReason(root), ['odd has no reason in docs/architecture.md, "Dependencies"']);
  t.deepEqual(licences(root).get("not told"), ["odd"]);
});
