/** Requests as any client could send them, with headers and paths that `fetch` would not. */
import { request } from "node:http";

export interface Asked {
  readonly method?: string;
  /** In place of the URL's. Sent as it is. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export function ask(url: string, { method = "GET", path, headers = {}, body, signal }: Asked = {}): Promise<Answered> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path: path ?? pathname,
        headers: { Host: `${hostname}:${port}`, ...headers },
        ...(signal && { signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const all = Buffer.concat(chunks);
          resolve({ status: response.statusCode!, headers: response.headers, body: all, text: all.toString("utf8") });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A request whose body is JSON. */
export const askJson = (url: string, value: unknown, more: Asked = {}): Promise<Answered> =>
  ask(url, {
    method: "POST",
    body: JSON.stringify(value),
    ...more,
    headers: { "Content-Type": "application/json", ...more.headers },
  });
