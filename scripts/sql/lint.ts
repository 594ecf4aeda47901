/**
 * Rules for the view files of analyze/sql. They must not use what other SQL engines lack or interpret differently, and
 * must not sort records that the pass already delivers in order. docs/architecture.md gives the reasons. `_dialect.sql`
 * is exempt.
 */
import { needsOf, relationsOf } from "../../analyze/database/sql-text.ts";
import { closing, selectsOf, type Token, tokensOf } from "./tokens.ts";

export interface Finding {
  readonly line: number;
  readonly rule: string;
}

/** Returns the numbers of lines in which a file's tokens, or its text, break a rule. */
type Find = (tokens: readonly Token[], sql: string) => number[];

/** Finds the lines of tokens for which a test holds. */
const each =
  (holds: (text: string, at: number, tokens: readonly Token[]) => boolean): Find =>
  (tokens) =>
    tokens.flatMap(({ text, line }, at) => (holds(text, at, tokens) ? [line] : []));

const word = (pattern: RegExp): Find => each((text) => pattern.test(text));
const next = (tokens: readonly Token[], at: number, by = 1): string => tokens[at + by]?.text ?? "";
const call = (pattern: RegExp): Find => each((text, at, tokens) => pattern.test(text) && next(tokens, at) === "(");
const bare = (text: string): string => text.replace(/^.*\./, "");

/** Relations that have a row for each record. */
const ofRecords = /^(_?trace|_packet_records|_byte_records|intervals|inflight|rtt_samples)$/;
/** Keys that are never NULL. */
const neverNull = /^(capture|flow|ord|t|w|event|episode|round_trip|cell|cause|retrans)$/;
/** Functions whose result needs no further rounding. */
const whole = /^(floor|round|ceil|sum|count|min|max|coalesce|greatest|least|nullif|lag|lead)$/;

/** The tokens of a list, split at its commas. */
function partsOf(tokens: readonly Token[], from: number, to: number): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(from, to)) {
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    if (token.text === "," && depth === 0) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

const endOfList = /^(ORDER|ROWS|RANGE|HAVING|LIMIT|WINDOW|UNION|QUALIFY|WHERE|LEFT|JOIN|CROSS|GROUP|;)$/;

/** The end of the list that contains the token at `from`. */
function listEnd(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const { text } = tokens[at]!;
    if (text === "(") depth++;
    if (text === ")" && --depth < 0) return at;
    if (depth === 0 && endOfList.test(text)) return at;
  }
  return tokens.length;
}

/** The lists after `GROUP BY`, `PARTITION BY` and so on. */
const lists = (tokens: readonly Token[], first: RegExp): { readonly at: number; readonly parts: Token[][] }[] =>
  tokens.flatMap(({ text }, at) =>
    first.test(text) && next(tokens, at) === "BY"
      ? [{ at, parts: partsOf(tokens, at + 2, listEnd(tokens, at + 2)) }]
      : [],
  );

const flowWithoutCapture: Find = (tokens) => {
  const found: number[] = [];
  const check = (line: number, names: readonly string[]) => {
    if (names.includes("flow") && !names.includes("capture")) found.push(line);
  };
  for (const { at, parts } of lists(tokens, /^(GROUP|PARTITION)$/))
    check(
      tokens[at]!.line,
      parts.filter((part) => part.length === 1).map((part) => bare(part[0]!.text)),
    );
  for (const [at, { text, line }] of tokens.entries()) {
    if (text === "USING" && next(tokens, at) === "(")
      check(
        line,
        tokens.slice(at + 2, closing(tokens, at + 1)).map(({ text }) => text),
      );
    if (text !== "ON") continue;
    const condition = tokens.slice(at + 1, listEnd(tokens, at + 1));
    check(
      line,
      condition.flatMap(({ text }, place) => (next(condition, place) === "=" ? [bare(text)] : [])),
    );
  }
  return found;
};

const windowsOverRecords: Find = (tokens) =>
  selectsOf(tokens).flatMap((own) => {
    const reads = own.some(({ text }, at) => /^(FROM|JOIN)$/.test(text) && ofRecords.test(next(own, at)));
    const isGrouped = own.some(({ text }, at) => text === "GROUP" && next(own, at) === "BY");
    if (!reads || isGrouped) return [];
    return own.flatMap(({ text, line }, at) => {
      const opens = (text === "OVER" && next(own, at) === "(") || (text === "AS" && next(own, at) === "(");
      if (!opens || next(own, at, 2) === "SELECT" || next(own, at, 2) === "WITH") return [];
      const inside = own.slice(at + 2, closing(own, at + 1));
      return inside.some(({ text }) => text === "ORDER") ? [line] : [];
    });
  });

const uncertainOrder: Find = (tokens) =>
  lists(tokens, /^ORDER$/).flatMap(({ at, parts }) => {
    if (next(tokens, at, -3) === "WITHIN" || next(tokens, at, -2) === "GROUP") return [];
    return parts.flatMap((part) => {
      const isSure = part.some(({ text }) => text === "NULLS") || neverNull.test(bare(part[0]?.text ?? ""));
      return isSure ? [] : [part[0]?.line ?? tokens[at]!.line];
    });
  });

const keylessExtreme: Find = (tokens) =>
  tokens.flatMap(({ text, line }, at) => {
    if (!/^(max|min|arg_max|arg_min)_by$|^arg_(max|min)$/.test(text)) return [];
    const [, key = []] = partsOf(tokens, at + 2, closing(tokens, at + 1));
    return key[0]?.text === "CASE" ? [] : [line];
  });

/**
 * `double::BIGINT` truncates in some engines and rounds in others. It is reported for values that may have a fraction,
 * judging by their name or expression.
 */
const roughCast: Find = (tokens) =>
  tokens.flatMap(({ text, line }, at) => {
    if (text !== "::" || next(tokens, at) !== "BIGINT") return [];
    const before = tokens[at - 1]!.text;
    if (before !== ")") return /_(s|us|ms|bps|share|mean)$|^t$|^\d+\.|e\d/.test(bare(before)) ? [line] : [];
    let open = at - 1;
    for (let depth = 0; open >= 0; open--) {
      if (tokens[open]!.text === ")") depth++;
      if (tokens[open]!.text === "(" && --depth === 0) break;
    }
    if (whole.test(tokens[open - 1]?.text ?? "")) return [];
    const inside = tokens.slice(open, at).map(({ text }) => text);
    return inside.some((text) => text === "/" || text === "DOUBLE" || /^\d+\.|^\d+e/.test(text)) ? [line] : [];
  });

const needs: Find = (_, sql) => {
  const [said, read] = [needsOf(sql), relationsOf(sql)];
  return said.length !== read.length || read.some((name) => !said.includes(name)) ? [1] : [];
};

const oneSelect: Find = (tokens) => {
  const isOne =
    /^(WITH|SELECT)$/.test(tokens[0]?.text ?? "") && tokens.findIndex(({ text }) => text === ";") === tokens.length - 1;
  return isOne ? [] : [tokens[0]?.line ?? 1];
};

export const rules: Readonly<Record<string, Find>> = {
  "a list's subscript or literal": word(/^\[$/),
  "unnest: say explode(sequence(a, b))": call(/^unnest$/i),
  "range: say explode(sequence(a, b))": call(/^(range|generate_series)$/i),
  "IGNORE NULLS": each((text, at, tokens) => /^(IGNORE|RESPECT)$/i.test(text) && next(tokens, at) === "NULLS"),
  "EXCLUDE, REPLACE or RENAME of columns": each(
    (text, at, tokens) => /^(EXCLUDE|REPLACE|RENAME)$/i.test(text) && /\*$/.test(next(tokens, at, -1)),
  ),
  "UNION BY NAME": each((text, at, tokens) => text === "BY" && next(tokens, at) === "NAME"),
  "//: say whole_quotient(a, b)": word(/^\/\/$/),
  "a name in double quotes": word(/^"/),
  "a backslash in text": word(/\\/),
  "a cast to an unsigned or enumerated type": each(
    (text, at, tokens) =>
      /^(U\w*INT\w*|ca_state|record_type|held_by)$/.test(text) &&
      (next(tokens, at, -1) === "::" || (next(tokens, at, -1) === "AS" && next(tokens, at) === ")")),
  ),
  "a hidden variable": call(/^(getvariable|getenv|current_setting)$/i),
  "a file that it reads itself": call(/^read_\w+$/i),
  "CREATE: the loader writes it": word(/^CREATE$/i),
  "ANTI or SEMI JOIN, ASOF, PIVOT, QUALIFY": word(/^(ANTI|SEMI|ASOF|POSITIONAL|PIVOT|UNPIVOT|QUALIFY)$/i),
  MATERIALIZED: word(/^MATERIALIZED$/i),
  "max_by or min_by whose key does not say when the value is NULL (CASE WHEN … END)": keylessExtreme,
  "a cast of a double to BIGINT without floor or round": roughCast,
  "a division by what can be 0: nullif(divisor, 0)": each(
    (text, at, tokens) => text === "/" && !/^(nullif|\d.*)$/.test(next(tokens, at)),
  ),
  "ORDER BY of a key that can be NULL without NULLS FIRST or LAST": uncertainOrder,
  "a key of flow without capture": flowWithoutCapture,
  "a window in order over all records: let the pass carry it": windowsOverRecords,
  "a name that means something else here (stage, piece, lives, steps)": each((text) =>
    /^_?(stages?|pieces?|lives|steps?)$/i.test(bare(text)),
  ),
  "`-- needs:` that does not name what it reads, and only that": needs,
  "more, or other, than one SELECT": oneSelect,
  "a line of 120 characters or more": (_, sql) =>
    sql.split("\n").flatMap((line, at) => (line.length >= 120 ? [at + 1] : [])),
};

/** All violations in the text of a view file. */
export function lint(sql: string): Finding[] {
  const tokens = tokensOf(sql);
  return Object.entries(rules)
    .flatMap(([rule, find]) => find(tokens, sql).map((line) => ({ line, rule })))
    .sort((a, b) => a.line - b.line);
}
