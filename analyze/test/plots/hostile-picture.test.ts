/** What a capture says never becomes markup of an SVG, or an action of a PDF. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";

const hostile = [
  `</text><script>alert(1)</script>`,
  `" onload="alert(1)`,
  `]]><![CDATA[<image href="http://198.51.100.1/x"/>`,
  `) /S /JavaScript /JS (app.alert(1)) endobj`,
  `\u202Egnp.exe\u0007\u001b]0;x\u0007`,
];

for (const [index, text] of hostile.entries())
  test(`a hostile label and title are text in SVG and PDF: ${index + 1}`, async (t) => {
    const directory = temporaryDirectory(t);
    const files = [fixture("kmod-loss"), fixture("kmod-bbr")];
    const draw = async (name: string): Promise<Buffer> => {
      const out = join(directory, name);
      const words = ["--overlay", "--label", text, "--label", `b ${text}`, "--title", text];
      const { code, err } = await analyze("plot", ...files, "cwnd", "-o", out, ...words);
      t.is(code, 0, err);
      return readFileSync(out);
    };
    const svg = (await draw("x.svg")).toString();
    t.notRegex(svg, /<(script|image|a|foreignObject|use)\b/i);
    for (const [tag] of svg.matchAll(/<[a-z][^>]*>/gi)) t.notRegex(tag.replaceAll(/"[^"]*"/g, '""'), /\son\w+=/i);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    t.notRegex(svg, /[\u0000-\u0008\u000b-\u001f\u202e]/);
    const pdf = (await draw("x.pdf")).toString("latin1");
    // Text stands in strings, whose parentheses are escaped, so that none ends early.
    const objects = pdf.replaceAll(/stream[\s\S]*?endstream/g, "").replaceAll(/\((?:\\.|[^\\()])*\)/g, "()");
    t.notRegex(objects, /\/(JavaScript|JS|Launch|URI|OpenAction|AA)\b/);
    for (const [, stream] of pdf.matchAll(/\/FlateDecode[^>]*>>\s*stream\r?\n([\s\S]*?)\r?\nendstream/g))
      t.notThrows(() => inflateSync(Buffer.from(stream!, "latin1")));
  });
