/** zstd's frame format as far as a .tpp file uses it (RFC 8878, section 3.1). */

export const zstdMagic = 0xfd2fb528;
export const skippableMagic = 0x184d2a50;
export const seekTableMagic = 0x184d2a5e;

/** Largest block, compressed or not (RFC 8878, section 3.1.1.2.4). */
const maxBlockBytes = 128 * 1024;

/** Longest frame header: magic, descriptor, window, dictionary id, content size. */
export const maxFrameHeaderBytes = 18;

/** Most text in a data frame. A reader may refuse a frame that claims more. */
export const maxRawFrameBytes = 16 * 1024 * 1024;

/** Most bytes that a data frame can take in the file: incompressible text in blocks of about 50 bytes. */
const mostBlockBytes = (rawBytes: number): number => rawBytes + (rawBytes >> 4) + 1024;

/** The end of a frame, or why it was not found. */
export type FrameEnd =
  | { readonly ok: true; readonly end: number; readonly rawBytes: number; readonly checksum: number }
  /** `cut`: the file seems to end inside the frame. */
  | { readonly ok: false; readonly cut: boolean; readonly why: string };

/** Reads `length` bytes at `offset`, or fewer at the end of the file. The result is valid until the next call. */
export type ReadAt = (offset: number, length: number) => Buffer;

const cut: FrameEnd = { ok: false, cut: true, why: "the file ends inside it" };
const bad = (why: string): FrameEnd => ({ ok: false, cut: false, why });

/**
 * Finds the end of the data frame at `offset` from its header and block headers alone. It stops when `mayGoOn`, called
 * for each block, returns false.
 */
export function measureDataFrame(readAt: ReadAt, offset: number, mayGoOn: () => boolean): FrameEnd {
  const header = readAt(offset, maxFrameHeaderBytes);
  if (header.length < 6) return cut;
  const descriptor = header[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x04) === 0) return bad("it has no content checksum");
  if ((descriptor & 0x18) !== 0) return bad("its header has reserved bits set");
  if ((descriptor & 0x03) !== 0) return bad("it needs a dictionary");
  const sizeFlag = descriptor >> 6;
  if (sizeFlag === 0 && !singleSegment) return bad("its header does not state its size");
  const sizeBytes = sizeFlag === 0 ? 1 : 2 ** sizeFlag;
  const sizeAt = 5 + (singleSegment ? 0 : 1);
  if (header.length < sizeAt + sizeBytes) return cut;
  const rawBytes = contentSize(header, sizeAt, sizeBytes);
  if (rawBytes > maxRawFrameBytes) return bad(`its header claims ${rawBytes} bytes`);
  return walkBlocks(readAt, offset + sizeAt + sizeBytes, rawBytes, mayGoOn);
}

function contentSize(header: Buffer, at: number, bytes: number): number {
  if (bytes === 1) return header[at]!;
  if (bytes === 2) return header.readUInt16LE(at) + 256;
  if (bytes === 4) return header.readUInt32LE(at);
  return Number(header.readBigUInt64LE(at));
}

function walkBlocks(readAt: ReadAt, firstBlock: number, rawBytes: number, mayGoOn: () => boolean): FrameEnd {
  let at = firstBlock;
  const most = mostBlockBytes(rawBytes);
  for (;;) {
    if (at - firstBlock > most) return bad(`its blocks take more room than ${rawBytes} bytes can need`);
    if (!mayGoOn()) return bad("looking further would take too long");
    const block = readAt(at, 3);
    if (block.length < 3) return cut;
    const word = block.readUIntLE(0, 3);
    const type = (word >> 1) & 3;
    const size = word >> 3;
    if (type === 3) return bad("a block in it has the reserved type");
    if (size > maxBlockBytes) return bad("a block in it is larger than zstd allows");
    at += 3 + (type === 1 ? 1 : size);
    if ((word & 1) === 1) break;
  }
  if (at - firstBlock > most) return bad(`its blocks take more room than ${rawBytes} bytes can need`);
  const checksum = readAt(at, 4);
  if (checksum.length < 4) return cut;
  return { ok: true, end: at + 4, rawBytes, checksum: checksum.readUInt32LE(0) };
}
