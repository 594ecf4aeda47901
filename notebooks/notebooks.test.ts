/** The notebooks run from top to bottom in Deno's Jupyter kernel, and their plots show themselves. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { requires } from "../test/support/requires.ts";
import { deno, executeNotebook, hasOutput, type Notebook, notebookText, readNotebook, sourceOf } from "./execute.ts";

const test = requires({
  tools: ["jupyter-nbconvert"],
  also: { "the npm package deno with its program": existsSync(deno) },
});

const folder = import.meta.dirname;
const notebooks = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

interface Bundle {
  readonly "application/vnd.vegalite.v5+json": object;
  readonly "image/svg+xml": string | string[];
  readonly "text/plain": string | string[];
}

/** The outputs that are pictures, with the source of their cell. */
const picturesOf = (notebook: Notebook): [source: string, bundle: Bundle][] =>
  notebook.cells.flatMap((cell) =>
    (cell.outputs ?? [])
      .filter((output) => output.data && "image/svg+xml" in output.data)
      .map((output): [string, Bundle] => [sourceOf(cell), output.data as unknown as Bundle]),
  );

/** What the cells print, each number to three decimals: sums of doubles vary in the last digit. */
const textsOf = (notebook: Notebook): string[] =>
  notebook.cells.flatMap((cell) =>
    (cell.outputs ?? []).map(({ text, data }) =>
      [text ?? data?.["text/plain"]]
        .flat()
        .join("")
        .replaceAll(/\d+\.\d{4,}/g, (number) => Number(number).toFixed(3))
        .replaceAll(/[ ─]+/g, " "),
    ),
  );

/** Of a notebook, and of each picture in it with the tables around. */
const mostBytes = 500_000;
const mostBytesAPicture = 125_000;

/** All arrays of rows in a specification. */
function rowsIn(value: unknown): object[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "values" && Array.isArray(inner) ? (inner as object[]) : rowsIn(inner),
  );
}

for (const name of notebooks) {
  const path = join(folder, name);

  test.serial(`${name} runs without an error, every cell shows its output, plots show themselves`, async (t) => {
    const executed = await executeNotebook(path);
    t.log(`${executed.runs} runs`);
    const outputs = executed.cells.flatMap((cell) => cell.outputs ?? []);
    t.deepEqual(
      outputs.filter((output) => output.output_type === "error"),
      [],
    );
    const plots = executed.cells.filter((cell) => cell.cell_type === "code" && /\.plot\(/.test(sourceOf(cell)));
    const pictures = picturesOf(executed);
    t.deepEqual(textsOf(readNotebook(path)), textsOf(executed), `node notebooks/execute.ts notebooks/${name}`);
    t.true(plots.length >= 2);
    t.is(pictures.length, plots.length);
    for (const [source, bundle] of pictures) {
      t.deepEqual(Object.keys(bundle).sort(), ["application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"]);
      const svg = [bundle["image/svg+xml"]].flat().join("");
      const lines = [...svg.matchAll(/class="mark-line[\s\S]*?<path [^>]*d="([^"]*)"/g)].map(([, path]) => path!);
      t.true(
        lines.some((path) => path.split(/[LHV]/).length > 20),
        `${source}: no line in the SVG`,
      );
      const spec = bundle["application/vnd.vegalite.v5+json"];
      t.like(spec, { $schema: "https://vega.github.io/schema/vega-lite/v5.json" });
      t.true(rowsIn(spec).length > 20, `${source}: no data in the specification`);
      t.regex([bundle["text/plain"]].flat().join(""), / of \.\.\/test\/fixtures\/\S+\.tpp/);
    }
  });

  test(`${name} prints once a cell: of two outputs Deno's kernel may send one too late, and nobody would notice`, (t) => {
    for (const source of readNotebook(path)
      .cells.filter((cell) => cell.cell_type === "code")
      .map(sourceOf)) {
      const prints = source.match(/^console\./gm)?.length ?? 0;
      t.true(prints <= 1, source);
      t.true(prints === 0 || source.trimEnd().endsWith(";") || source.trimEnd().endsWith("}"), source);
    }
  });

  test(`${name} is kept with its outputs, small, and without a trace of the machine that ran it`, (t) => {
    const kept = readNotebook(path);
    for (const cell of kept.cells.filter(hasOutput)) t.true(cell.outputs!.length > 0, sourceOf(cell));
    const text = notebookText(kept);
    t.true(text.length < Math.min(mostBytes, mostBytesAPicture * picturesOf(kept).length), `${text.length} bytes`);
    t.notRegex(text, /\/(root|home|tmp|usr|work|Users)\//);
    t.notRegex(text, /\\u001b/);
  });
}
