/** The pieces a .tpp file is made of, found one after the other; and the next sound piece after a broken one. */
import type { ByteReader } from "./byte-reader.ts";
import { decodeMetadata, hasOurTag, type Metadata, maxMetadataBytes, metadataPrefixBytes } from "./metadata.ts";
import { decodeSeekTable, type SeekEntry } from "./seek-table.ts";
import { measureDataFrame, seekTableMagic, skippableMagic, zstdMagic } from "./zstd-frame.ts";

export interface DataPiece {
  readonly kind: "data";
  readonly offset: number;
  readonly end: number;
  readonly rawBytes: number;
  readonly checksum: number;
}

export type Piece =
  | DataPiece
  | { readonly kind: "metadata"; readonly offset: number; readonly end: number; readonly metadata: Metadata }
  | {
      readonly kind: "seek table";
      readonly offset: number;
      readonly end: number;
      readonly entries: SeekEntry[] | undefined;
    }
  /** Not a sound piece of a .tpp file. `cut`: because the file ends in it, as far as can be seen. */
  | { readonly kind: "broken"; readonly offset: number; readonly cut: boolean; readonly why: string };

/** The piece at `offset`, which must lie inside the file. */
export function pieceAt(reader: ByteReader, offset: number): Piece {
  const broken = (cut: boolean, why: string): Piece => ({ kind: "broken", offset, cut, why });
  const start = reader.at(offset, 8);
  if (start.length < 4) return broken(true, "the file ends inside a frame's first bytes");
  const magic = start.readUInt32LE(0);
  if (magic === zstdMagic) {
    const measured = measureDataFrame(reader.at, offset);
    if (!measured.ok) return broken(measured.cut, measured.why);
    return { kind: "data", offset, end: measured.end, rawBytes: measured.rawBytes, checksum: measured.checksum };
  }
  if (magic !== skippableMagic && magic !== seekTableMagic) return broken(false, "no frame begins here");
  if (start.length < 8) return broken(true, "the file ends inside a frame's first bytes");
  const length = start.readUInt32LE(4);
  const end = offset + 8 + length;
  if (end > reader.fileBytes) return broken(true, "the file ends inside it");
  if (magic === skippableMagic && length > maxMetadataBytes) return broken(false, "it is too long");
  if (magic === skippableMagic && !hasOurTag(reader.at(offset + 8, 4)))
    return broken(false, "it is none of the format's frames");
  const payload = reader.at(offset + 8, length);
  if (magic === seekTableMagic) return { kind: "seek table", offset, end, entries: decodeSeekTable(payload) };
  const metadata = decodeMetadata(payload);
  if (!metadata) return broken(false, "it is none of the format's frames");
  return { kind: "metadata", offset, end, metadata };
}

const scanBytes = 1024 * 1024;
const needle = Buffer.alloc(4);
needle.writeUInt32LE(skippableMagic, 0);

/** The first metadata frame at or after `from` whose CRC holds, looking no further than `limit`. */
export function nextSoundMetadata(
  reader: ByteReader,
  from: number,
  limit: number = reader.fileBytes,
): (Piece & { kind: "metadata" }) | undefined {
  const end = Math.min(limit, reader.fileBytes);
  for (let at = from; at + metadataPrefixBytes <= end; at += scanBytes) {
    // Overlaps the next stretch by three bytes, so that a magic across the border is seen.
    const stretch = Buffer.from(reader.at(at, scanBytes + 3));
    for (let hit = stretch.indexOf(needle); hit !== -1 && hit < scanBytes; hit = stretch.indexOf(needle, hit + 1)) {
      const piece = pieceAt(reader, at + hit);
      if (piece.kind === "metadata" && piece.metadata.crcMatches) return piece;
    }
  }
  return undefined;
}
