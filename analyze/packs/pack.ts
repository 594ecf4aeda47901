/** Packs of rules: YAML files, ours or the user's. docs/packs.md says what stands in one. */
import { readFile } from "node:fs/promises";
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { type Capabilities, capabilityNames } from "../captures/capabilities.ts";
import { InputError, PackError, UsageError } from "../errors.ts";
import { nearest, packNames, packPath } from "./names.ts";

export interface Rule {
  readonly name: string;
  /** Of the document that the pack is about. */
  readonly section: string;
  /** What it demands, in a sentence. */
  readonly says: string;
  /** What the source must see for the rule to be judged. */
  readonly needs: readonly (keyof Capabilities)[];
  /** The congestion control algorithm it is about; null: any. */
  readonly algorithm: string | null;
  /** Why nothing can be told where no row is found. */
  readonly none: string;
  /** A query: one row a piece of evidence. */
  readonly evidence: string;
  /** Where it stands, for errors. */
  readonly where: string;
}

export interface Pack {
  readonly name: string;
  readonly about: string;
  readonly rules: readonly Rule[];
}

/** A file is told from a name by its ending, or a slash. */
const isPath = (text: string): boolean => /[/\\]|\.ya?ml$/i.test(text);

/** Throws an InputError, a UsageError for a name that there is not, and a PackError for what is wrong in the file. */
export async function readPack(nameOrPath: string): Promise<Pack> {
  if (isPath(nameOrPath)) return packOf(await textOf(nameOrPath), nameOrPath);
  if (!(packNames as readonly string[]).includes(nameOrPath)) {
    const near = nearest(nameOrPath, packNames);
    throw new UsageError(
      `there is no pack ${JSON.stringify(nameOrPath)}. ${near ? `Did you mean ${near}?` : `Packs are ${packNames.join(", ")}; a file of your own is given by its path, as ./my.yaml`}`,
    );
  }
  return packOf(await readFile(packPath(nameOrPath), "utf8"), `${nameOrPath}.yaml`);
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error) => {
    throw new InputError(path, error);
  });
}

const packKeys = ["pack", "about", "reference", "rules"];
const ruleKeys = ["rule", "section", "says", "linux", "needs", "algorithm", "none", "evidence"];

/** `path`: for errors. */
export function packOf(text: string, path: string): Pack {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (why: string, at?: unknown): never => {
    const offset = (at as Node | null | undefined)?.range?.[0];
    throw new PackError(path, offset === undefined ? null : lines.linePos(offset).line, why);
  };
  const [error] = document.errors;
  if (error) throw new PackError(path, lines.linePos(error.pos[0]).line, `is no YAML: ${firstSentence(error.message)}`);
  const root = document.contents;
  if (!isMap(root)) return fail("must be a map with pack, about and rules", root);
  const top = fieldsOf(root, packKeys, "a pack", fail);
  const name = textIn(top, "pack", root, fail);
  const about = textIn(top, "about", root, fail);
  const list = top.get("rules");
  if (!isSeq(list) || list.items.length === 0) return fail("must have rules: a list of at least one", list ?? root);
  const rules = list.items.map((item, index): Rule => {
    if (!isMap(item)) return fail(`rule ${index + 1} must be a map with ${ruleKeys.join(", ")}`, item);
    const own = fieldsOf(item, ruleKeys, "a rule", fail);
    const text = (key: string): string => textIn(own, key, item, fail);
    const ruleName = text("rule");
    if (!/^[a-z0-9][a-z0-9-]*$/.test(ruleName))
      fail(`the rule's name ${JSON.stringify(ruleName)} must be of small letters, digits and -`, own.get("rule"));
    return {
      name: ruleName,
      section: text("section"),
      says: text("says").trim(),
      needs: own.has("needs") ? needsOf(own.get("needs"), fail) : [],
      algorithm: own.has("algorithm") ? text("algorithm") : null,
      none: own.has("none") ? text("none").trim() : "nothing of it is in the capture",
      evidence: text("evidence"),
      where: `${path}:${lines.linePos((own.get("evidence") as Node).range![0]).line}: rule ${ruleName}`,
    };
  });
  for (const [index, { name }] of rules.entries())
    if (rules.findIndex((other) => other.name === name) < index)
      fail(`has two rules of the name ${name}`, list.items[index]);
  return { name, about, rules };
}

type Fail = (why: string, at?: unknown) => never;

function fieldsOf(map: YAMLMap, keys: readonly string[], what: string, fail: Fail): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const { key, value } of map.items as Pair<unknown, unknown>[]) {
    const name = isScalar(key) ? String(key.value) : "";
    if (!keys.includes(name)) {
      const near = nearest(name, keys);
      fail(
        `${JSON.stringify(name)} is nothing that ${what} has${near ? `; did you mean ${near}?` : `; it has ${keys.join(", ")}`}`,
        key,
      );
    }
    fields.set(name, value);
  }
  return fields;
}

function textIn(fields: ReadonlyMap<string, unknown>, key: string, around: unknown, fail: Fail): string {
  const node = fields.get(key);
  const value = isScalar(node) ? node.value : undefined;
  // A section such as 5.5 is a number to YAML.
  const text = typeof value === "number" && key === "section" ? (node as { source?: string }).source : value;
  if (typeof text !== "string" || text.trim() === "")
    return fail(`${key} ${node === undefined ? "is missing" : "must be a text"}`, node ?? around);
  return text;
}

function needsOf(node: unknown, fail: Fail): (keyof Capabilities)[] {
  if (!isSeq(node)) return fail(`needs must be a list of ${capabilityNames.join(", ")}`, node);
  return node.items.map((item) => {
    const name = isScalar(item) ? String(item.value) : "";
    const found = capabilityNames.find((one) => one === name);
    const near = nearest(name, capabilityNames);
    return (
      found ??
      fail(
        `nothing that a source can is called ${JSON.stringify(name)}${near ? `; did you mean ${near}?` : `; there are ${capabilityNames.join(", ")}`}`,
        item,
      )
    );
  });
}

const firstSentence = (message: string): string => message.split("\n")[0]!.replace(/[.:]?\s*$/, "");
