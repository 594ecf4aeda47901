/** Opens pages in headless Chromium, and tells of everything that a page should not do. */
import type { ExecutionContext } from "ava";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface OpenPage {
  readonly page: Page;
  /** Messages of the console, and errors. */
  readonly problems: string[];
  /** Addresses that were asked for, without the page's own. */
  readonly requests: string[];
}

export async function launch(t: ExecutionContext): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags });
  t.teardown(() => browser.close());
  return browser;
}

/** Opens a page and waits until its panels are drawn. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  const [problems, requests]: [string[], string[]] = [[], []];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  await page.goto(url);
  await until(page, "(document.querySelector('.panels .status')?.textContent ?? '') !== ''");
  return { page, problems, requests };
}

/** Waits until an expression holds. The page's policy allows no `eval`, so the browser's own wait cannot be used. */
export async function until(page: Page, expression: string): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    if (await page.evaluate<boolean>(expression)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`never came true: ${expression}`);
}

/** The time that is shown, as the page says it, in seconds. */
export async function timeShown(page: Page): Promise<{ from: number; to: number }> {
  const text = (await page.textContent(".panels .status")) ?? "";
  const [, from, to] = /^(-?[\d.]+) s to (-?[\d.]+) s/.exec(text) ?? [];
  return { from: Number(from), to: Number(to) };
}

/** Waits until what is drawn is of another time than before. */
export async function afterChange(page: Page, act: () => Promise<unknown>): Promise<{ from: number; to: number }> {
  const before = await page.textContent(".panels .status");
  await act();
  await until(page, `document.querySelector(".panels .status").textContent !== ${JSON.stringify(before)}`);
  return timeShown(page);
}
