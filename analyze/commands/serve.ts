/** `analyze serve`: the page of captures, from this machine, until it is ended. */
import { realpath, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join, sep } from "node:path";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { expand } from "../captures/inputs.ts";
import { ListenError, NoLinkServedError, UsageError } from "../errors.ts";
import { isLoopback } from "../serve/access.ts";
import { serveTrace } from "../serve/serve.ts";
import { untilSignal } from "../temporary.ts";
import { type CommandIo, withTrace } from "./open.ts";

export interface ServeCommandOptions {
  readonly port?: number;
  readonly listen?: string;
}

/** Prints one line with the address, and returns when a signal comes. */
export async function serve(paths: readonly string[], options: ServeCommandOptions, io: CommandIo): Promise<void> {
  const { port = 0, listen = "127.0.0.1" } = options;
  if (isIP(listen) === 0) throw new UsageError(`--listen ${listen}: not an address of this machine, such as 127.0.0.1`);
  const found = await Promise.all(paths.map(filesToServe));
  const files = found.flat();
  const isFolder = await Promise.all(
    paths.map(async (path) => (await stat(path).catch(() => null))?.isDirectory() === true),
  );
  const folders = paths.filter((_, index) => isFolder[index]);
  const say = (text: string) => io.stderr.write(`analyze: ${foreignText(text)}\n`);
  await withTrace(files, { ...io, opening: { ...io.opening, follow: true } }, async (trace) => {
    const served = await serveTrace(trace, { address: listen, port, say, folders }).catch((error) => {
      throw new ListenError(listen, port, error);
    });
    try {
      io.status?.(null);
      if (!isLoopback(listen))
        say(
          `whoever can reach ${listen} and knows this address sees the captures and can query them; nothing is encrypted`,
        );
      await io.stdout.write(`${served.url}\n`);
      await untilSignal();
    } finally {
      await served.close();
    }
  });
}

/** The files that a path stands for. In a directory, a link that leads out of it was perhaps not meant by its user. */
async function filesToServe(path: string): Promise<string[]> {
  const files = await expand(path);
  if (files.length === 1 && files[0] === path) return files;
  for (const file of files) {
    const folder = await realpath(dirname(file));
    const target = await realpath(file).catch(() => join(folder, "."));
    if (!target.startsWith(folder + sep)) throw new NoLinkServedError(file);
  }
  return files;
}
