/** Changing and restoring settings, in an ordinary folder. kmod.test.ts does it with the module itself. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { temporaryDirectory } from "../../../test/support/capture.ts";
import { changeSettings, findLeftSettings, type Places, restoreLeftSettings } from "../../module/settings.ts";

function places(t: ExecutionContext): Places {
  const directory = temporaryDirectory(t);
  const settings = join(directory, "settings");
  mkdirSync(settings);
  for (const [name, value] of Object.entries({ port: "0", extended: "0", full: "1" })) {
    writeFileSync(join(settings, name), `${value}\n`);
  }
  return { settings, state: join(directory, "state") };
}

const settingIn = (where: Places, name: string): string => readFileSync(join(where.settings, name), "utf8").trim();

/** Makes the state file look as if another process, which has ended, had written it. */
function asIfKilled(where: Places): void {
  const path = join(where.state, "settings.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), started: "1" }));
}

test("settings are changed for the run and put back after it", (t) => {
  const where = places(t);
  const putBack = changeSettings({ port: "5001", full: "1" }, where);
  t.deepEqual([settingIn(where, "port"), settingIn(where, "full")], ["5001", "1"]);
  t.is(findLeftSettings(where), null, "its process runs");
  t.deepEqual(putBack(), []);
  t.is(settingIn(where, "port"), "0");
});

test("what a killed run left changed is found, put back and named, once", (t) => {
  const where = places(t);
  changeSettings({ port: "5001", extended: "1" }, where);
  asIfKilled(where);
  t.deepEqual(Object.keys(findLeftSettings(where)?.changes ?? {}), ["port", "extended"]);
  const lines = restoreLeftSettings(where);
  t.is(lines.length, 2);
  t.regex(lines[0]!, /setting port back from 5001 to 0/);
  t.deepEqual([settingIn(where, "port"), settingIn(where, "extended")], ["0", "0"]);
  t.deepEqual([findLeftSettings(where), restoreLeftSettings(where)], [null, []]);
});

test("what somebody else has set meanwhile stays, and is said", (t) => {
  const where = places(t);
  const putBack = changeSettings({ port: "5001" }, where);
  writeFileSync(join(where.settings, "port"), "80\n");
  t.regex(putBack().join(), /changed by somebody else to 80/);
  t.is(settingIn(where, "port"), "80");
});

test("a setting that the kernel refuses is an error, and those before it are put back", (t) => {
  const where = places(t);
  rmSync(join(where.settings, "full"));
  symlinkSync("/proc/version", join(where.settings, "full")); // readable, but not writable
  const error = t.throws(() => changeSettings({ port: "5001", full: "0" }, where));
  t.regex(error?.name ?? "", /^(ModuleSettingError|NotRootError)$/);
  t.is(settingIn(where, "port"), "0");
  t.false(existsSync(join(where.state, "settings.json")));
});

test("a setting that is not there is an error, and nothing is changed", (t) => {
  const where = places(t);
  t.throws(() => changeSettings({ port: "5001", newer: "1" }, where), { name: "ModuleSettingError" });
  t.is(settingIn(where, "port"), "0");
});
