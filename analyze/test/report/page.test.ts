/** The report in a browser: what it shows, and what people do with it. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ExecutionContext } from "ava";
import type { Page } from "playwright-core";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { until } from "../../../test/support/browser.ts";
import { requires } from "../../../test/support/requires.ts";
import { afterChange, openPage, timeShown } from "./browser.ts";

const test = requires({ tools: ["chromium"] });

async function report(t: ExecutionContext, ...names: string[]): Promise<string> {
  const output = join(temporaryDirectory(t), "report.html");
  const { code, err } = await analyze("report", ...names.map(fixture), "-o", output);
  t.is(code, 0, err);
  return pathToFileURL(output).href;
}

/** Keeps a picture where TPP_SCREENSHOTS says. */
async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.TPP_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

const texts = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();

/** Drags over a part of the first panel, from one share of its width to another. */
async function brush(page: Page, from: number, to: number): Promise<void> {
  const box = (await page.locator(".u-over").first().boundingBox())!;
  await page.mouse.move(box.x + from * box.width, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + to * box.width, box.y + box.height / 2, { steps: 6 });
  await page.mouse.up();
}

/** Number of pixels of a panel's canvas that differ from its background. */
const inked = (page: Page, panel: string): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector("#panel-${panel} canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count++;
    return count;
  })()`);

test("it shows panels, flows, events and diagnosis, asks nothing of a network and says nothing on the console", async (t) => {
  const { page, problems, requests } = await openPage(t, await report(t, "kmod-loss-extended"));
  t.regex(await page.title(), /^kmod-loss-extended\.tpp/);
  t.deepEqual(await texts(page, ".panel h3"), [
    "Congestion window packets",
    "What limited the sender %",
    "Round-trip time ms",
    "Goodput Mbit/s",
    "Sequence numbers kB",
  ]);
  for (const panel of ["cwnd", "rtt", "goodput", "sequence"]) t.true((await inked(page, panel)) > 1500, panel);
  t.is((await texts(page, ".flows tbody tr")).length, 2);
  t.regex((await page.textContent(".headline"))!, /^Limited by packet loss/);
  t.true((await inked(page, "limits")) > 20_000);
  t.regex(
    (await page.getAttribute("#panel-limits .canvas", "aria-label"))!,
    /^What limited the sender, .* s to .* s: congestion window \d+ %, recovery \d+ %, /,
  );
  t.true((await texts(page, ".events .what")).includes("recovery"));
  t.regex(
    (await page.textContent(".recording summary"))!,
    /kmod on Linux 6\.1.*3\u202f077 records of 2 flows whole, nothing lost/,
  );
  t.deepEqual(await texts(page, ".legend .mark"), ["retransmission", "Disorder", "Recovery"]);
  await screenshot(page, "desktop");
  t.deepEqual(problems, []);
  t.deepEqual(requests, []);
});

test("brush, wheel, double click, buttons and going back change the time of all panels", async (t) => {
  const { page, problems } = await openPage(t, await report(t, "shaped-loss"));
  const whole = await timeShown(page);
  const brushed = await afterChange(page, () => brush(page, 0.25, 0.5));
  const length = whole.to - whole.from;
  t.true(Math.abs(brushed.from - (whole.from + length / 4)) < 0.02 * length, JSON.stringify(brushed));
  t.true(Math.abs(brushed.to - (whole.from + length / 2)) < 0.02 * length, JSON.stringify(brushed));
  for (const label of await page
    .locator(".canvas")
    .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label"))))
    t.true(label!.includes(`${brushed.from}`.slice(0, 3)), label!);
  const wheeled = await afterChange(page, () => page.mouse.wheel(0, -240));
  t.true(wheeled.to - wheeled.from < 0.9 * (brushed.to - brushed.from));
  t.deepEqual(await afterChange(page, () => page.keyboard.press("b")), whole);
  await afterChange(page, () => page.click("[aria-label='Zoom in']"));
  t.deepEqual(await afterChange(page, () => page.click("[aria-label='All time']")), whole);
  await afterChange(page, () => brush(page, 0.6, 0.8));
  t.deepEqual(await afterChange(page, () => page.locator(".u-over").first().dblclick()), whole);
  await screenshot(page, "strip");
  const window = page.locator(".strip .window");
  const strip = (await page.locator(".strip").boundingBox())!;
  const drag = async (from: number, to: number) => {
    await page.mouse.move(strip.x + from * strip.width, strip.y + strip.height / 2);
    await page.mouse.down();
    await page.mouse.move(strip.x + to * strip.width, strip.y + strip.height / 2, { steps: 4 });
    await page.mouse.up();
  };
  const near = (shown: { from: number; to: number }, from: number, to: number) => {
    const close = (time: number, share: number) => Math.abs(time - (whole.from + share * length)) < 0.02 * length;
    t.true(close(shown.from, from) && close(shown.to, to), `${JSON.stringify(shown)}: not ${from} to ${to}`);
  };
  near(await afterChange(page, () => drag(0.2, 0.4)), 0.2, 0.4); // draws a window
  near(await afterChange(page, () => drag(0.3, 0.5)), 0.4, 0.6); // moves it
  near(await afterChange(page, () => drag(0.6, 0.8)), 0.4, 0.8); // its end
  near(await afterChange(page, () => page.mouse.click(strip.x + 0.3 * strip.width, strip.y + 10)), 0.1, 0.5);
  near(await afterChange(page, () => window.press("End")), 0.6, 1);
  near(await afterChange(page, () => window.press("ArrowLeft")), 0.56, 0.96);
  t.regex((await window.getAttribute("aria-valuetext"))!, /^\d+\.\d+ s to \d+\.\d+ s$/);
  t.deepEqual(problems, []);
});

test("zooming goes down to single records", async (t) => {
  const { page } = await openPage(t, await report(t, "shaped-loss"));
  t.regex((await page.textContent(".panels .status"))!, /lowest to highest value of each pixel; zoom in/);
  for (let turn = 0; turn < 2; turn++) await afterChange(page, () => brush(page, 0.45, 0.55));
  t.regex((await page.textContent(".panels .status"))!, /every record is drawn/);
});

test("the crosshair shows the values of all panels, those of the records there", async (t) => {
  const { page } = await openPage(t, await report(t, "kmod-loss-extended"));
  await page.locator("#panel-rtt .u-over").hover();
  await until(page, "document.querySelector('.legend .value').textContent !== ''");
  const all = await texts(page, ".legend .value");
  t.regex(all[0]!, /^\d+$/); // cwnd
  t.true(
    all.some((text) => /ms$/.test(text!)) &&
      all.some((text) => /bit\/s$/.test(text!)) &&
      all.some((text) => /B$/.test(text!)),
  );
});

test("flows are sorted, searched and compared with numbers; what is not known comes last and is told", async (t) => {
  const { page } = await openPage(t, await report(t, "cubic-bbr"));
  const column = (name: string) => texts(page, `.flows tbody tr > :nth-child(${name === "flow" ? 1 : name})`);
  t.deepEqual((await column("flow")).slice(0, 3), ["1", "2", "3"]);
  await page.click("th[data-id=acked] button");
  t.is(await page.getAttribute("th[data-id=acked]", "aria-sort"), "descending");
  const largest = (await column("flow"))[0]!;
  await page.click("th[data-id=acked] button");
  t.is((await column("flow")).at(-1), largest);
  await page.click("th[data-id=min_rtt] button");
  const place = (await texts(page, ".flows thead th")).findIndex((text) => text.startsWith("min RTT")) + 1;
  const rtts = await column(String(place));
  t.true(rtts.includes("-") && rtts.slice(rtts.indexOf("-")).every((text) => text === "-"), rtts.join());
  t.false(rtts.includes("0 us"));
  await page.fill("#search", "acked>1e6");
  t.deepEqual((await column("flow")).toSorted(), ["15", "3", "7"]);
  await page.fill("#search", "42660");
  t.is((await column("flow")).length, 2);
  await page.fill("#search", "nothing-like-this");
  t.deepEqual(await column("flow"), []);
  t.regex((await page.textContent(".flows-section .bar [role=status]"))!, /^0 of 16 flows/);
  await page.fill("#search", "");
  t.true((await texts(page, ".flows td")).some((text) => text.startsWith("\u2265 ")));
});

test("a click focuses a flow, with Shift it joins those shown; events jump to their moment", async (t) => {
  const { page, problems } = await openPage(t, await report(t, "cubic-bbr"));
  t.true((await texts(page, "#panel-cwnd .legend button")).every((text) => text.startsWith("flow ")));
  await afterLegend(page, () => page.click("[data-flow='7'] td"));
  t.deepEqual(await texts(page, "#panel-cwnd .legend button"), ["cwnd", "ssthresh"]);
  t.deepEqual(await texts(page, ".flows tr.shown th"), ["7"]);
  await afterLegend(page, () => page.click("[data-flow='3'] td", { modifiers: ["Shift"] }));
  t.deepEqual(await texts(page, "#panel-cwnd .legend button"), ["flow 3", "flow 7"]);
  await afterLegend(page, () => page.click("[data-flow='7'] td"));
  await page.selectOption("#event-kind", "recovery");
  const event = page.locator(".events button").first();
  const at = Number.parseFloat((await event.locator(".time").textContent())!);
  const { from, to } = await afterChange(page, () => event.click());
  t.true(from < at && at < to && to - from < 3, JSON.stringify({ from, at, to }));
  t.is(await event.getAttribute("aria-current"), "true");
  const next = await afterChange(page, () => page.keyboard.press("n"));
  t.true(next.from > from);
  t.deepEqual(problems, []);
});

/** Waits until the legend of the first panel is another. */
async function afterLegend(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await page.textContent("#panel-cwnd .legend");
  await act();
  await page.waitForFunction(`document.querySelector("#panel-cwnd .legend").textContent !== ${JSON.stringify(before)}`);
}

test("everything works with the keyboard alone", async (t) => {
  const { page } = await openPage(t, await report(t, "shaped-loss"));
  const whole = await timeShown(page);
  const near = await afterChange(page, () => page.keyboard.press("+"));
  t.true(Math.abs(near.to - near.from - (whole.to - whole.from) / 2) < 0.02 * (whole.to - whole.from));
  const later = await afterChange(page, () => page.keyboard.press("ArrowRight"));
  t.true(later.from > near.from);
  await afterChange(page, () => page.keyboard.press("+"));
  t.deepEqual(await afterChange(page, () => page.keyboard.press("0")), whole);
  await page.keyboard.press(".");
  t.true((await texts(page, ".legend .value")).some((text) => text !== ""));
  await page.keyboard.press("/");
  t.is(await page.evaluate("document.activeElement.id"), "search");
  await page.keyboard.type("5302");
  t.deepEqual(await timeShown(page), whole); // what is typed is no command
  await page.keyboard.press("Tab");
  await page.keyboard.press("?");
  t.true(await page.locator("dialog").isVisible());
  await page.keyboard.press("Escape");
  t.false(await page.locator("dialog").isVisible());
  await page.locator(".flows tbody button").nth(1).focus();
  await page.keyboard.press("Enter");
  t.deepEqual(await texts(page, ".flows tr.shown th"), ["2"]);
});

test("on a phone, two fingers zoom, one moves, a tap points, and nothing is wider than the screen", async (t) => {
  const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
  const { page, problems } = await openPage(t, await report(t, "shaped-loss"), options);
  t.true(Number(await page.evaluate("document.documentElement.scrollWidth")) <= 390);
  await screenshot(page, "phone");
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = (await over.boundingBox())!;
  const whole = await timeShown(page);
  const session = await page.context().newCDPSession(page);
  const y = box.y + box.height / 2;
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...xs: number[]) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: xs.map((x, id) => ({ x: box.x + x * box.width, y, id })),
    });
  const pinched = await afterChange(page, async () => {
    await touch("touchStart", 0.45, 0.55);
    for (let step = 1; step <= 6; step++) await touch("touchMove", 0.45 - step * 0.05, 0.55 + step * 0.05);
    await touch("touchEnd");
  });
  await page.waitForTimeout(200);
  const near = await timeShown(page);
  t.true(near.to - near.from < 0.5 * (whole.to - whole.from), JSON.stringify({ pinched, near, whole }));
  await afterChange(page, async () => {
    await touch("touchStart", 0.7);
    for (let step = 1; step <= 6; step++) await touch("touchMove", 0.7 - step * 0.06);
    await touch("touchEnd");
  });
  await page.waitForTimeout(200);
  t.true((await timeShown(page)).from > near.from);
  await page.touchscreen.tap(box.x + box.width / 2, y);
  await until(page, "[...document.querySelectorAll('.legend .value')].some((one) => one.textContent !== '')");
  t.deepEqual(problems, []);
});

test("in the dark it is dark, on paper it is light", async (t) => {
  const { page } = await openPage(t, await report(t, "kmod-loss-extended"), { colorScheme: "dark" });
  const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  t.is(await background(), "rgb(21, 24, 29)");
  t.true((await inked(page, "cwnd")) > 1500);
  await screenshot(page, "dark");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  t.is(await background(), "rgb(255, 255, 255)");
});

test("losses are shaded, and said in words; what the source cannot tell is named", async (t) => {
  const lossy = await openPage(t, await report(t, "kmod-overflow-extended"));
  t.regex((await lossy.page.textContent(".recording .warning"))!, /303 records lost while capturing/);
  t.regex((await lossy.page.textContent(".panels .status"))!, /shaded: records of the capture were lost/);
  t.true((await texts(lossy.page, ".flows td")).some((text) => text.endsWith("lossy")));
  const label = await lossy.page.getAttribute("#panel-cwnd .canvas", "aria-label");
  t.regex(label!, /records were lost where shaded/);
  await screenshot(lossy.page, "losses");
  const both = await openPage(t, await report(t, "kmod-overflow-extended", "kmod-loss-extended"));
  const said = await both.page.textContent(".panels .status");
  t.regex(said!, /shaded: records of kmod-overflow-extended\.tpp were lost/);
});

test("several captures are told apart, and compared", async (t) => {
  const { page, problems } = await openPage(t, await report(t, "kmod-loss", "kmod-bbr", "ss-loss"));
  t.true((await texts(page, ".flows thead th")).some((text) => text.startsWith("file")));
  t.regex((await page.textContent(".comparison-section"))!, /goodput/);
  t.is((await texts(page, ".recording")).length, 3);
  t.regex((await page.textContent(".panels .status"))!, /time since each capture began/);
  await screenshot(page, "several");
  t.deepEqual(problems, []);
});

test("axe finds nothing serious, in the light, in the dark, on a phone", async (t) => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const url = await report(t, "kmod-overflow-extended", "kmod-loss-extended");
  for (const options of [
    {},
    { colorScheme: "dark" as const },
    { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  ]) {
    const { page } = await openPage(t, url, { ...options, bypassCSP: true });
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await page.evaluate(axe);
    const found = await page.evaluate<{ id: string; impact: string; nodes: string[] }[]>(
      "axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map(({ html }) => html) })))",
    );
    t.deepEqual(found, [], JSON.stringify(options));
  }
});
