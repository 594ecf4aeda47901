/**
 * Causes known by construction (test/fixtures/causes): `validation-…` recordings were made with other paths, numbers,
 * algorithms and, from the module, another kernel than the `cause-…` ones, and were not looked at while the rules were
 * written.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { convertModuleText } from "../../../test/fixtures/module-text.ts";
import { analyze, temporaryDirectory } from "../../../test/support/analyze.ts";

const folder = fileURLToPath(new URL("../../../test/fixtures/causes/", import.meta.url));
const causes: Readonly<Record<string, string>> = {
  cwnd: "congestion window",
  receiver: "receiver",
  application: "application",
  loss: "loss",
  blackout: "blackout",
};
const endings = { tracefs: [".tpp", folder], kmod: [".txt.zst", join(folder, "kmod-raw")] } as const;

for (const [source, [ending, directory]] of Object.entries(endings)) {
  for (const file of readdirSync(directory).filter((name) => name.endsWith(ending))) {
    const name = file.slice(0, -ending.length);
    const made = causes[name.split("-").at(-1)!]!;
    // The module's 30 fields tell nothing of the send buffer. Tracepoints tell no pacing either: small writes with
    // rests between look as it does.
    const group = source === "kmod" ? "application or send buffer" : "application, pacing or send buffer";
    const cause = made === "application" ? group : made;
    test(`${source}, ${name.replace("tracefs-", "")}: ${cause}`, async (t) => {
      let path = join(directory, file);
      if (source === "kmod") {
        path = join(temporaryDirectory(t), `${name}.tpp`);
        await convertModuleText(folder, name, path);
      }
      const { code, out, err } = await analyze("diagnose", path, "--json", "--no-cache");
      t.is(code, 0, err);
      const [report, ...others] = JSON.parse(out);
      t.is(others.length, 0);
      t.is(report.cause, cause);
      t.true(report.cost_s > 0 && report.cost_s <= report.facts.life_s * 1.01);
      t.true(report.periods.length > 0);
      const text = (await analyze("diagnose", path, "--no-cache")).out;
      t.regex(text, /^ {4}cost {6}≈ \S+ m?s of its /m);
      t.regex(text, /^ {4}see {7}analyze plot \S+ \w+ --flow \d+/m);
    });
  }
}

test("there are five causes of each kind and source", (t) => {
  for (const [ending, directory] of Object.values(endings)) {
    const names = readdirSync(directory).filter((name) => name.endsWith(ending));
    for (const kind of ["cause", "validation"]) t.is(names.filter((name) => name.includes(`${kind}-`)).length, 5);
  }
});

test("the plot that a diagnosis names can be drawn", async (t) => {
  const path = join(folder, "tracefs-cause-receiver.tpp");
  const command = /see {7}analyze (.*)$/m.exec((await analyze("diagnose", path)).out)?.[1] ?? "";
  const output = join(temporaryDirectory(t), "x.svg");
  const args = command.replace(/-o \S+/, `-o ${output}`).split(" ");
  const { code, err } = await analyze(...args);
  t.is(code, 0, err);
});

test("a flow that is not there is refused", async (t) => {
  const { code, err } = await analyze("diagnose", join(folder, "tracefs-cause-cwnd.tpp"), "--flow", "99");
  t.is(code, 65);
  t.regex(err, /^analyze: no flow 99: the capture has flows 1 to 4/m);
});
