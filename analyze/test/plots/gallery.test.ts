/** docs/gallery.md: every plot is in it, and its commands work as they stand there. */
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { gallery } from "../../../scripts/gallery.ts";
import { plotNames } from "../../index.ts";

const page = readFileSync(new URL("../../../docs/gallery.md", import.meta.url), "utf8");

test("every plot is in the gallery, with its picture and its command", (t) => {
  for (const plot of plotNames)
    t.true(
      gallery.some(({ command }) => new RegExp(`\\.tpp ${plot}( |$)`).test(command)),
      plot,
    );
  for (const { name, command } of gallery) {
    t.true(page.includes(`    bin/analyze plot ${command} -o ${name}.svg\n`), `${name}: run npm run gallery`);
    t.true(page.includes(`images/gallery/${name}.png`));
    t.true(existsSync(new URL(`../../../docs/images/gallery/${name}.png`, import.meta.url)), name);
  }
});
