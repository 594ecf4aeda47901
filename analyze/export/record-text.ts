/**
 * Captures as lines of the module's documented text: the text of a source that prints it, or binary records as text.
 */
import { readFrames, TppInputError, type TppWalk, verifyTpp } from "@tcpprobe-plus/tpp";
import { expand } from "../captures/inputs.ts";
import { InputError, NoRecordTextError, NotACaptureError } from "../errors.ts";
import { BinaryText } from "../records/binary-text.ts";

export interface RecordTextOptions {
  readonly reading?: Parameters<typeof verifyTpp>[1];
  /** Called with what could not be read. */
  readonly notice: (text: string) => void;
}

/** Chunks of many lines. Throws an InputError, NotACaptureError or NoRecordTextError before the first. */
export async function* recordText(paths: readonly string[], options: RecordTextOptions): AsyncGenerator<Buffer> {
  const files: { path: string; walk: TppWalk }[] = [];
  for (const path of (await Promise.all(paths.map(expand))).flat())
    files.push({ path, walk: await walkOf(path, options) });
  let binary: { readonly set: string | undefined; readonly text: BinaryText } | null = null;
  for (const { path, walk } of files) {
    const header = walk.header!;
    for (const { text } of walk.damage) options.notice(`${path}: ${text}`);
    // The files of a set are one capture, so times and counts continue.
    const set = header.set?.id;
    if (header.text === "records" && (binary === null || set === undefined || binary.set !== set))
      binary = { set, text: new BinaryText(header) };
    for await (const { raw } of readFrames(path, walk)) yield header.text === "records" ? binary!.text.lines(raw) : raw;
  }
}

async function walkOf(path: string, { reading }: RecordTextOptions): Promise<TppWalk> {
  const walk = await verifyTpp(path, reading).catch((error) => {
    throw error instanceof TppInputError ? new NotACaptureError(path, error.why) : new InputError(path, error);
  });
  if (walk.header === null || walk.header === undefined) throw new NotACaptureError(path, "its header cannot be read");
  const { text, source } = walk.header;
  if (text !== "records" && text !== "probe") throw new NoRecordTextError(path, source);
  return walk;
}
