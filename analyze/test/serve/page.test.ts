/** The served page in a browser: what it asks, what it shows, the place for queries. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fixture, fixtureFile } from "../../../test/support/analyze.ts";
import { openBrowser, until } from "../../../test/support/browser.ts";
import { requires } from "../../../test/support/requires.ts";
import { served } from "../../../test/support/served.ts";

const test = requires({ tools: ["chromium"] });

const query = "#query";
const run = ".query button[type=submit]";
const status = ".query .status";

test("the page asks its server alone, says nothing on the console, and zooms to single records", async (t) => {
  const { url } = await served(t, [fixture("shaped-loss")]);
  const { page, problems, requests } = await openBrowser(t);
  await page.goto(url);
  await until(
    page,
    `/lowest to highest|every record/.test(document.querySelector(".panels .status")?.textContent ?? "")`,
  );
  t.regex(await page.title(), /^shaped-loss\.tpp$/);
  t.regex((await page.textContent(".panels .status"))!, /lowest to highest value of each pixel; zoom in for more/);
  for (let press = 0; press < 12; press++) await page.keyboard.press("+");
  await until(page, `document.querySelector(".panels .status").textContent.includes("every record is drawn")`);
  t.deepEqual(problems, []);
  t.true(requests.length > 4);
  t.deepEqual(
    requests.filter((one) => !one.startsWith(url)),
    [],
  );
});

test("the place for queries runs them, shows the answer as a table, and the views with their columns beside it", async (t) => {
  const { url } = await served(t, [fixture("kmod-loss")]);
  const { page, problems } = await openBrowser(t);
  await page.goto(url);
  await page.waitForSelector(".views details");
  const names = await page.locator(".views summary").allTextContents();
  t.true(names.includes("trace") && names.includes("flows") && names.includes("rto_events"));
  await page.fill(query, "SELECT ");
  await page.click(".views summary >> text=flows");
  await page.click(".views details[open] li button >> text=goodput_bps");
  t.is(await page.inputValue(query), "SELECT goodput_bps");

  await page.fill(
    query,
    "SELECT flow, cong, NULL AS nothing, '<img src=x onerror=alert(1)>' AS \"<b>\" FROM flows ORDER BY flow",
  );
  await page.focus(query);
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".answer td");
  t.deepEqual(await page.locator(".answer thead th").allTextContents(), ["flow", "cong", "nothing", "<b>"]);
  const cells = await page.locator(".answer tbody tr").first().locator("td").allTextContents();
  t.is(cells[0], "1");
  t.deepEqual(cells.slice(2), ["NULL", "<img src=x onerror=alert(1)>"]);
  t.is(await page.locator(".answer img, .answer b").count(), 0);
  t.regex((await page.textContent(status))!, /^2 rows \(\d+\.\d\d s\)$/);

  await page.fill(query, "FROM range(1000)");
  await page.click(run);
  await until(page, `document.querySelectorAll(".answer tbody tr").length === 200`);
  await page.click(".answer .more");
  t.is(await page.locator(".answer tbody tr").count(), 400);
  t.deepEqual(problems, []);
});

test("a query that is refused says why, and one that runs long can be stopped", async (t) => {
  const { url } = await served(t, [fixture("kmod-loss")]);
  const { page } = await openBrowser(t);
  await page.goto(url);
  await page.waitForSelector(".views details");
  await page.fill(query, "COPY trace TO '/tmp/x'");
  await page.click(run);
  await page.waitForSelector(".query .status.bad");
  t.regex((await page.textContent(status))!, /^this is another statement\. A query here is one SELECT/);
  await page.fill(query, "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range % 7 = b.range % 5");
  await page.click(run);
  await until(page, `document.querySelector(".query .status").textContent === "running …"`);
  await page.click(".query button >> text=Stop");
  await until(page, `document.querySelector(".query .status").textContent === "stopped"`);
  await page.fill(query, "SELECT 1");
  await page.click(run);
  await until(page, `document.querySelector(".query .status").textContent.startsWith("1 row")`);
  t.pass();
});

for (const [name, options] of [
  ["on a phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ["in the dark", { colorScheme: "dark" }],
] as const)
  test(`the page fits ${name}`, async (t) => {
    const { url } = await served(t, [fixtureFile("ecn/cubic.bpf.tpp")]);
    const { page, problems } = await openBrowser(t, options);
    await page.goto(url);
    await page.waitForSelector(".views details");
    await page.click(run);
    await page.waitForSelector(".answer td");
    await until(page, `/every record|lowest/.test(document.querySelector(".panels .status").textContent)`);
    t.true((await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")) <= 0);
    t.deepEqual(problems, []);
    const screenshots = process.env.TPP_SCREENSHOTS;
    if (screenshots)
      await page.screenshot({ path: `${screenshots}/serve-${name.replaceAll(" ", "-")}.png`, fullPage: true });
  });

test("axe finds nothing serious in the page with its place for queries", async (t) => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const { url } = await served(t, [fixture("kmod-loss")]);
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await openBrowser(t, { colorScheme, bypassCSP: true });
    await page.goto(url);
    await page.waitForSelector(".views details");
    await page.click(run);
    await page.waitForSelector(".answer td");
    await until(page, `/every record|lowest/.test(document.querySelector(".panels .status").textContent)`);
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await page.evaluate(axe);
    const found = await page.evaluate<object[]>(
      "axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map(({ html }) => html) })))",
    );
    t.deepEqual(found, [], colorScheme);
  }
});

test("when the server has ended, the page says so", async (t) => {
  const { url, close } = await served(t, [fixture("kmod-loss")]);
  const { page } = await openBrowser(t);
  await page.goto(url);
  await page.waitForSelector(".views details");
  await close();
  await page.click(run);
  await page.waitForSelector(".query .status.bad");
  t.is(await page.textContent(status), "the server does not answer. Is analyze serve still running?");
});
