/** The HTML page as a browser shows it: drawn, zoomed, reset, and nothing asked of any network. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { launchBrowser } from "../../../test/support/browser.ts";
import { requires } from "../../../test/support/requires.ts";

const test = requires({ tools: ["chromium"] });

/** Times that the labels of the time axis show, rising; they are the axis whose labels are all at one height. */
const timesShown = (page: Page): Promise<number[]> =>
  page.evaluate(`[...document.querySelectorAll("#picture svg .role-axis-label")]
    .map((axis) => [...axis.querySelectorAll("text")])
    .find((texts) => texts.length > 1 && new Set(texts.map((text) => text.getBoundingClientRect().top)).size === 1)
    .map((text) => Number(text.textContent))
    .sort((a, b) => a - b)`);

const linePaths = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("#picture svg .mark-line path")].map((path) => path.getAttribute("d"))`);

test("the page draws, zooms with the wheel, shows all again, and asks no network", async (t) => {
  const directory = temporaryDirectory(t);
  const output = join(directory, "page.html");
  t.is((await analyze("plot", fixture("shaped-loss"), "cwnd", "-o", output)).code, 0);
  const browser: Browser = await launchBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1100, height: 720 }, acceptDownloads: true });
  const problems: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(output).href);
  await page.waitForSelector("#picture svg .mark-line path");

  t.regex(await page.title(), /^Congestion window, 10\.82\.1\.2:\d+ → 10\.82\.2\.2:5302$/);
  t.regex((await page.textContent("#picture svg .role-title-text")) ?? "", /^Congestion window/);
  const paths = await linePaths(page);
  t.true(paths.length >= 2 && paths.every((path) => path.split(/[LHV]/).length > 100));
  const screenshots = process.env.TPP_SCREENSHOTS;
  if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, "page.png") });
  }

  const all = await timesShown(page);
  t.true(all.length >= 5);
  const line = (await page.locator("#picture svg .mark-line path").first().boundingBox())!;
  const middle = [line.x + line.width / 2, line.y + line.height / 2] as const;
  await page.mouse.move(...middle);
  for (let turn = 0; turn < 4; turn++) await page.mouse.wheel(0, -240);
  await page.waitForTimeout(300);
  t.not((await linePaths(page))[0], paths[0]);
  const zoomed = await timesShown(page);
  const span = (times: readonly number[]) => times.at(-1)! - times[0]!;
  t.true(span(zoomed) < 0.8 * span(all), `${zoomed} after ${all}`);
  t.true(zoomed[0]! > all[0]! && zoomed.at(-1)! < all.at(-1)!);
  if (screenshots) await page.screenshot({ path: join(screenshots, "zoomed.png") });

  await page.mouse.down();
  await page.mouse.move(middle[0] + 150, middle[1], { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(200);
  const moved = await timesShown(page);
  t.true(moved[0]! < zoomed[0]!, `${moved} after ${zoomed}`);

  await page.mouse.dblclick(...middle);
  await page.waitForTimeout(300);
  t.deepEqual(await timesShown(page), all);
  t.deepEqual(await linePaths(page), paths);

  await page.mouse.move(middle[0] + 3, middle[1]);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#svg")]);
  t.regex(download.suggestedFilename(), /^Congestion-window-.*\.svg$/);

  t.deepEqual(problems, []);
  t.deepEqual(
    requests.filter((url) => !/^(file|blob|data):/.test(url)),
    [],
  );
});

test("a dark picture stands on a dark page, a light one on a white page", async (t) => {
  const directory = temporaryDirectory(t);
  const browser: Browser = await launchBrowser();
  t.teardown(() => browser.close());
  for (const [theme, background] of [
    ["dark", "rgb(21, 24, 29)"],
    ["light", "rgb(255, 255, 255)"],
    ["print", "rgb(255, 255, 255)"],
  ] as const) {
    const output = join(directory, `${theme}.html`);
    t.is((await analyze("plot", fixture("kmod-loss"), "cwnd", "--theme", theme, "-o", output)).code, 0);
    const page = await browser.newPage();
    await page.goto(pathToFileURL(output).href);
    t.is(await page.evaluate("getComputedStyle(document.body).backgroundColor"), background);
  }
});
