/** What is in a specification: every unit that draws something, with its data and the fields it names. */
import type { VegaLiteSpec } from "../../index.ts";

export type Row = Record<string, string | number>;

export interface Unit {
  readonly values: readonly Row[];
  readonly fields: readonly string[];
  readonly mark: Readonly<Record<string, unknown>>;
}

/** Its own data, or what it inherits. */
export function unitsOf(spec: VegaLiteSpec, inherited: readonly Row[] | null = null): Unit[] {
  const own = (spec.data as { values?: readonly Row[] } | undefined)?.values ?? inherited;
  const children = (["vconcat", "hconcat", "concat", "layer"] as const).flatMap(
    (key) => (spec[key] as VegaLiteSpec[] | undefined) ?? [],
  );
  if (children.length > 0) return children.flatMap((child) => unitsOf(child, own));
  const mark = (spec.mark ?? {}) as Record<string, unknown>;
  return [{ values: own ?? [], fields: [...new Set(fieldsIn(spec.encoding))], mark }];
}

function fieldsIn(value: unknown): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "field" && typeof inner === "string" ? [inner] : fieldsIn(inner),
  );
}

export interface Point {
  readonly t: number;
  readonly value: number;
}

/** The unit of the shape of this name. */
export const unitOf = (spec: VegaLiteSpec, name: string): Unit | undefined =>
  unitsOf(spec).find(({ values }) => values[0]?.series === name && values[0].value !== undefined);

/** The points of the line of this name. */
export const lineOf = (spec: VegaLiteSpec, name: string): Point[] => unitOf(spec, name)!.values as never;

/** Lines of data: not those of the legend, which have none. */
export const dataLines = (spec: VegaLiteSpec): Unit[] =>
  unitsOf(spec).filter(({ mark, fields }) => mark.type === "line" && fields.length > 0);
