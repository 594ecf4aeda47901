/** What a capture says never becomes script or markup of the page, in Chromium. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { foreignText } from "@tcpprobe-plus/tpp";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { launchBrowser } from "../../../test/support/browser.ts";
import { captureFrom, controls, parquetOf, scripts } from "../../../test/support/hostile-parquet.ts";
import { requires } from "../../../test/support/requires.ts";
import { toPage } from "../../plots/page.ts";

const test = requires({ tools: ["chromium"] });

interface Shown {
  readonly title: string;
  readonly problems: readonly string[];
  readonly requests: readonly string[];
  readonly scripts: number;
  readonly paths: number;
}

async function shown(paths: readonly string[]): Promise<Shown[]> {
  const browser = await launchBrowser();
  const all: Shown[] = [];
  try {
    for (const path of paths) {
      const page = await browser.newPage();
      const problems: string[] = [];
      const requests: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("request", (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(path).href);
      await page.waitForSelector("#picture svg .mark-line path", { state: "attached" });
      await page.hover("#picture svg");
      await page.waitForTimeout(100);
      all.push({
        title: await page.title(),
        problems,
        requests: requests.filter((url) => url !== pathToFileURL(path).href),
        scripts: await page.evaluate("document.querySelectorAll('script, img, link, base, iframe').length"),
        paths: await page.evaluate("document.querySelectorAll('#picture .mark-line path').length"),
      });
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return all;
}

test("a hostile release, title, file name, address and metric name run no script and ask for nothing", async (t) => {
  const directory = temporaryDirectory(t);
  const pages: string[] = [];
  const draw = async (capture: string, ...options: string[]) => {
    const output = join(directory, `${pages.length}.html`);
    const { code, err } = await analyze("plot", capture, "cwnd", "--flow", "1", "2", "-o", output, ...options);
    t.is(code, 0, err);
    pages.push(output);
  };
  const all = [...scripts, controls].join(" ");
  await draw(await captureFrom(join(directory, "release.tpp"), all));
  await draw(fixture("kmod-loss"), "--title", all);
  await draw(await captureFrom(join(directory, "<img src=x onerror=document.title='OWNED'>.tpp"), "6.1"));

  const address = scripts.join(" ").replaceAll("'", "''");
  const parquet = join(directory, "address.parquet");
  await parquetOf(parquet, `SELECT * REPLACE ('${address}' AS saddr) FROM trace`);
  if ((await analyze("flows", parquet)).code === 0) await draw(parquet);

  // A name of a series: none comes from a capture today, and none may matter if one does.
  const view = {
    data: {
      values: [
        { t: 0, value: 1, series: all },
        { t: 1, value: 2, series: all },
      ],
    },
  };
  const encoding = {
    x: { field: "t", type: "quantitative" },
    y: { field: "value", type: "quantitative", title: foreignText(all) },
    color: { field: "series", type: "nominal" },
  };
  const named = join(directory, "named.html");
  writeFileSync(named, await toPage({ title: { text: all }, ...view, mark: "line", encoding }));
  pages.push(named);

  for (const { title, problems, requests, scripts: count, paths } of await shown(pages)) {
    t.not(title, "OWNED");
    t.deepEqual(problems, []);
    t.deepEqual(requests, []);
    t.is(count, 2); // the data and the program
    t.true(paths > 0);
  }
});

test("the script of every page is the same, and its policy lets nothing else run", async (t) => {
  const [one, other] = await Promise.all(
    ["a", scripts.join()].map((text) =>
      toPage({ title: { text }, data: { values: [] }, mark: "line", encoding: { x: { field: text.slice(0, 1) } } }),
    ),
  );
  const program = (page: string) => page.slice(page.indexOf("<script>"));
  t.is(program(one!), program(other!));
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(one!)?.[1] ?? "";
  t.regex(
    policy,
    /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$/,
  );
  t.is(other!.match(/<\/?script/gi)?.length, 4);
});

test("a page whose script was changed does not run", async (t) => {
  const path = join(temporaryDirectory(t), "changed.html");
  t.is((await analyze("plot", fixture("kmod-loss"), "cwnd", "-o", path)).code, 0);
  const changed = readFileSync(path, "utf8").replace("view.runAsync();", "view.runAsync(); document.title = 'OWNED';");
  writeFileSync(path, changed);
  const browser = await launchBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href);
  t.regex(await page.title(), /^Congestion window/);
  t.is(await page.locator("#picture svg").count(), 0);
});
