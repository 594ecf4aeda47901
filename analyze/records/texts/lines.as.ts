/**
 * Parses lines of the documented text into columns, for fields.ts. This is AssemblyScript, which has types of its own;
 * `npm run build:wasm` compiles it to WebAssembly. parse-line.ts does the same in TypeScript for one line, and a test
 * compares both.
 *
 * wasm-lines.ts lays out all memory. Nothing is allocated here.
 */

// Kinds of fields: `codes` of parse-line.ts.
const NUMBER: u8 = 0;
const ENDS: u8 = 1;
const TYPE: u8 = 2;
const TIME: u8 = 3;
const HEX: u8 = 4;

// How a column is stored.
const U8: u8 = 1;
const U16: u8 = 2;
const U32: u8 = 3;
const I64: u8 = 4;
const F64: u8 = 5;

/** Size of a field: kind u8, column's kind u8 (0: no column), column u32 at 4, limit u64 at 8, scale f64 at 16. */
const FIELD_BYTES: usize = 24;
/**
 * Size of an entry of the table of ends: address of its bytes u32, their number u32, connection u64, number of the
 * ends u32, both ports u16.
 */
const ENTRY_BYTES: usize = 24;

let fields: usize = 0;
let fieldsEnd: usize = 0;
/** Index of the field that holds the connection's number, or -1 for none. */
let connectionField: i32 = -1;
let endsColumn: usize = 0;
let sportColumn: usize = 0;
let dportColumn: usize = 0;
let table: usize = 0;
let slotMask: u32 = 0;
let entries: usize = 0;
let entryCount: u32 = 0;

/** Results of `parse`, in addition to the rows. */
export let stoppedAt: usize = 0;
/** 0: all lines are parsed, or the batch is full; 1: a line is not a record; 2: the ends are not in the table. */
export let stoppedBy: i32 = 0;
/**
 * After 1: index of the wrong field (-1 where there are too many fields) and its address. After 2: the addresses where
 * the ends begin and stop, and the connection's number.
 */
export let wrongField: i32 = 0;
export let wrongAt: usize = 0;
export let endsFrom: usize = 0;
export let endsTo: usize = 0;
export let connection: u64 = 0;
/** Number of lines that `parse` consumed, including empty ones. */
export let lines: u32 = 0;

export function layOut(
  fieldsAt: usize,
  fieldCount: u32,
  connectionAt: i32,
  endsAt: usize,
  sportAt: usize,
  dportAt: usize,
  tableAt: usize,
  slots: u32,
  entriesAt: usize,
): void {
  fields = fieldsAt;
  fieldsEnd = fieldsAt + <usize>fieldCount * FIELD_BYTES;
  connectionField = connectionAt;
  endsColumn = endsAt;
  sportColumn = sportAt;
  dportColumn = dportAt;
  table = tableAt;
  slotMask = slots - 1;
  entries = entriesAt;
  forget();
}

/** Empties the table of ends. */
export function forget(): void {
  memory.fill(table, 0, <usize>(slotMask + 1) << 2);
  entryCount = 0;
}

@inline
function hashOf(from: usize, to: usize, number: u64): u32 {
  let hash: u32 = 0x811c9dc5 ^ <u32>number;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = (hash ^ load<u32>(at)) * 0x9e3779b1;
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = (hash ^ load<u8>(at)) * 0x01000193;
  return hash ^ (hash >>> 15);
}

@inline
function same(one: usize, other: usize, length: u32): bool {
  for (let at: u32 = 0; at < length; at++) if (load<u8>(one + at) != load<u8>(other + at)) return false;
  return true;
}

/** Adds the ends at which `parse` stopped to the table. Their bytes are at `bytes` and must stay there. */
export function keep(bytes: usize, length: u32, number: u64, ends: u32, sport: u32, dport: u32): void {
  let slot = hashOf(bytes, bytes + length, number) & slotMask;
  while (load<u32>(table + (slot << 2)) != 0) slot = (slot + 1) & slotMask;
  const entry = entries + <usize>entryCount * ENTRY_BYTES;
  entryCount++;
  store<u32>(table + (slot << 2), entryCount);
  store<u32>(entry, <u32>bytes);
  store<u32>(entry, length, 4);
  store<u64>(entry, number, 8);
  store<u32>(entry, ends, 16);
  store<u16>(entry, <u16>sport, 20);
  store<u16>(entry, <u16>dport, 22);
}

/** The entry of these ends, or 0 for none. */
@inline
function find(from: usize, to: usize, number: u64): usize {
  const length = <u32>(to - from);
  let slot = hashOf(from, to, number) & slotMask;
  let place = load<u32>(table + (slot << 2));
  while (place != 0) {
    const entry = entries + <usize>(place - 1) * ENTRY_BYTES;
    if (
      load<u32>(entry, 4) == length &&
      load<u64>(entry, 8) == number &&
      same(<usize>load<u32>(entry), from, length)
    )
      return entry;
    slot = (slot + 1) & slotMask;
    place = load<u32>(table + (slot << 2));
  }
  return 0;
}

@inline
function put(field: usize, row: u32, value: u64): void {
  const kind = load<u8>(field, 1);
  const column = <usize>load<u32>(field, 4);
  if (kind == U32) store<u32>(column + ((<usize>row) << 2), <u32>value);
  else if (kind == I64) store<u64>(column + ((<usize>row) << 3), value);
  else if (kind == F64) store<f64>(column + ((<usize>row) << 3), <f64>value * load<f64>(field, 16));
  else if (kind == U8) store<u8>(column + row, <u8>value);
  else if (kind == U16) store<u16>(column + ((<usize>row) << 1), <u16>value);
}

@inline
function stop(at: usize, why: i32): void {
  stoppedAt = at;
  stoppedBy = why;
}

/**
 * Parses the lines in [from, end) into rows from `row` on, up to `mostRows`. The last line must end with a line feed.
 * Returns the number of rows.
 */
export function parse(from: usize, end: usize, row: u32, mostRows: u32): u32 {
  let line = from;
  lines = 0;
  while (line < end) {
    if (load<u8>(line) == 10) {
      lines++;
      line++;
      continue;
    }
    if (row == mostRows) break;
    let at = line;
    let start = line;
    let index: i32 = 0;
    let field = fields;
    let number: u64 = 0;
    let ok = false;
    for (; field < fieldsEnd; field += FIELD_BYTES, index++) {
      start = at;
      const kind = load<u8>(field);
      if (kind == NUMBER) {
        let digit: u32 = <u32>load<u8>(at) - 48;
        if (digit > 9) break;
        let small: u32 = digit;
        const nine = at + 9;
        for (digit = <u32>load<u8>(++at) - 48; digit <= 9 && at < nine; digit = <u32>load<u8>(++at) - 48)
          small = small * 10 + digit;
        let value: u64 = small;
        if (digit <= 9) {
          const most = start + 19;
          for (; digit <= 9 && at < most; digit = <u32>load<u8>(++at) - 48) value = value * 10 + digit;
          if (digit <= 9) {
            // A 20th digit fits only up to 18446744073709551615. Leading zeros are allowed.
            for (; digit <= 9; digit = <u32>load<u8>(++at) - 48) {
              if (value > 1844674407370955161 || (value == 1844674407370955161 && digit > 5)) break;
              value = value * 10 + digit;
            }
            if (digit <= 9) break;
          }
        }
        if (value > load<u64>(field, 8)) break;
        if (index == connectionField) number = value;
        put(field, row, value);
      } else if (kind == ENDS) {
        let spaces = 0;
        for (;;) {
          const byte = load<u8>(at);
          if (byte == 32) {
            if (++spaces == 4) break;
          } else if (byte == 10) break;
          at++;
        }
        endsFrom = start;
        endsTo = at;
      } else if (kind == HEX) {
        let digits = 0;
        let value: u64 = 0;
        if (load<u8>(at) == 48 && (load<u8>(at + 1) | 32) == 120) {
          at += 2;
          for (; digits < 16; at++, digits++) {
            const byte = <u32>load<u8>(at);
            const digit = byte - 48;
            const letter = (byte | 32) - 97;
            if (digit <= 9) value = (value << 4) + digit;
            else if (letter <= 5) value = (value << 4) + letter + 10;
            else break;
          }
        }
        if (digits == 0 || value > load<u64>(field, 8)) break;
        put(field, row, value);
      } else if (kind == TYPE) {
        const digit = <u32>load<u8>(at) - 48;
        if (digit > 5) break;
        put(field, row, digit);
        at++;
      } else if (kind == TIME) {
        let digit = <u32>load<u8>(at) - 48;
        if (digit > 9) break;
        let seconds: f64 = digit;
        for (digit = <u32>load<u8>(++at) - 48; digit <= 9; digit = <u32>load<u8>(++at) - 48)
          seconds = seconds * 10 + <f64>digit;
        let fraction: u32 = 0;
        let places = 0;
        if (load<u8>(at) == 46) {
          for (digit = <u32>load<u8>(++at) - 48; digit <= 9; digit = <u32>load<u8>(++at) - 48)
            if (places++ < 9) fraction = fraction * 10 + digit;
        }
        for (; places < 9; places++) fraction *= 10;
        store<f64>(<usize>load<u32>(field, 4) + ((<usize>row) << 3), seconds * 1e9 + <f64>fraction);
      } else {
        // For a word, only its address is stored.
        let byte = load<u8>(at);
        while (byte != 32 && byte != 10 && byte != 13) byte = load<u8>(++at);
        if (at == start) break;
        if (load<u8>(field, 1) != 0) store<u32>(<usize>load<u32>(field, 4) + ((<usize>row) << 2), <u32>start);
      }
      if (load<u8>(at) != 32) {
        ok =
          field + FIELD_BYTES == fieldsEnd &&
          (load<u8>(at) == 10 || (load<u8>(at) == 13 && load<u8>(at + 1) == 10));
        break;
      }
      at++;
    }
    if (!ok) {
      wrongField = field == fieldsEnd ? -1 : index;
      wrongAt = start;
      stop(line, 1);
      return row;
    }
    const entry = find(endsFrom, endsTo, number);
    if (entry == 0) {
      connection = number;
      stop(line, 2);
      return row;
    }
    store<u32>(endsColumn + ((<usize>row) << 2), load<u32>(entry, 16));
    store<u16>(sportColumn + ((<usize>row) << 1), load<u16>(entry, 20));
    store<u16>(dportColumn + ((<usize>row) << 1), load<u16>(entry, 22));
    row++;
    lines++;
    line = at + (load<u8>(at) == 10 ? 1 : 2);
  }
  stop(line, 0);
  return row;
}
