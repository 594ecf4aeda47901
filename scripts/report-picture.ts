/** `node scripts/report-picture.ts`: docs/images/report.png, the report of a recording as Chromium shows it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "report-picture-"));
try {
  const page = join(work, "report.html");
  execFileSync("bin/analyze", ["report", "test/fixtures/shaped-loss.tpp", "-o", page], { cwd: root });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const tab = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  await tab.goto(pathToFileURL(page).href);
  await tab.waitForSelector(".panel canvas");
  await tab.waitForTimeout(500);
  await tab.screenshot({ path: join(root, "docs/images/report.png") });
  await browser.close();
} finally {
  rmSync(work, { recursive: true, force: true });
}
