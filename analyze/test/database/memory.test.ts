/** Memory that DuckDB has freed goes back to the system. */
import { execFileSync } from "node:child_process";
import test from "ava";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

/** Prints the process's resident bytes before a query that needs much memory, after it, and after the next one. */
const script = `
  import { Database } from "./analyze/database/database.ts";
  const database = await Database.open(process.argv[1], null, 2);
  const resident = [process.memoryUsage.rss()];
  // How much it leaves depends on when DuckDB's threads were idle.
  for (let round = 0; round < 6 && process.memoryUsage.rss() < 700 * 2 ** 20; round++)
    await database.run(
      "CREATE OR REPLACE TABLE medians AS SELECT quantile_cont(i, 0.5) AS median FROM (SELECT range::DOUBLE AS i FROM range(100000000)) GROUP BY i % 20000",
    );
  resident.push(process.memoryUsage.rss());
  await database.run("SELECT 1");
  resident.push(process.memoryUsage.rss());
  await database.close();
  console.log(JSON.stringify(resident));
`;

test("what the quantiles of a query have freed is returned before the next one", (t) => {
  const printed = execFileSync(
    process.execPath,
    ["--input-type=module-typescript", "--eval", script, temporaryDirectory(t)],
    {
      cwd: new URL("../../../", import.meta.url),
      encoding: "utf8",
    },
  );
  const [before, kept, after] = (JSON.parse(printed) as number[]).map((bytes) => Math.round(bytes / 2 ** 20));
  t.log(`${before} MiB, ${kept} MiB behind the query, ${after} MiB behind the next one`);
  // Less may stay.
  t.true(after! < 700);
  if (kept! >= 700) t.true(after! - before! < (kept! - before!) / 3);
});
