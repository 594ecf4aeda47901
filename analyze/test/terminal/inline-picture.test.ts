/** Pictures in the terminal: what is sent is the picture, by the protocol that the terminal understands. */
import canvas from "@napi-rs/canvas";
import test from "ava";
import sixel from "sixel";
import { analyze } from "../../../test/support/analyze.ts";
import { main } from "../../cli.ts";

const capture = "test/fixtures/kmod-loss.tpp";
const widest = 120;

/** Control characters as pictures of themselves. */
const visible = (text: string): string => text.replaceAll("\x1b", "␛").replaceAll("\x07", "␇");

/** Number of pixels that are not white. */
async function inkOf(png: Uint8Array): Promise<number> {
  const image = await canvas.loadImage(Buffer.from(png));
  const context = canvas.createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let ink = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at]! + data[at + 1]! + data[at + 2]! < 600) ink++;
  return ink;
}

test("kitty: parts of at most 4096 characters, which together are the PNG", async (t) => {
  const { out, code } = await analyze("plot", capture, "cwnd", "--inline", "kitty");
  t.is(code, 0);
  const parts = [...visible(out).matchAll(/␛_G([^;]*);([^␛]*)␛\\/g)].map(([, keys = "", data = ""]) => ({
    keys,
    data,
  }));
  t.is(parts[0]?.keys, `a=T,f=100,q=2,c=80,m=1`);
  t.deepEqual(new Set(parts.slice(1, -1).map(({ keys }) => keys)), new Set(["m=1"]));
  t.is(parts.at(-1)?.keys, "m=0");
  t.true(parts.every(({ data }) => data.length <= 4096));
  t.true((await inkOf(Buffer.from(parts.map(({ data }) => data).join(""), "base64"))) > 5000);
});

test("iTerm2: one sequence with the PNG and its size", async (t) => {
  const { out } = await analyze("plot", capture, "rtt", "--inline", "iterm2");
  const [, size, data = ""] = /^␛\]1337;File=inline=1;size=(\d+);width=80:([^␇]*)␇\n$/.exec(visible(out)) ?? [];
  const png = Buffer.from(data, "base64");
  t.is(Number(size), png.length);
  t.true((await inkOf(png)) > 5000);
});

test("sixel: what a terminal decodes is the picture", async (t) => {
  const { out } = await analyze("plot", capture, "cwnd", "--inline", "sixel");
  const decoder = await sixel.DecoderAsync({ memoryLimit: 32 * 2 ** 20 });
  decoder.init();
  decoder.decodeString(out.slice(out.indexOf("q") + 1, out.lastIndexOf("\x1b")));
  t.true(decoder.width > 600 && decoder.height > 200);
  const colours = new Set(decoder.data32);
  t.true(colours.size > 10, "more than a few colours");
});

test.serial("without -o, a terminal that is known to show pictures gets one, and no file is written", async (t) => {
  const before = { ...process.env };
  t.teardown(() => {
    process.env = before;
  });
  for (const name of ["TERM_PROGRAM", "LC_TERMINAL", "WEZTERM_PANE", "KONSOLE_VERSION", "GHOSTTY_RESOURCES_DIR"])
    delete process.env[name];
  process.env.KITTY_WINDOW_ID = "1";
  let out = "";
  const io = {
    stdout: { write: (text: string | Uint8Array) => (out += text) },
    stderr: { write: () => {} },
    columns: 200,
    screen: { columns: 200, rows: 50 },
  };
  t.is(await main(["node", "analyze", "plot", capture, "cwnd"], io), 0);
  t.true(out.startsWith(`\x1b_Ga=T,f=100,q=2,c=${widest},m=1;`));
});

test("--inline and -o exclude each other, and protocols have names", async (t) => {
  t.is((await analyze("plot", capture, "cwnd", "--inline", "kitty", "-o", "x.svg")).code, 64);
  const { code, err } = await analyze("plot", capture, "cwnd", "--inline", "regis");
  t.is(code, 64);
  t.regex(err, /kitty, iterm2, sixel/);
});
