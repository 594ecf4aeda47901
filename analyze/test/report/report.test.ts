/** `analyze report` as a command, and what is in the page of each kind of capture. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import test from "ava";
import { buildPage, pageFolders } from "../../../scripts/build/page.ts";
import { analyze, fixture, headerOf, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import type { PageModel } from "../../report/model.ts";

const modelIn = (html: string): PageModel => {
  const [, base64 = ""] = /<script type="text\/plain" id="model">([^<]*)<\/script>/.exec(html) ?? [];
  return JSON.parse(inflateRawSync(Buffer.from(base64, "base64")).toString()) as PageModel;
};

test("it writes one page and prints its name; another file is left as it is, unless -f is given", async (t) => {
  const output = join(temporaryDirectory(t), "x.html");
  const first = await analyze("report", fixture("kmod-loss"), "-o", output);
  t.deepEqual(first, { code: 0, out: `${output}\n`, err: "" });
  t.true(readFileSync(output, "utf8").startsWith("<!doctype html>"));
  writeFileSync(output, "mine");
  const again = await analyze("report", fixture("kmod-loss"), "-o", output);
  t.is(again.code, 73);
  t.regex(again.err, /exists already and is left as it is/);
  t.is(readFileSync(output, "utf8"), "mine");
  t.is((await analyze("report", fixture("kmod-loss"), "-o", output, "-f")).code, 0);
});

test("a name that is not .html, and none at all, are refused with what to do", async (t) => {
  const directory = temporaryDirectory(t);
  const other = await analyze("report", fixture("kmod-loss"), "-o", join(directory, "x.pdf"));
  t.is(other.code, 64);
  t.regex(other.err, /^analyze: .*x\.pdf: the name's ending picks the format\. Use one of \.html\.\n/);
  const none = await analyze("report", fixture("kmod-loss"));
  t.is(none.code, 64);
  t.regex(none.err, /required option '-o, --output <file>'/);
  t.is((await analyze("report", join(directory, "no.tpp"), "-o", join(directory, "x.html"))).code, 66);
  t.is((await analyze("report", fixture("kmod-loss"), "-o", join(directory, "no/x.html"))).code, 73);
});

for (const [name, panels, absent] of [
  ["kmod-loss-extended", ["cwnd", "rtt", "goodput", "sequence"], []],
  ["shaped-loss", ["cwnd", "inflight", "rtt", "goodput", "sequence"], []],
  ["ss-loss", ["cwnd", "rtt", "goodput"], ["Sequence numbers"]],
] as const)
  test(`${name}: panels of what the source can tell; the others are named with the reason`, async (t) => {
    const trace = await opened(t, fixture(name));
    const model = modelIn(await trace.report());
    t.deepEqual(
      model.panels.map(({ id }) => id).filter((id) => id !== "inflight" || panels.includes(id as never)),
      [...panels],
    );
    for (const title of absent)
      t.regex(model.absent.find((one) => one.title === title)?.why ?? "", /ss has no snd_una/);
    for (const { quantities } of model.panels) t.true(quantities.length > 0);
  });

test("what is not known is null, not 0: of polls, of tracepoints", async (t) => {
  const trace = await opened(t, fixture("shaped-loss"), fixture("ss-loss"));
  const { flows } = modelIn(await trace.report());
  t.true(flows.some(({ rtos }) => rtos === null));
  const rows = await trace.flows();
  for (const [index, flow] of flows.entries())
    for (const name of ["acked_bytes", "retransmits", "rtos", "rtt_min_us", "cwnd_mean"] as const)
      t.is(flow[name], rows[index]![name] as number | null, `${name} of flow ${flow.flow}`);
});

test("it says how it was recorded, what is missing, what limited each flow, and how runs compare", async (t) => {
  const trace = await opened(t, fixture("kmod-overflow-extended"), fixture("kmod-loss-extended"));
  const { captures, diagnoses, comparison, events } = modelIn(await trace.report());
  t.deepEqual(
    captures.map(({ whole }) => whole),
    [false, true],
  );
  t.regex(captures[0]!.warnings[0]!, /^303 records lost while capturing/);
  t.true(captures[0]!.losses.length > 0);
  t.true(captures.every(({ lines }) => lines.some(([name]) => name === "kernel")));
  t.regex(diagnoses.find(({ flow }) => flow === 3)!.headline, /packet loss/);
  t.true(diagnoses.every(({ lines }) => lines.every(([name]) => name !== "see")));
  t.is(comparison!.tables[0]!.header.length, 4);
  t.is(events.flow.length, events.t.length);
});

test("shares of what held a flow are those of limits, and the whole in each window; the timer is there where one expired, BBR's model where it runs", async (t) => {
  const trace = await opened(t, fixture("kmod-rto-chain-extended"), fixture("kmod-loss-extended"));
  const { diagnoses, limits, panels } = modelIn(await trace.report());
  t.is(limits!.id, "limits");
  t.true(panels.some(({ id }) => id === "rto"));
  const wholes = await trace.rows<Record<string, number>>(
    "SELECT flow, cwnd_share, recovery_share, pacing_share, application_share, idle_share, rwnd_share FROM limits",
  );
  for (const { flow, held } of diagnoses) {
    const { start_s, percent } = held!;
    for (const at of start_s.keys())
      t.is(
        Object.values(percent).reduce((sum, shares) => sum + shares[at]!, 0),
        100,
      );
    const whole = wholes.find((row) => row.flow === flow)!;
    // Windows at the ends of a connection are told of in part, so that means are near.
    for (const [by, shares] of Object.entries(percent)) {
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      t.true(Math.abs(mean - 100 * whole[`${by}_share`]!) < 3, `flow ${flow}, ${by}: ${mean}, ${whole[`${by}_share`]}`);
    }
  }
  const calm = await opened(t, fixture("kmod-loss-extended"));
  t.false(
    modelIn(await calm.report()).panels.some(({ id }) => id === "rto"),
    "no timer expired",
  );
  const bbr = await opened(t, fixture("kmod-bbr-extended"));
  const own = modelIn(await bbr.report()).panels.filter(({ id }) => id.startsWith("bbr"));
  t.deepEqual(
    own.map(({ quantities }) => quantities.map(({ id }) => id)),
    [
      ["bbr.bandwidth", "goodput.pacing_rate"],
      ["bbr.min_rtt", "rtt.samples"],
      ["bbr.pacing_gain", "bbr.cwnd_gain"],
    ],
  );
});

test("the windows of the trace keep their length", async (t) => {
  const trace = await opened(t, fixture("kmod-loss"));
  const before = (await trace.rows("SELECT DISTINCT window_s FROM goodput"))[0];
  await trace.report();
  t.deepEqual((await trace.rows("SELECT DISTINCT window_s FROM goodput"))[0], before);
});

test("a capture without records gives a page that says so", async (t) => {
  const empty = await writeCapture(join(temporaryDirectory(t), "empty.tpp"), "", headerOf("probe"));
  const model = modelIn(await (await opened(t, empty)).report());
  t.deepEqual(model.flows, []);
  t.deepEqual(model.panels, []);
  t.true(model.absent.every(({ why }) => why === "there are no records") && model.absent.length > 3);
});

for (const folder of pageFolders)
  test(`${folder}: the bundle in the repository is what \`npm run build:page\` makes`, async (t) => {
    const made = temporaryDirectory(t);
    await buildPage(folder, made);
    for (const name of ["client.js", "client.css"])
      t.true(
        readFileSync(join(made, name), "utf8") ===
          readFileSync(new URL(`../../../${folder}/${name}`, import.meta.url), "utf8"),
        `${name} is out of step: npm run build:page`,
      );
  });
