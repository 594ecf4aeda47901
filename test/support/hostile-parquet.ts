/** Captures whose text and header contain what could control a terminal, end a script or break XML. */
import { copyTrace } from "../../analyze/parquet/copy.ts";
import { openTrace } from "../../analyze/trace/trace.ts";
import { fixture, headerOf, linesOf, writeCapture } from "./analyze.ts";

/**
 * Sets the colour red, clears the screen, sets the title, moves the cursor with C1 controls, changes the writing
 * direction, begins a line, and has an unpaired surrogate.
 */
export const controls =
  "6.1\u0001\u001b[31mRED\u001b[2J\u001b]0;title\u0007\u009b2J\u202edlrow\u2028line\u0085next\r\nintegrity  whole\u0000\ufffe\ud800";

/** Texts that would run if they were taken for markup or script. All set the page's title. */
export const scripts: readonly string[] = [
  "</script><script>document.title='OWNED'</script>",
  "</SCRIPT ><ScRiPt>document.title='OWNED'</sCrIpT>",
  "<img src=x onerror=document.title='OWNED'>",
  "<!--<script>",
  "\u2028document.title='OWNED'//",
  "\"});document.title='OWNED';({\"",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template literal would run this
  "${document.title='OWNED'}`+(document.title='OWNED')+`",
  "{signal: \"document.title='OWNED'\"}",
  "<svg/onload=document.title='OWNED'><link rel=stylesheet href=http://127.0.0.1:9/x><base href=http://127.0.0.1:9/>",
];

/** A small capture of both ends of a transfer, with this kernel release in its header. */
export async function captureFrom(path: string, release: string, more: object = {}): Promise<string> {
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 400);
  const kernel = { release, version: "#1", machine: "x86_64", hz: 1000 };
  return writeCapture(path, lines.join(""), headerOf("probe", { kernel, ...more }));
}

/** A converted capture with the rows of `select` over the trace of kmod-loss, such as no source of ours writes. */
export async function parquetOf(path: string, select: string): Promise<string> {
  await using trace = await openTrace([fixture("kmod-loss")], { outputs: [path] });
  const captures = trace.captures.map(({ path: from, header, records }) => ({ path: from, header, records }));
  await copyTrace(trace.database, select, { captures, losses: [] }, path);
  return path;
}
