/**
 * Reads a text file of another program: plain, compressed, or from standard input. Binary files are refused. Memory is
 * bounded.
 */
import { spawn } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { InputError, NotACaptureError } from "../errors.ts";
import { whyBinary } from "./formats.ts";

/** How much of a file is examined to recognize it. */
const beginBytes = 64 * 1024;
/** Text of records has no line longer than this. */
const mostLine = 1024 * 1024;

const compressions = [
  { magic: "\x1f\x8b", stream: createGunzip },
  { magic: "\x28\xb5\x2f\xfd", stream: createZstdDecompress },
] as const;
const xzMagic = "\xfd7zXZ\0";

export interface TextFile {
  /** As the user named it. */
  readonly name: string;
  /** Where its plain text is. */
  readonly path: string;
}

/**
 * The plain text of a file. If the file is compressed, or standard input (`-`), the text is written to `directory`.
 * Throws a NotACaptureError if it is not text.
 */
export async function textFile(name: string, directory: string, number: number): Promise<TextFile> {
  const spooled = join(directory, `${number}.txt`);
  let path = name;
  if (name === "-") {
    await pipeline(process.stdin, createWriteStream(spooled));
    path = spooled;
  }
  const begin = (await beginOf(name, path)).toString("latin1");
  const compression = compressions.find(({ magic }) => begin.startsWith(magic));
  const plain = join(directory, `${number}-plain.txt`);
  if (compression) {
    await pipeline(createReadStream(path), compression.stream(), createWriteStream(plain)).catch((error) => {
      throw new NotACaptureError(name, `cannot be decompressed: ${(error as Error).message}`);
    });
    path = plain;
  } else if (begin.startsWith(xzMagic)) {
    await decompressXz(name, path, plain);
    path = plain;
  }
  const text = await beginOf(name, path);
  if (text.length === 0) throw new NotACaptureError(name, path === name ? "is empty" : "holds nothing");
  const why = whyBinary(text);
  if (why !== null) throw new NotACaptureError(name, why);
  return { name, path };
}

async function beginOf(name: string, path: string): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginBytes), 0, beginBytes, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw new InputError(name, error as NodeJS.ErrnoException);
  }
}

/** Node cannot decompress xz, so the system's program does. */
async function decompressXz(name: string, path: string, plain: string): Promise<void> {
  const xz = spawn("xz", ["-dc", "--", path], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number>((resolve) => {
    xz.on("error", () => resolve(-1));
    xz.on("close", (code) => resolve(code ?? 1));
  });
  const written = pipeline(xz.stdout, createWriteStream(plain)).catch(() => {});
  const code = await ended;
  await written;
  if (code === 0) return;
  throw new NotACaptureError(
    name,
    code === -1
      ? "is xz-compressed, and there is no `xz` here: unpack it first"
      : "cannot be decompressed: xz reports an error",
  );
}

/**
 * The file's lines without their line feeds, and the size of each in bytes. Throws a NotACaptureError at a line that is
 * too long.
 */
export async function* linesOf({ name, path }: TextFile): AsyncGenerator<{ line: string; bytes: number }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    const text = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = text.indexOf(10, from); end >= 0; end = text.indexOf(10, from)) {
      yield { line: text.toString("utf8", from, end).replace(/\r$/, ""), bytes: end + 1 - from };
      from = end + 1;
    }
    rest = text.subarray(from);
    if (rest.length > mostLine)
      throw new NotACaptureError(name, "has a line of more than 1 MiB, so it is not text of records");
  }
  if (rest.length > 0) yield { line: rest.toString("utf8"), bytes: rest.length };
}
