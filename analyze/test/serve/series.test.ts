/** Series over HTTP: at any zoom, the drawn envelope is that of all records; closely enough, each record is there. */
import test from "ava";
import { fixtureFile } from "../../../test/support/analyze.ts";
import { ask, askJson } from "../../../test/support/http.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { served } from "../../../test/support/served.ts";
import { decodeSeries } from "../../report/encode.ts";
import { binOf, microsecondOf, type PageModel, type SeriesBins, widthFor } from "../../report/model.ts";

interface Row {
  readonly t: number;
  readonly value: number | null;
}

/**
 * All records of a series, from the view that documents it. In a capture by tracepoints, the window has a point more
 * where the state changes.
 */
const rowsSql: Readonly<Record<string, string>> = {
  "cwnd.cwnd": "SELECT flow, ord, t, snd_cwnd::DOUBLE AS value FROM trace WHERE snd_cwnd IS NOT NULL",
  "rtt.srtt": "SELECT flow, ord, t, srtt_us AS value FROM trace WHERE srtt_us > 0",
};

const close = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 0.0006 + 1e-9 * Math.abs(b);

/** What is wrong with an answer, or null. */
function faultOf(
  series: SeriesBins,
  rows: readonly Row[],
  from_s: number,
  to_s: number,
  pixels: number,
): string | null {
  const [from_us, to_us] = [microsecondOf(from_s), microsecondOf(to_s)];
  const width = widthFor(from_s, to_s, pixels);
  const known = rows.filter(({ value }) => value !== null) as { t: number; value: number }[];
  const inside = known.filter(({ t }) => microsecondOf(t) >= from_us && microsecondOf(t) <= to_us);
  const { width_us, at_us, min, max, last, count } = series;
  if (width_us === 0) {
    const own = [...at_us.keys()].filter((at) => at_us[at]! >= from_us && at_us[at]! <= to_us);
    if (own.length !== inside.length) return `${own.length} records, not ${inside.length}`;
    for (const [index, at] of own.entries())
      if (!close(last[at]!, inside[index]!.value) || at_us[at] !== microsecondOf(inside[index]!.t))
        return `record ${index}: ${last[at]} at ${at_us[at]}, not ${JSON.stringify(inside[index])}`;
  } else {
    if (width_us > width) return `bins of ${width_us}, a pixel is ${width}`;
    const entries = new Map([...at_us.keys()].map((at) => [binOf(at_us[at]!, width_us), at]));
    for (const [bin, all] of Map.groupBy(inside, ({ t }) => binOf(microsecondOf(t), width_us))) {
      const at = entries.get(bin);
      if (at === undefined) return `no bin ${bin}`;
      // A bin at the border has records from beyond it.
      const whole = known.filter(({ t }) => binOf(microsecondOf(t), width_us) === bin);
      const values = whole.map(({ value }) => value);
      if (!close(min[at]!, Math.min(...values)) || !close(max[at]!, Math.max(...values)) || count[at] !== whole.length)
        return `bin ${bin}: ${min[at]} to ${max[at]} of ${count[at]}, not ${Math.min(...values)} to ${Math.max(...values)} of ${whole.length}`;
      if (all.length > whole.length) return "the test is wrong";
    }
  }
  const before = known.findLast(({ t }) => microsecondOf(t) < from_us);
  const after = known.find(({ t }) => microsecondOf(t) > to_us);
  if (before && !(at_us[0]! < from_us || binOf(at_us[0]!, width) <= binOf(from_us, width)))
    return "no record before the range";
  if (after && !(at_us.at(-1)! > to_us || binOf(at_us.at(-1)!, width) >= binOf(to_us, width)))
    return "no record after the range";
  return null;
}

for (const name of ["shaped-loss.tpp", "kmod-bbr-extended.tpp", "ss-loss.tpp", "ecn/cubic.bpf.tpp"])
  test(`${name}: at any zoom, the envelope is that of all records`, async (t) => {
    const { url, trace } = await served(t, [fixtureFile(name)]);
    const model = JSON.parse((await ask(`${url}model`)).text) as PageModel;
    const flows = [...model.flows]
      .sort((a, b) => b.records - a.records)
      .slice(0, 2)
      .map(({ flow }) => flow);
    const chance = seededChance(name.length);
    const length = model.to_s - model.from_s;
    let singles = 0;
    for (const [quantity, sql] of Object.entries(rowsSql)) {
      if (quantity === "cwnd.cwnd" && trace.captures[0]!.header.source === "tracefs") continue;
      const of = new Map<number, Row[]>();
      for (const flow of flows)
        of.set(flow, await trace.rows(`SELECT t, value FROM (${sql}) WHERE flow = ${flow} ORDER BY ord`));
      for (let round = 0; round < 25; round++) {
        const part = length * 10 ** (-5 * chance());
        const from_s = round === 0 ? model.from_s - 1 : model.from_s + (length - part) * chance();
        const to_s = round === 0 ? model.to_s + 1 : from_s + part;
        const pixels = 1 + Math.floor(chance() * 1200);
        const names = flows.map((flow) => ({ flow, quantity }));
        const answer = await askJson(`${url}series`, { names, from_s, to_s, pixels });
        t.is(answer.status, 200);
        const all = decodeSeries(answer.body);
        t.is(all.length, flows.length);
        for (const [index, flow] of flows.entries()) {
          const fault = faultOf(all[index]!, of.get(flow)!, from_s, to_s, pixels);
          t.is(fault, null, `${quantity} of flow ${flow} from ${from_s} to ${to_s} in ${pixels} pixels: ${fault}`);
          if (all[index]!.width_us === 0) singles++;
        }
      }
    }
    t.true(singles > 0);
  });

test("every quantity of the model has a series for each flow, and 20 clients at once get the same", async (t) => {
  const { url } = await served(t, [fixtureFile("cubic-bbr.tpp"), fixtureFile("kmod-loss-extended.tpp")]);
  const clients = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const text = (await ask(`${url}model`)).text;
      const model = JSON.parse(text) as PageModel;
      const quantities = [
        ...model.panels.flatMap((panel) => panel.quantities),
        ...model.marks,
        ...(model.states ? [model.states] : []),
      ];
      const names = model.flows.slice(0, 4).flatMap(({ flow }) => quantities.map(({ id }) => ({ flow, quantity: id })));
      const answer = await askJson(`${url}series`, { names, from_s: model.from_s, to_s: model.to_s, pixels: 900 });
      t.is(answer.status, 200, answer.text.slice(0, 200));
      t.is(decodeSeries(answer.body).length, names.length);
      const middle = (model.from_s + model.to_s) / 2;
      const part = await askJson(`${url}series`, { names, from_s: middle, to_s: middle + 0.5, pixels: 900 });
      t.is(part.status, 200, part.text.slice(0, 200));
      return text + answer.body.toString("base64") + part.body.toString("base64");
    }),
  );
  t.is(new Set(clients).size, 1);
});

test("a request for series that makes no sense is refused in one line", async (t) => {
  const { url } = await served(t, [fixtureFile("kmod-loss.tpp")]);
  const good = { names: [{ flow: 1, quantity: "cwnd.cwnd" }], from_s: 0, to_s: 1, pixels: 100 };
  t.is((await askJson(`${url}series`, good)).status, 200);
  t.is((await askJson(`${url}series`, { ...good, names: [{ flow: 999, quantity: "cwnd.cwnd" }] })).status, 200);
  for (const wrong of [
    { names: 5 },
    { names: [{ flow: "1; DROP", quantity: "cwnd.cwnd" }] },
    { names: [{ flow: 1.5, quantity: "cwnd.cwnd" }] },
    { names: [{ flow: -1, quantity: "cwnd.cwnd" }] },
    { names: [{ flow: 1, quantity: "cwnd" }] },
    { names: [{ flow: 1, quantity: "' OR 1" }] },
    { names: [null] },
    { names: Array.from({ length: 1001 }, () => good.names[0]) },
    { from_s: 1, to_s: 0 },
    { from_s: "0" },
    { to_s: 1e300 },
    { pixels: 0 },
    { pixels: 1e9 },
    { pixels: 10.5 },
  ]) {
    const { status, text } = await askJson(`${url}series`, { ...good, ...wrong });
    t.is(status, 400, JSON.stringify(wrong).slice(0, 80));
    t.is(text.trimEnd().split("\n").length, 1);
  }
});
