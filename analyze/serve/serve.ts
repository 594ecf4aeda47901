/** Serves the page of open captures until it is told to end. */
import type { Trace } from "../trace/trace.ts";
import { newToken } from "./access.ts";
import { Folders } from "./folders.ts";
import { servedPage } from "./page.ts";
import { PageServer } from "./server.ts";
import { SharedTrace } from "./shared.ts";

export interface ServeOptions {
  /** Where to listen; the default is this machine alone. */
  readonly address?: string;
  /** 0, the default, for any that is free. */
  readonly port?: number;
  /** How long a query may take; the default is 30 s. */
  readonly queryMs?: number;
  /** Captures with more records are shown before their metrics are there; the default is two million. */
  readonly manyRecords?: number;
  /** Folders whose captures these are. What is added to them is told. */
  readonly folders?: readonly string[];
  readonly folderMs?: number;
  /** Called with what to tell the user about captures that grow, a sentence each. */
  readonly say?: (text: string) => void;
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** How often captures that grow are looked at: with a page open, and without. */
const [watchedMs, unwatchedMs] = [200, 2000];

/** Begins to serve. Throws the system's error where it cannot listen. The caller closes the trace, after this. */
export async function serveTrace(trace: Trace, options: ServeOptions = {}): Promise<Served> {
  const { manyRecords, address = "127.0.0.1", port = 0, queryMs = 30_000, say = () => {} } = options;
  const shared = new SharedTrace(trace, manyRecords);
  const token = newToken();
  const html = await servedPage(trace.captures.map(({ path }) => path));
  const server = new PageServer(shared, { address, port, token, html, queryMs });
  shared.onModel = () => server.tell();
  const told = (): void => {
    shared.added = folders.notes;
    server.tell();
    for (const note of folders.notes) say(note);
  };
  const files = () => trace.captures.flatMap((capture) => capture.files.map(({ path }) => path));
  const folders = await Folders.watch(options.folders ?? [], files, told, options.folderMs);
  const bound = await server.listen();
  let isClosing = false;
  let wake = () => {};
  const watch = async (): Promise<void> => {
    const said = new Set<string>();
    let refreshing = false;
    while (!isClosing && (shared.growth.growing || shared.isStale)) {
      if (await shared.grow()) server.tell();
      for (const note of shared.growth.notes) {
        if (!said.has(note)) say(note);
        said.add(note);
      }
      // Records go on being read while the model is made.
      if (!refreshing) {
        refreshing = true;
        shared.refresh().then(
          (isNew) => {
            refreshing = false;
            if (isNew) server.tell();
          },
          () => {
            refreshing = false;
          },
        );
      }
      await pause(server.listening > 0 ? watchedMs : unwatchedMs);
    }
  };
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const watching = watch().catch((error: Error) => say(`captures are followed no further: ${error.message}`));
  const host = address.includes(":") ? `[${address}]` : address;
  return {
    url: `http://${host}:${bound}/${token}/`,
    close: async () => {
      isClosing = true;
      wake();
      folders.close();
      shared.close();
      await server.close();
      await watching;
    },
  };
}
