/**
 * Changed files, from a seed: bytes, lengths and whole frames of some captures, moved, repeated, cut and made up.
 * Synthetic.
 */
import { crc32 } from "node:zlib";
import { metadataFrame, u32 } from "./frames.ts";
import { wrongValues } from "./metadata.ts";

type Chance = () => number;
const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);
const pick = <Kind>(chance: Chance, from: readonly Kind[]): Kind => from[below(chance, from.length)]!;

/** No file becomes longer: each is read by everything. */
const mostBytes = 64 * 1024;

const interesting = [0, 1, 7, 8, 16, 255, 65535, 2 ** 20, 2 ** 24 - 8, 2 ** 24, 2 ** 31, 2 ** 32 - 1];
const magics = [
  u32(0xfd2fb528),
  u32(0x184d2a50),
  u32(0x184d2a5e),
  Buffer.from("TPPH"),
  Buffer.from("TPPC"),
  Buffer.from("TPPT"),
];

type Mutation = (file: Buffer, chance: Chance, other: Buffer) => Buffer;

const spliced = (file: Buffer, at: number, remove: number, insert: Buffer): Buffer =>
  Buffer.concat([file.subarray(0, at), insert, file.subarray(at + remove)]);

const mutations: readonly Mutation[] = [
  (file, chance) => {
    const changed = Buffer.from(file);
    for (let flips = 1 + below(chance, 8); flips > 0 && changed.length > 0; flips -= 1)
      changed[below(chance, changed.length)]! ^= 1 << below(chance, 8);
    return changed;
  },
  (file, chance) => {
    const changed = Buffer.from(file);
    if (changed.length >= 4) changed.writeUInt32LE(pick(chance, interesting), below(chance, changed.length - 3));
    return changed;
  },
  (file, chance) => spliced(file, below(chance, file.length), 0, pick(chance, magics)),
  (file, chance) => file.subarray(0, below(chance, file.length)),
  (file, chance) => spliced(file, below(chance, file.length), below(chance, 2000), Buffer.alloc(0)),
  (file, chance) => {
    const from = below(chance, file.length);
    return spliced(file, below(chance, file.length), 0, file.subarray(from, from + 1 + below(chance, 4000)));
  },
  (file, chance, other) => {
    const from = below(chance, other.length);
    return spliced(
      file,
      below(chance, file.length),
      below(chance, 1000),
      other.subarray(from, from + 1 + below(chance, 4000)),
    );
  },
  // The rest change metadata, and make its CRC right again.
  (file, chance) =>
    withMetadata(file, chance, (json) =>
      json.replace(/\d+/g, (digits) => (chance() < 0.1 ? String(pick(chance, interesting)) : digits)),
    ),
  (file, chance) => withMetadata(file, chance, (json) => replacedValue(json, chance)),
  (file, chance) =>
    withMetadata(
      file,
      chance,
      (json) => json.slice(0, below(chance, json.length)) + json.slice(below(chance, json.length)),
    ),
];

/** One to four changes, each of them one after the other. */
export function mutated(file: Buffer, other: Buffer, chance: Chance): Buffer {
  let changed = file;
  for (let count = 1 + below(chance, 4); count > 0; count -= 1)
    changed = pick(chance, mutations)(changed, chance, other).subarray(0, mostBytes);
  return changed;
}

const tags = ["TPPH", "TPPC", "TPPT"];

function withMetadata(file: Buffer, chance: Chance, change: (json: string) => string): Buffer {
  const places = tags.flatMap((tag) => placesOf(file, tag));
  if (places.length === 0) return file;
  const { at, length, tag } = pick(chance, places);
  return spliced(file, at, length, metadataFrame(tag, change(file.toString("utf8", at + 16, at + length))));
}

function placesOf(file: Buffer, tag: string): { at: number; length: number; tag: string }[] {
  const places = [];
  for (let at = file.indexOf(tag, 8, "latin1"); at !== -1; at = file.indexOf(tag, at + 1, "latin1")) {
    const start = at - 8;
    const length = 8 + file.readUInt32LE(start + 4);
    const isSound = length >= 16 && start + length <= file.length && crcHolds(file.subarray(start, start + length));
    if (isSound) places.push({ at: start, length, tag });
  }
  return places;
}

const crcHolds = (frame: Buffer): boolean =>
  crc32(frame.subarray(16), crc32(frame.subarray(8, 12))) === frame.readUInt32LE(12);

const shortWrongValues = Object.values(wrongValues).filter((json) => json.length < 10_000);

function replacedValue(json: string, chance: Chance): string {
  const values = [...json.matchAll(/:("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|null|true|false|\[\]|\{\})/g)];
  if (values.length === 0) return json;
  const { index, 0: found } = pick(chance, values);
  return `${json.slice(0, index)}:${pick(chance, shortWrongValues)}${json.slice(index + found.length)}`;
}
