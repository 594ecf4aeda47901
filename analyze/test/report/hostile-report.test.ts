/** What a capture says never becomes script or markup of the report, nor changes how the text around it reads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { analyze, temporaryDirectory } from "../../../test/support/analyze.ts";
import { captureFrom, controls, parquetOf, scripts } from "../../../test/support/hostile-parquet.ts";
import { requires } from "../../../test/support/requires.ts";
import { openPage } from "./browser.ts";

const test = requires({ tools: ["chromium"] });

test("a hostile release, file name, address, algorithm and setting are inert text", async (t) => {
  const directory = temporaryDirectory(t);
  const all = [...scripts, controls].join(" ");
  const quoted = all.replaceAll("'", "''").replaceAll("\u0000", "");
  const captures = [
    await captureFrom(join(directory, "release.tpp"), all, { label: all, notes: [all], hostname: all }),
    await captureFrom(join(directory, "<img src=x onerror=document.title='OWNED'>.tpp"), "6.1"),
    await parquetOf(join(directory, "address.parquet"), `SELECT * REPLACE ('${quoted}' AS saddr) FROM trace`),
    await parquetOf(join(directory, "cong.parquet"), `SELECT * REPLACE ('${quoted}' AS cong) FROM trace`),
  ];
  for (const [index, capture] of captures.entries()) {
    const output = join(directory, `${index}.html`);
    const { code, err } = await analyze("report", capture, "-o", output);
    // A file that opens no more is refused, which is as good.
    if (code !== 0) {
      t.true(index > 1 && err.startsWith("analyze: "), err);
      continue;
    }
    const { page, problems, requests } = await openPage(t, pathToFileURL(output).href);
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await page.click("[aria-label='Show flow 1']");
    await page.waitForTimeout(200);
    t.not(await page.title(), "OWNED");
    t.deepEqual(problems, []);
    t.deepEqual(requests, []);
    t.is(
      await page.evaluate("document.querySelectorAll('#app script, img, link, base, iframe, svg[onload]').length"),
      0,
    );
    const text = await page.evaluate<string>("document.body.innerText");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be shown
    t.notRegex(text, /[\u0000-\u0008\u001b\u202e\u009b]/);
    await page.close();
  }
});

test("the script and the policy are the same in every report", async (t) => {
  const directory = temporaryDirectory(t);
  const made = await Promise.all(
    ["6.1", scripts.join()].map(async (release, index) => {
      const capture = await captureFrom(join(directory, `${index}.tpp`), release);
      const output = join(directory, `${index}.html`);
      t.is((await analyze("report", capture, "-o", output)).code, 0);
      return readFileSync(output, "utf8");
    }),
  );
  const [one, other] = made.map((html) => html.slice(html.lastIndexOf("<script>")));
  t.is(one, other);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(made[0]!)?.[1] ?? "";
  t.regex(
    policy,
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  );
  t.notRegex(made[1]!, /OWNED/); // foreign text is in the compressed data only
});
