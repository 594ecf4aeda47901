/** `analyze schema`: the documented columns of the views. */
import { UsageError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { readSchema, readSchemas } from "../trace/schema.ts";
import { viewNames } from "../trace/views.ts";
import type { CommandIo } from "./open.ts";

/** Prints the documented columns of one view, or what each view is. */
export async function schema(
  view: string | undefined,
  options: { readonly json?: boolean },
  io: CommandIo,
): Promise<void> {
  if (view !== undefined && !(viewNames as readonly string[]).includes(view))
    throw new UsageError(`${view}: no such view.${didYouMean(view, viewNames)} There are ${viewNames.join(", ")}`);
  io.page?.();
  if (options.json) {
    const schemas = view === undefined ? await readSchemas() : [await readSchema(view)];
    io.stdout.write(`${JSON.stringify(schemas, null, 2)}\n`);
  } else if (view === undefined) {
    const width = Math.max(...viewNames.map((name) => name.length));
    for (const { view, about } of await readSchemas())
      io.stdout.write(`${view.padEnd(width)}  ${firstSentence(about)}\n`);
    io.stdout.write("\n`analyze schema VIEW` prints its columns\n");
  } else {
    const { about, columns } = await readSchema(view);
    const widths = [0, 1].map((index) => Math.max(...columns.map(({ name, type }) => [name, type][index]!.length)));
    const indent = " ".repeat(widths[0]! + widths[1]! + 4);
    const width = Number.isFinite(io.columns) ? io.columns : 120;
    io.stdout.write(`${fold(about, width).join("\n")}\n\n`);
    for (const { name, type, meaning } of columns) {
      const lines = fold(meaning, Math.max(width - indent.length, 40));
      io.stdout.write(`${name.padEnd(widths[0]!)}  ${type.padEnd(widths[1]!)}  ${lines.join(`\n${indent}`)}\n`);
    }
  }
}

const firstSentence = (text: string): string => /^.*?\.(?= |$)/.exec(text)?.[0] ?? text;

/** Lines of at most so many characters, broken at spaces. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
