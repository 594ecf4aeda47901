/** Opens reports in Chromium, and tells what time they show. */
import type { ExecutionContext } from "ava";
import type { BrowserContextOptions, Page } from "playwright-core";
import { openBrowser, until, type WatchedPage } from "../../../test/support/browser.ts";

/** Opens a page and waits until its panels are drawn. The page's own address is no request. */
export async function openPage(
  t: ExecutionContext,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const watched = await openBrowser(t, { viewport: { width: 1360, height: 900 }, ...options });
  await watched.page.goto(url);
  await until(watched.page, "(document.querySelector('.panels .status')?.textContent ?? '') !== ''");
  return { ...watched, requests: watched.requests.filter((one) => one !== url) };
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
