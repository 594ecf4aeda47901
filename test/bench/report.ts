/**
 * npm run bench:report [-- RECORDS…]: `analyze report` of synthetic records (10 million): time from a .tpp, size of the
 * page; and in Chromium the first drawing and, of 30 brushes, the median time until all panels are drawn again.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launchBrowser } from "../support/browser.ts";
import { writeSyntheticText } from "./synthetic.ts";
import { writeTpp } from "./synthetic-capture.ts";
import { megabytes, showOne, timed } from "./timed.ts";

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1e7];
const brushes = 30;
const directory = await mkdtemp(join(tmpdir(), "tcpprobe-report-"));
const file = (name: string) => join(directory, name);

/** In the page: from the end of a drag until what it asked for is on the screen. The status is told behind drawing. */
const watchBrushes = `(() => {
  window.took = [];
  let begin = null;
  document.addEventListener("mouseup", () => { begin = performance.now(); }, true);
  new MutationObserver(() => requestAnimationFrame(() => {
    if (begin !== null) window.took.push(performance.now() - begin);
    begin = null;
  })).observe(document.querySelector(".panels .status"), { childList: true, characterData: true, subtree: true });
})()`;

async function inBrowser(path: string): Promise<string> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1360, height: 900 } });
    const begin = performance.now();
    await page.goto(pathToFileURL(path).href);
    for (let turn = 0; turn < 600; turn++) {
      if (await page.evaluate("(document.querySelector('.panels .status')?.textContent ?? '') !== ''")) break;
      await page.waitForTimeout(10);
    }
    const first = performance.now() - begin;
    await page.evaluate(watchBrushes);
    const box = (await page.locator(".u-over").first().boundingBox())!;
    const y = box.y + 20;
    for (let turn = 0; turn < brushes; turn++) {
      await page.mouse.move(box.x + 0.3 * box.width, y);
      await page.mouse.down();
      await page.mouse.move(box.x + 0.6 * box.width, y, { steps: 4 });
      await page.mouse.up();
      await page.waitForTimeout(150);
      // Three times deeper, then all time again.
      if (turn % 3 === 2) await page.keyboard.press("0");
      await page.waitForTimeout(150);
    }
    const times = await page.evaluate<number[]>("window.took");
    if (times.length < brushes / 2) throw new Error(`${times.length} of ${brushes} brushes were drawn`);
    times.sort((a, b) => a - b);
    const [median, slowest] = [times[times.length >> 1]!, times.at(-1)!];
    return `first drawing ${first.toFixed(0)} ms; brush to drawing ${median.toFixed(0)} ms median, ${slowest.toFixed(0)} ms at most`;
  } finally {
    await browser.close();
  }
}

try {
  console.log(`${availableParallelism()} cores`);
  for (const records of sizes) {
    const [text, tpp, page] = [file("raw.txt"), file("raw.tpp"), file("report.html")];
    await writeSyntheticText(text, { records });
    await writeTpp(text, tpp);
    await rm(text);
    const run = await timed("./run-analyze.js", "report", tpp, "-o", page, "-f", "--no-cache");
    console.log(
      `${records.toLocaleString("en-US")} synthetic records: ${showOne(run)}, ${megabytes((await stat(page)).size)}`,
    );
    console.log(`  ${await inBrowser(page)}`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
