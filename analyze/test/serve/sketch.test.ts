/** A large capture is drawn before its metrics are there; what is shown of it then is true. */
import test from "ava";
import { fixtureFile } from "../../../test/support/analyze.ts";
import { ask, askJson } from "../../../test/support/http.ts";
import { served } from "../../../test/support/served.ts";
import { collectModel } from "../../report/collect.ts";
import type { PageModel } from "../../report/model.ts";
import { sketchModel } from "../../serve/sketch.ts";
import { openTrace } from "../../trace/trace.ts";

for (const name of ["kmod-overflow-extended.tpp", "cubic-bbr.tpp", "ss-loss.tpp", "ecn/cubic.bpf.tpp"])
  test(`${name}: the first model is a part of the whole one`, async (t) => {
    await using trace = await openTrace([fixtureFile(name)], { cache: false });
    const { model: first, sources } = await sketchModel(trace);
    const { model: whole } = await collectModel(trace);
    t.true(first.pending);
    t.falsy(whole.pending);
    const begin = ({ flow, capture, ends, records }: PageModel["flows"][number]) => ({ flow, capture, ends, records });
    t.deepEqual(first.flows.map(begin), whole.flows.map(begin));
    for (const [at, { start_s, duration_s, goodput_bps, rtos, seen }] of first.flows.entries()) {
      t.true(Math.abs(start_s - whole.flows[at]!.start_s) < 1e-9);
      t.true(Math.abs(duration_s - whole.flows[at]!.duration_s) < 1e-9);
      t.deepEqual([goodput_bps, rtos, seen], [null, null, ""]);
    }
    const ids = (model: PageModel) => model.panels.flatMap(({ quantities }) => quantities.map(({ id }) => id));
    t.true(ids(first).length > 0);
    t.deepEqual(
      ids(first).filter((id) => !ids(whole).includes(id)),
      [],
    );
    t.deepEqual(
      sources.map(({ quantity }) => quantity.id),
      ids(first),
    );
    t.deepEqual(
      first.captures.map(({ whole, losses }) => ({ whole, losses })),
      whole.captures.map(({ whole, losses }) => ({ whole, losses })),
    );
  });

test("behind the first picture the whole model is made, and pages are told", async (t) => {
  const { url } = await served(t, [fixtureFile("kmod-loss.tpp")], { manyRecords: 100 });
  const modelNow = async () => JSON.parse((await ask(`${url}model`)).text) as PageModel;
  const first = await modelNow();
  t.true(first.pending);
  t.true((await modelNow()).pending);
  const told = new Promise<string>((resolve, reject) => {
    fetch(`${url}growth`).then(async ({ body }) => {
      let text = "";
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text.split("data: ").length === 3) return resolve(text);
      }
    }, reject);
  });
  const names = [{ flow: first.flows[0]!.flow, quantity: first.panels[0]!.quantities[0]!.id }];
  t.is((await askJson(`${url}series`, { names, from_s: first.from_s, to_s: first.to_s, pixels: 500 })).status, 200);
  t.regex(await told, /"models":1[\s\S]*"models":2/);
  const whole = await modelNow();
  t.falsy(whole.pending);
  t.true(whole.diagnoses.length > 0);
});
