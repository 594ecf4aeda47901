/**
 * Describes binary records. All have the same length, and each value has a fixed offset. The description is in the
 * header, so that any program can read the records. It is checked here, and an invalid one is never used for a read.
 */

/** Numbers are little-endian, except `u16be`. `bytes16` is an address, `chars16` is text that ends at a zero byte. */
export const fieldBytes = { u8: 1, u16: 2, u16be: 2, u32: 4, u64: 8, bytes16: 16, chars16: 16 } as const;
export type FieldType = keyof typeof fieldBytes;

export interface RecordField {
  readonly name: string;
  readonly type: FieldType;
  /** Offset in the record, bytes. */
  readonly offset: number;
  /** The field exists only in records whose u8 field of this name has this value. */
  readonly only?: { readonly field: string; readonly value: number };
}

export interface RecordLayout {
  readonly version: 1;
  /** Length of a record. */
  readonly bytes: number;
  /** Whether sequence numbers are those in the segments, or count from the connection's first one. */
  readonly sequence: "absolute" | "relative";
  /** Kernel ticks a second, the unit of fields in jiffies. */
  readonly hz: number;
  readonly fields: readonly RecordField[];
}

/** Greatest length of a record. */
export const maxRecordBytes = 64 * 1024;
const maxFields = 1000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** What is wrong with a description, in one line. Null if it is valid. */
export function layoutProblem(value: unknown): string | null {
  if (!isObject(value)) return "records is not an object";
  const { version, bytes, sequence, hz, fields } = value;
  if (version !== 1) return "records.version is not 1";
  if (!isWhole(bytes, 1, maxRecordBytes)) return `records.bytes is not a whole number from 1 to ${maxRecordBytes}`;
  if (sequence !== "absolute" && sequence !== "relative") return "records.sequence is neither absolute nor relative";
  if (!isWhole(hz, 1, 10_000)) return "records.hz is not a whole number from 1 to 10000";
  if (!Array.isArray(fields) || fields.length > maxFields)
    return `records.fields is not a list of at most ${maxFields}`;
  const types = new Map<string, unknown>();
  for (const [index, field] of fields.entries()) {
    const name = `records.fields[${index}]`;
    if (!isObject(field)) return `${name} is not an object`;
    if (typeof field.name !== "string" || !/^[A-Za-z_][A-Za-z0-9_.]{0,63}$/.test(field.name))
      return `${name}.name is not a field's name`;
    if (types.has(field.name)) return `${name}.name is there twice`;
    if (typeof field.type !== "string" || !Object.hasOwn(fieldBytes, field.type))
      return `${name}.type is none of ${Object.keys(fieldBytes).join(", ")}`;
    if (!isWhole(field.offset, 0, bytes - fieldBytes[field.type as FieldType]))
      return `${name} does not lie inside a record of ${bytes} bytes`;
    types.set(field.name, field.type);
  }
  for (const [index, { only }] of (fields as Record<string, unknown>[]).entries()) {
    if (only === undefined) continue;
    const holds = isObject(only) && isWhole(only.value, 0, 255) && types.get(only.field as string) === "u8";
    if (!holds) return `records.fields[${index}].only does not name a u8 field and its value`;
  }
  return null;
}
