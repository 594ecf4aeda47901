/** Assertions about captures: from the command line, or from a YAML or JSON file. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { InputError, UsageError } from "../errors.ts";

export interface Assertion {
  readonly name: string;
  /** SQL over one row of `flows` and its counts. With an aggregate, over all chosen flows together. */
  readonly expression: string;
  /** Flows it is about. By default, those that carry data. */
  readonly flows?: readonly number[];
}

/** An assertion file: a list, or an object with `assertions`, of texts or of { name, assert, flow }. */
export async function readAssertions(path: string): Promise<Assertion[]> {
  const text = await readFile(path, "utf8").catch((error) => {
    throw new InputError(path, error);
  });
  let content: unknown;
  try {
    content = parse(text); // JSON is YAML
  } catch (error) {
    throw new UsageError(`${path}: is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`);
  }
  const list = Array.isArray(content) ? content : (content as { assertions?: unknown } | null)?.assertions;
  if (!Array.isArray(list) || list.length === 0)
    throw new UsageError(`${path}: holds no assertions. Give a list, a line of which is "- goodput_bps > 9e6"`);
  return list.map((entry, index) => assertionOf(entry, `${path}: assertion ${index + 1}`));
}

/** An assertion of the command line. */
export const assertionOfText = (text: string): Assertion => assertionOf(text, `--assert ${JSON.stringify(text)}`);

function assertionOf(entry: unknown, where: string): Assertion {
  if (typeof entry === "string") return { name: entry, expression: said(entry, where) };
  const { name, assert, flow, ...rest } = (entry ?? {}) as Record<string, unknown>;
  if (typeof assert !== "string" || Object.keys(rest).length > 0)
    throw new UsageError(`${where}: must be a text, or { name, assert, flow } with a text behind assert`);
  const flows = flow === undefined ? undefined : [flow].flat();
  if (flows?.length === 0) throw new UsageError(`${where}: flow is an empty list. Leave it out to mean all flows`);
  if (flows?.some((one) => !Number.isInteger(one) || (one as number) < 1))
    throw new UsageError(`${where}: flow must be the number of a flow, or a list of them`);
  return {
    name: typeof name === "string" ? name : assert,
    expression: said(assert, where),
    ...(flows ? { flows: flows as number[] } : {}),
  };
}

/** The expression, if there is one beside spaces and comments. */
function said(expression: string, where: string): string {
  if (expression.replaceAll(/--.*|\/\*[\s\S]*?\*\//g, "").trim() === "")
    throw new UsageError(`${where}: says nothing. Give an expression, such as "goodput_bps > 9e6"`);
  return expression;
}
