/** Chromium for tests of pages. It asks no network but what a page asks. */
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

export interface WatchedPage {
  readonly page: Page;
  /** Messages on the console, and errors. */
  readonly problems: string[];
  /** Addresses that were asked for. */
  readonly requests: string[];
}

/** Starts Debian's Chromium. The caller closes it. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags });

export async function openBrowser(t: ExecutionContext, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const browser = await launchBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
  const problems: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  return { page, problems, requests };
}

/** Waits until an expression holds. The page's policy allows no `eval`, so the browser's own wait cannot be used. */
export async function until(page: Page, expression: string): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (await page.evaluate<boolean>(expression)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`never came true: ${expression}`);
}
