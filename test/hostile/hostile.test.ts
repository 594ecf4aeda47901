/**
 * What somebody could send: files that are made to harm who opens them. Each is answered soon, in little memory, with a
 * line.
 */
import { readdirSync } from "node:fs";
import test from "ava";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { askAll } from "./bounded.ts";
import { hostileFiles } from "./files.ts";

const commands = ["verify", "recover", "info", "flows"];

for (const [name, make] of hostileFiles) {
  test.serial(`${name}: every command answers with a line, within 10 s and 500 MB`, async (t) => {
    t.timeout(900_000);
    const folder = temporaryDirectory(t);
    const { wrong, answers } = await askAll(make(folder), folder, commands);
    t.deepEqual(wrong, []);
    t.is(answers.length, commands.length);
    t.deepEqual(readdirSync(folder), ["hostile.tpp"]);
  });
}
