/** What the text of a file of sql/ declares and reads. */

/** The names in its `-- needs:` line. */
export function needsOf(sql: string): string[] {
  const line = /^-- needs: (.*)$/m.exec(sql)?.[1] ?? "";
  return line.split(",").flatMap((need) => need.trim() || []);
}

/** The tables and views that a SELECT reads, except those that its own WITH defines. */
export function relationsOf(sql: string): string[] {
  const code = sql.replaceAll(/--.*$/gm, "").replaceAll(/'[^']*'/g, "''");
  const own = new Set([...code.matchAll(/\b(\w+) AS \(/g)].map(([, name]) => name!));
  const read = [...code.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/g)].map(([, name]) => name!);
  return [...new Set(read)].filter((name) => !own.has(name));
}
