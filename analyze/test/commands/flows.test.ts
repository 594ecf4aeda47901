/** Which flows `analyze flows` shows, in what order, and what the table does in a terminal. */
import test from "ava";
import { analyze } from "../../../test/support/analyze.ts";
import { main } from "../../cli.ts";

const cubicBbr = "test/fixtures/cubic-bbr.tpp";
const loss = "test/fixtures/kmod-loss.tpp";

const flowsOf = async (...args: string[]): Promise<number[]> =>
  JSON.parse((await analyze("flows", ...args, "--json")).out).map(({ flow }: { flow: number }) => flow);

/** What a terminal of so many columns shows. */
async function inTerminal(columns: number, ...args: string[]): Promise<string> {
  let out = "";
  const io = {
    stdout: { write: (text: string | Uint8Array) => (out += text) },
    stderr: { write: () => {} },
    columns,
    screen: { columns, rows: 24 },
  };
  await main(["node", "analyze", ...args], io);
  return out;
}

test("--sort: by a heading or a column, numbers from the largest on, what is not known last", async (t) => {
  t.deepEqual((await flowsOf(cubicBbr, "--sort", "goodput")).slice(0, 3), [15, 7, 3]);
  t.deepEqual((await flowsOf(cubicBbr, "--sort", "goodput_bps")).slice(0, 3), [15, 7, 3]);
  t.deepEqual((await flowsOf(cubicBbr, "--sort", "start")).slice(0, 2), [1, 2]);
  t.deepEqual((await flowsOf(cubicBbr, "--sort", "start", "--reverse"))[0], 16);
  const mixed = await flowsOf(cubicBbr, loss, "--sort", "RTOs");
  t.deepEqual(mixed.slice(0, 2), [17, 18]);
  const lowest = await flowsOf(cubicBbr, loss, "--sort", "RTOs", "--reverse");
  t.deepEqual(lowest.slice(0, 2), [17, 18], "flows without a number are last either way");
});

test("--top: those with most bytes, or the first of --sort; the table says how many are left out", async (t) => {
  t.deepEqual(await flowsOf(cubicBbr, "--top", "2"), [15, 7]);
  t.deepEqual(await flowsOf(cubicBbr, "--top", "1", "--sort", "duration"), [2]);
  const { out } = await analyze("flows", cubicBbr, "--top", "3");
  t.regex(out, /^13 further flows left out by --top$/m);
});

test("--flow and --port choose; the sum is of what is chosen", async (t) => {
  t.deepEqual(await flowsOf(cubicBbr, "--flow", "3", "5"), [3, 5]);
  t.deepEqual(await flowsOf(cubicBbr, "--port", "48548"), [1, 2]);
  t.deepEqual(await flowsOf(cubicBbr, "--port", "48548", "48558", "--flow", "3"), [3]);
  const { out } = await analyze("flows", cubicBbr, loss, "--flow", "15", "17", "18");
  t.regex(out, /^3 flows: ≥ 12\.2 MB acknowledged, ≥ 694 retransmitted, 0 timeouts \(of 2 of them\)$/m);
});

test("other ends without data are folded, counted, and shown with --all", async (t) => {
  const folded = await analyze("flows", loss);
  t.notRegex(folded.out, /^ +2 /m);
  t.regex(folded.out, /^1 flow is the other end of one with data, and has none itself: --all shows it$/m);
  t.regex(folded.out, /^2 flows: 2\.00 MB acknowledged, 10 retransmitted, 0 timeouts$/m);
  const all = await analyze("flows", loss, "--all");
  t.regex(all.out, /^ +2 +10\.0\.2\.1:5001 > 10\.0\.1\.1:59700 /m);
  t.notRegex(all.out, /--all/);
  t.deepEqual(await flowsOf(loss), [1, 2], "JSON has every flow");
  const asked = await analyze("flows", loss, "--flow", "1", "2");
  t.regex(asked.out, /^ +2 /m, "a flow that is asked for is shown");
});

test("wrong choices are told", async (t) => {
  for (const [args, code, message] of [
    [["--sort", "godput"], 64, /--sort godput: no such column\. Did you mean goodput\?/],
    [["--top", "0"], 64, /0: not a number of flows/],
    [["--port", "70000"], 64, /70000: not a port/],
    [["--port", "9"], 65, /no flow has port 9 at either end/],
    [["--flow", "3"], 65, /no flow 3: the capture has flows 1 to 2/],
  ] as const) {
    const run = await analyze("flows", loss, ...args);
    t.is(run.code, code);
    t.regex(run.err, message);
  }
});

test("a narrow terminal: columns are left out and named, and no line is too long", async (t) => {
  const out = await inTerminal(100, "flows", cubicBbr);
  t.regex(out, /^left out for want of width: seen, start, max, duration \(a wider terminal or --json shows them\)$/m);
  for (const line of out.split("\n")) t.true(line.length <= 100, line);
  t.regex(await inTerminal(20, "flows", loss), /goodput/, "what is needed stays, however narrow it is");
});

test("a wide terminal: the course of each flow, on one axis of time", async (t) => {
  const out = await inTerminal(200, "flows", cubicBbr);
  for (const line of out.split("\n").slice(0, 5)) t.true([...line].length <= 200);
  const [head = "", , , third = ""] = out.split("\n");
  const at = head.indexOf("cwnd over time");
  const courses = /[▁▂▃▄▅▆▇█]+/g;
  t.regex(head, /cwnd over time +goodput over time$/);
  t.is((third.slice(at).match(courses) ?? []).length, 2);
  const late = out.split("\n").find((line) => line.startsWith("  15 ")) ?? "";
  t.true(late.search(/[▁-█]/) > third.search(/[▁-█]/), "a flow that began later begins further right");
  t.notRegex((await analyze("flows", cubicBbr)).out, /over time/, "none in a file or a pipe");
});
