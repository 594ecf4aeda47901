/**
 * Parses lines of the documented text into columns, for fields.ts. This is AssemblyScript, which has types of its own;
 * `npm run build:wasm` compiles it to WebAssembly. parse-line.ts does the same in TypeScript for one line, and a test
 * compares both.
 *
 * The separators in 64 bytes are found at once, so it is known where a field ends before it is read, and up to eight
 * digits are read together. A line with something unusual or wrong in it (a number of more than 16 digits, a carriage
 * return) is read again, byte by byte.
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

/**
 * Size of a field: kind u8, column's kind u8 (0: no column), u8 that is 1 for the connection's number, column u32 at 4,
 * limit u64 at 8, scale f64 at 16.
 */
const FIELD_BYTES: usize = 24;
/**
 * Size of an entry of the table of ends: address of its bytes u32, their number u32, connection u64, number of the
 * ends u32, both ports u16.
 */
const ENTRY_BYTES: usize = 24;

let fields: usize = 0;
let fieldsEnd: usize = 0;
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
  endsAt: usize,
  sportAt: usize,
  dportAt: usize,
  tableAt: usize,
  slots: u32,
  entriesAt: usize,
): void {
  fields = fieldsAt;
  fieldsEnd = fieldsAt + <usize>fieldCount * FIELD_BYTES;
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

/** `count` bytes, fewer than eight. The bytes behind them must be in memory, too. */
@inline
function first(at: usize, count: usize): u64 {
  return load<u64>(at) & ((<u64>1 << (count << 3)) - 1);
}

@inline
function hashOf(from: usize, to: usize, number: u64): u32 {
  let hash: u64 = 0x9e3779b97f4a7c15 ^ number;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    hash = (hash ^ load<u64>(at)) * 0xbf58476d1ce4e5b9;
    hash ^= hash >>> 29;
  }
  hash = (hash ^ first(at, to - at)) * 0x94d049bb133111eb;
  return <u32>(hash >>> 32);
}

@inline
function same(one: usize, other: usize, length: usize): bool {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(one + at) != load<u64>(other + at)) return false;
  return first(one + at, length - at) == first(other + at, length - at);
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
  const column = <usize>load<u32>(field, 4);
  switch (load<u8>(field, 1)) {
    case U8:
      store<u8>(column + row, <u8>value);
      break;
    case U16:
      store<u16>(column + ((<usize>row) << 1), <u16>value);
      break;
    case U32:
      store<u32>(column + ((<usize>row) << 2), <u32>value);
      break;
    case I64:
      store<u64>(column + ((<usize>row) << 3), value);
      break;
    case F64:
      store<f64>(column + ((<usize>row) << 3), <f64>value * load<f64>(field, 16));
      break;
  }
}

@inline
function stop(at: usize, why: i32): void {
  stoppedAt = at;
  stoppedBy = why;
}

const ZEROS: u64 = 0x3030303030303030; // eight times '0'
/** Added to a byte up to 127, this sets the highest bit if the byte is more than 9. */
const OVER_NINE: u64 = 0x7676767676767676;
const HIGHEST: u64 = 0x8080808080808080;

/** Bit n is set if byte n of the 16 bytes is a space or a control character. */
@inline
function separatorsIn16(at: usize): u64 {
  return <u64><u32>i8x16.bitmask(i8x16.le_u(v128.load(at), i8x16.splat(32)));
}

@inline
function separators(at: usize): u64 {
  return (
    separatorsIn16(at) |
    (separatorsIn16(at + 16) << 16) |
    (separatorsIn16(at + 32) << 32) |
    (separatorsIn16(at + 48) << 48)
  );
}

/** The digits before `end`, a byte each, the last one in the highest byte. There are `8 - unused / 8` of them. */
@inline
function digitsBefore(end: usize, unused: u64): u64 {
  return ((load<u64>(end - 8) ^ ZEROS) >> unused) << unused;
}

/** Has a bit of HIGHEST if a byte is no digit. */
@inline
function oddIn(digits: u64): u64 {
  return (digits + OVER_NINE) | digits;
}

/** The number that eight digits spell. */
@inline
function spelled(digits: u64): u64 {
  const pairs = (digits * 2561) >> 8; // 10 * 256 + 1
  const fours = ((pairs & 0x00ff00ff00ff00ff) * 6553601) >> 16; // 100 * 65536 + 1
  return ((fours & 0x0000ffff0000ffff) * 42949672960001) >> 32; // 10000 * 2^32 + 1
}

/**
 * Parses any line into a row, byte by byte. Returns the address behind it, or 0 if it is not a record. Sets `endsFrom`,
 * `endsTo` and `connection`, or `wrongField` and `wrongAt`.
 */
function parseAny(line: usize, row: u32): usize {
  let at = line;
  let start = line;
  let index: i32 = 0;
  let field = fields;
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
      if (load<u8>(field, 2) != 0) connection = value;
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
    return 0;
  }
  return at + (load<u8>(at) == 10 ? 1 : 2);
}

/**
 * Parses the lines in [from, end) into rows from `row` on, up to `mostRows`. The last line must end with a line feed,
 * and 128 bytes of memory must follow it. Returns the number of rows.
 */
export function parse(from: usize, end: usize, row: u32, mostRows: u32): u32 {
  let line = from;
  // The separators that are still to come among the 64 bytes at `block`.
  let block = from;
  let coming: u64 = separators(from);
  lines = 0;
  while (line < end) {
    if (load<u8>(line) == 10) {
      lines++;
      line++;
      block = line;
      coming = separators(line);
      continue;
    }
    if (row == mostRows) break;
    connection = 0;
    let at = line;
    let before: u32 = 32;
    let wrong: u64 = 0;
    let odd: u64 = 0;
    let field = fields;
    for (; field < fieldsEnd; field += FIELD_BYTES) {
      if (before != 32) break;
      while (coming == 0) {
        block += 64;
        coming = separators(block);
      }
      let sep = block + <usize>ctz(coming);
      coming &= coming - 1;
      const kind = load<u8>(field);
      if (kind == NUMBER) {
        const length = <u64>(sep - at);
        let value: u64;
        if (length == 1) {
          value = <u64>load<u8>(at) ^ 48;
          wrong |= <u64>(value > 9);
        } else if (length - 1 < 8) {
          const digits = digitsBefore(sep, (8 - length) << 3);
          odd |= oddIn(digits);
          value = spelled(digits);
        } else {
          if (length - 1 >= 16) break;
          const low = digitsBefore(sep, 0);
          const high = digitsBefore(sep - 8, (16 - length) << 3);
          odd |= oddIn(low) | oddIn(high);
          value = spelled(high) * 100000000 + spelled(low);
        }
        wrong |= <u64>(value > load<u64>(field, 8));
        if (load<u8>(field, 2) != 0) connection = value;
        put(field, row, value);
      } else if (kind == ENDS) {
        let spaces = 0;
        for (; spaces < 3 && load<u8>(sep) == 32; spaces++) {
          while (coming == 0) {
            block += 64;
            coming = separators(block);
          }
          sep = block + <usize>ctz(coming);
          coming &= coming - 1;
        }
        if (spaces < 3) break;
        endsFrom = at;
        endsTo = sep;
      } else if (kind == HEX) {
        const length = sep - at;
        if (length < 3 || length > 18 || (<u32>load<u16>(at) | 0x2000) != 0x7830) break;
        let value: u64 = 0;
        for (at += 2; at < sep; at++) {
          const byte = <u32>load<u8>(at);
          const digit = byte - 48;
          const letter = (byte | 32) - 97;
          wrong |= <u64>(digit > 9 && letter > 5);
          value = (value << 4) + (digit <= 9 ? digit : letter + 10);
        }
        wrong |= <u64>(value > load<u64>(field, 8));
        put(field, row, value);
      } else if (kind == TYPE) {
        const digit = <u32>load<u8>(at) - 48;
        if (sep - at != 1 || digit > 5) break;
        put(field, row, digit);
      } else if (kind == TIME) {
        // Up to eight digits, a point, and nine digits.
        const whole = <u64>(sep - at) - 10;
        if (whole - 1 >= 8 || load<u8>(sep - 10) != 46) break;
        const seconds = digitsBefore(sep - 10, (8 - whole) << 3);
        const tenth = <u64>load<u8>(sep - 9) ^ 48;
        const rest = digitsBefore(sep, 0);
        odd |= oddIn(seconds) | oddIn(rest);
        wrong |= <u64>(tenth > 9);
        store<f64>(
          <usize>load<u32>(field, 4) + ((<usize>row) << 3),
          <f64>(<i64>spelled(seconds)) * 1e9 + <f64>(<i64>(tenth * 100000000 + spelled(rest))),
        );
      } else {
        if (sep == at) break;
        if (load<u8>(field, 1) != 0) store<u32>(<usize>load<u32>(field, 4) + ((<usize>row) << 2), <u32>at);
      }
      before = load<u8>(sep);
      at = sep + 1;
    }
    if (field != fieldsEnd || before != 10 || (wrong | (odd & HIGHEST)) != 0) {
      connection = 0;
      at = parseAny(line, row);
      if (at == 0) {
        stop(line, 1);
        return row;
      }
      block = at;
      coming = separators(at);
    }
    const entry = find(endsFrom, endsTo, connection);
    if (entry == 0) {
      stop(line, 2);
      return row;
    }
    store<u32>(endsColumn + ((<usize>row) << 2), load<u32>(entry, 16));
    store<u16>(sportColumn + ((<usize>row) << 1), load<u16>(entry, 20));
    store<u16>(dportColumn + ((<usize>row) << 1), load<u16>(entry, 22));
    row++;
    lines++;
    line = at;
  }
  stop(line, 0);
  return row;
}
