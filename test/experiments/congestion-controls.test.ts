/** The experiment as a person runs it, but shorter: two controls captured, and every figure drawn. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { analyze, temporaryDirectory } from "../support/analyze.ts";
import { requires } from "../support/requires.ts";
import { algorithms, captureRuns, drawFigures } from "./congestion-controls.ts";

const test = requires({ netns: true, tracefs: true, tools: ["iperf3"] });

test("two congestion controls are captured in turn, and drawn as PDF and PNG for a paper's column", async (t) => {
  const folder = temporaryDirectory(t);
  const files = await captureRuns({ folder, runs: 2, seconds: 2 });
  t.deepEqual(
    files.map((path) => basename(path)),
    [1, 2].flatMap((number) => [...new Set(algorithms())].map((algorithm) => `${algorithm}-${number}.tpp`)),
  );
  const flows = await analyze(
    "sql",
    ...files,
    "SELECT DISTINCT cong FROM flows WHERE acked_bytes > 1e5 ORDER BY 1",
    "--csv",
  );
  t.deepEqual(flows.out.trim().split("\n").slice(1), [...new Set(algorithms())].sort());
  const figures = await drawFigures(files, folder);
  t.is(figures.length, 12);
  for (const path of figures) {
    const content = readFileSync(path);
    t.true(content.length > 5000, path);
    t.is(content.toString("latin1", 0, 8).replace(/^.PNG/, "PNG").slice(0, 3), path.endsWith(".pdf") ? "%PD" : "PNG");
    if (path.endsWith(".pdf")) t.regex(content.toString("latin1"), /\/MediaBox \[0 0 23[78]/);
  }
  t.true(figures.includes(join(folder, "scatter.pdf")));
});
