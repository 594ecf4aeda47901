/** Splits SQL text into tokens for the lint. The lint looks only at sequences of tokens, not at what a query means. */
export interface Token {
  readonly text: string;
  readonly line: number;
}

const shapes =
  /--.*|'(?:[^']|'')*'|"[^"]*"|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_]\w*(?:\.[A-Za-z_*]\w*)?|::|\/\/|<>|<=|>=|\|\||\S/g;

/** The tokens of a text, without comments. A name qualified with its table is one token. */
export function tokensOf(sql: string): Token[] {
  let line = 1;
  let at = 0;
  const tokens: Token[] = [];
  for (const { 0: text, index } of sql.matchAll(shapes)) {
    line += sql.slice(at, index).split("\n").length - 1;
    at = index;
    if (!text.startsWith("--")) tokens.push({ text, line });
  }
  return tokens;
}

/** Index of the parenthesis that closes the one at `open`, or the number of tokens if there is none. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]!.text === "(") depth++;
    if (tokens[at]!.text === ")" && --depth === 0) return at;
  }
  return tokens.length;
}

/** The tokens of each SELECT in a text. A subquery is not part of the outer SELECT, but one of its own. */
export function selectsOf(tokens: readonly Token[]): Token[][] {
  const selects: Token[][] = [];
  const collect = (from: number, to: number): void => {
    let own: Token[] = [];
    for (let at = from; at < to; at++) {
      const token = tokens[at]!;
      if (/^(UNION|EXCEPT|INTERSECT)$/.test(token.text)) {
        selects.push(own);
        own = [];
        continue;
      }
      own.push(token);
      if (token.text !== "(" || !/^(SELECT|WITH)$/.test(tokens[at + 1]?.text ?? "")) continue;
      const end = closing(tokens, at);
      collect(at + 1, end);
      at = end - 1;
    }
    selects.push(own);
  };
  collect(0, tokens.length);
  return selects;
}
