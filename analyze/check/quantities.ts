/**
 * Numbers with units in an assertion, `goodput_bps > 9 Mbit/s`, as the plain numbers of what they are compared with.
 */
import { UsageError } from "../errors.ts";

/** Of each unit: what it measures, and how many of the smallest one it is. */
const units: Readonly<Record<string, readonly [kind: string, factor: number]>> = {
  "bit/s": ["rate", 1],
  "kbit/s": ["rate", 1e3],
  "mbit/s": ["rate", 1e6],
  "gbit/s": ["rate", 1e9],
  b: ["size", 1],
  kb: ["size", 1e3],
  mb: ["size", 1e6],
  gb: ["size", 1e9],
  kib: ["size", 2 ** 10],
  mib: ["size", 2 ** 20],
  gib: ["size", 2 ** 30],
  us: ["time", 1e-6],
  ms: ["time", 1e-3],
  s: ["time", 1],
  "%": ["share", 0.01],
};
/** What a name's ending says that its numbers are, and of which size. */
const endings: readonly (readonly [RegExp, kind: string, unit: number])[] = [
  [/_bps$/, "rate", 1],
  [/_bytes$/, "size", 1],
  [/_us$/, "time", 1e-6],
  [/_ms$/, "time", 1e-3],
  [/_s$/, "time", 1],
  [/_share$/, "share", 1],
];

// A number, and a unit that is no modulo with something behind it. Not within a name.
const quantity =
  /(?<![\w.])(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*((?:[kMG]?bit\/s)|(?:[kMG]i?B)|B|us|ms|s|%(?!\s*[\w(]))(?![\w/])/gi;

/** The assertion with plain numbers. Throws a UsageError for a unit of something else than the name beside it. */
export function withPlainNumbers(expression: string): string {
  const parts = expression.split(/(\bAND\b|\bOR\b|'(?:[^']|'')*')/i);
  return parts
    .map((part, index) => {
      if (part.startsWith("'")) return part;
      // Behind BETWEEN, AND is no end of the condition.
      const before = parts[index - 2] ?? "";
      const clause = /\bBETWEEN\b/i.test(before) ? before + part : part;
      return part.replace(quantity, (text, number, unit) => plain(clause, text, number, unit));
    })
    .join("");
}

function plain(clause: string, text: string, number: string, unit: string): string {
  const [kind, factor] = units[unit.toLowerCase()]!;
  const names = clause.match(/[A-Za-z_]\w*/g) ?? [];
  const measured = names.flatMap((name) => {
    const found = endings.find(([ending]) => ending.test(name));
    return found ? [{ name, kind: found[1], unit: found[2] }] : [];
  });
  const own = measured.find((one) => one.kind === kind);
  if (!own) {
    const beside = measured[0] ? `${measured[0].name} is no ${kind}` : `there is no name of a ${kind} beside it`;
    throw new UsageError(
      `${JSON.stringify(text)}: ${beside}; give a plain number, or compare with a name that ends in ${wanted(kind)}`,
    );
  }
  return String(Number((Number(number) * (factor / own.unit)).toPrecision(15)));
}

const wanted = (kind: string): string =>
  endings
    .filter(([, of]) => of === kind)
    .map(([{ source }]) => source.slice(0, -1))
    .join(", ");
