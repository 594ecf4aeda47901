/** That `npm test` runs each suite once. */
import { globSync } from "node:fs";
import { matchesGlob } from "node:path";
import test from "ava";
import { alone, quiet } from "../../scripts/suites.ts";

test("every suite is in one of the two runs", (t) => {
  const files = globSync("{tpp,capture,analyze,kmod,notebooks,test}/**/*.test.ts", {
    cwd: new URL("../..", import.meta.url),
    exclude: ["**/node_modules/**"],
  });
  t.true(files.length > 100);
  const runs = (file: string) => [quiet, alone].filter((run) => run.some((pattern) => matchesGlob(file, pattern)));
  t.deepEqual(
    files.filter((file) => runs(file).length !== 1),
    [],
  );
});
