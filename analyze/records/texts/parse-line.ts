/** Parses one line of numbers. lines.as.ts does the same for many lines of the documented text. */

/** How a field is parsed. `ends` covers the four fields that name both ends. */
export type FieldKind = keyof typeof codes;
export const codes = { number: 0, ends: 1, type: 2, time: 3, hex: 4, word: 5, bareHex: 6 } as const;

/** Indexes into `tells`, where `parseLine` puts further results. */
export const told = { endsFrom: 0, endsTo: 1, failed: 2, at: 3 } as const;

/**
 * Parses the line at `begin`. The number of each field goes to `numbers`, from index `base` on; for a word, its offset.
 * Returns the offset of the line's end. If the line is not a record, returns -1 and puts the index of the wrong field
 * (-1: too many fields) and its offset into `tells`. `more`: further words may follow.
 */
export function parseLine(
  text: Uint8Array,
  begin: number,
  kinds: Uint8Array,
  limits: Float64Array,
  numbers: Float64Array,
  base: number,
  tells: Int32Array,
  more: boolean,
): number {
  const count = kinds.length;
  let at = begin;
  let index = 0;
  let start = begin;
  for (; index < count; index++) {
    start = at;
    const kind = kinds[index]!;
    if (kind === codes.number) {
      let digit = text[at]! ^ 48;
      if (digit > 9) break;
      // Nine digits fit in 31 bits, and 32-bit arithmetic is faster.
      const stop = at + 9;
      let small = digit;
      for (digit = text[++at]! ^ 48; digit <= 9 && at < stop; digit = text[++at]! ^ 48)
        small = (Math.imul(small, 10) + digit) | 0;
      if (digit > 9) numbers[base + index] = small;
      else {
        let value = small * 10 + digit;
        for (digit = text[++at]! ^ 48; digit <= 9; digit = text[++at]! ^ 48) value = value * 10 + digit;
        numbers[base + index] = value;
      }
      if (numbers[base + index]! > limits[index]!) break;
    } else if (kind === codes.ends) {
      let spaces = 0;
      for (;;) {
        const byte = text[at]!;
        if (byte === 32) {
          if (++spaces === 4) break;
        } else if (byte === 10) break;
        at++;
      }
      tells[told.endsFrom] = start;
      tells[told.endsTo] = at;
    } else if (kind === codes.hex || kind === codes.bareHex) {
      let digits = 0;
      let value = 0;
      if (kind === codes.bareHex || (text[at] === 48 && (text[at + 1]! | 32) === 120)) {
        at += kind === codes.hex ? 2 : 0;
        for (; digits < 16; at++, digits++) {
          const byte = text[at]!;
          const digit = byte ^ 48;
          const letter = (byte | 32) - 87;
          if (digit <= 9) value = value * 16 + digit;
          else if (letter >= 10 && letter <= 15) value = value * 16 + letter;
          else break;
        }
      }
      if (digits === 0 || value > limits[index]!) break;
      numbers[base + index] = value;
    } else if (kind === codes.type) {
      const digit = text[at]! ^ 48;
      if (digit > 5) break;
      numbers[base + index] = digit;
      at++;
    } else if (kind === codes.time) {
      let digit = text[at]! ^ 48;
      if (digit > 9) break;
      let seconds = digit;
      for (digit = text[++at]! ^ 48; digit <= 9; digit = text[++at]! ^ 48) seconds = seconds * 10 + digit;
      let fraction = 0;
      if (text[at] === 46) {
        let places = 0;
        for (digit = text[++at]! ^ 48; digit <= 9; digit = text[++at]! ^ 48) {
          if (places++ < 9) fraction = (Math.imul(fraction, 10) + digit) | 0;
        }
        for (; places < 9; places++) fraction = Math.imul(fraction, 10);
      }
      numbers[base + index] = seconds * 1e9 + fraction;
    } else {
      let byte = text[at]!;
      while (byte !== 32 && byte !== 10 && byte !== 13) byte = text[++at]!;
      if (at === start) break;
      numbers[base + index] = start;
    }
    if (text[at] !== 32 || (more && index === count - 1)) {
      if (index === count - 1 && (text[at] === 32 || text[at] === 10 || (text[at] === 13 && text[at + 1] === 10)))
        return at;
      break;
    }
    at++;
  }
  tells[told.failed] = index === count ? -1 : index;
  tells[told.at] = start;
  return -1;
}
