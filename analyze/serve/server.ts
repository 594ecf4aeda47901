/** The HTTP side: who may ask what, and how much. Answers come from `SharedTrace`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { AnalyzeError } from "../errors.ts";
import { encodeSeries } from "../report/encode.ts";
import { Access } from "./access.ts";
import { Listeners } from "./listeners.ts";
import { asSeriesRequest } from "./series.ts";
import type { SharedTrace } from "./shared.ts";
import { TooBusyError } from "./turns.ts";

/** Limits of what anybody can make this process hold or wait for. */
const limits = {
  connections: 256,
  bodyBytes: 64 * 1024,
  /** To send a request's head, and all of it. */
  headMs: 10_000,
  requestMs: 30_000,
} as const;

export interface ServerOptions {
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly token: string;
  /** The page. */
  readonly html: string;
  /** How long a query may take. */
  readonly queryMs: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse, signal: AbortSignal) => Promise<void>;

/** A request that cannot be answered: a status and one line. */
class RequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

class TooLongError extends Error {
  constructor(ms: number) {
    super(`the answer takes longer than ${ms / 1000} s. Ask for less: a range of time, some flows, an aggregate`);
  }
}

/** What every answer says to browsers. */
const headers = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

export class PageServer {
  readonly #server: Server;
  readonly #shared: SharedTrace;
  readonly #options: ServerOptions;
  readonly #listeners = new Listeners();
  readonly #sockets = new Set<Socket>();
  #access: Access | null = null;
  readonly #routes: ReadonlyMap<string, { readonly method: "GET" | "POST"; readonly handle: Handler }>;

  constructor(shared: SharedTrace, options: ServerOptions) {
    this.#shared = shared;
    this.#options = options;
    this.#routes = new Map([
      [
        "",
        { method: "GET", handle: async (_, response) => send(response, 200, "text/html; charset=utf-8", options.html) },
      ],
      ["model", { method: "GET", handle: async (_, response) => sendJson(response, await shared.model()) }],
      ["views", { method: "GET", handle: async (_, response) => sendJson(response, await shared.views()) }],
      ["series", { method: "POST", handle: (request, response, signal) => this.#series(request, response, signal) }],
      ["sql", { method: "POST", handle: (request, response, signal) => this.#sql(request, response, signal) }],
      ["growth", { method: "GET", handle: async (_, response) => this.#listeners.add(response, shared.growth) }],
    ]);
    this.#server = createServer(
      { headersTimeout: limits.headMs, requestTimeout: limits.requestMs },
      (request, response) => {
        void this.#answer(request, response);
      },
    );
    this.#server.maxConnections = limits.connections;
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Returns the port. Throws the system's error, such as EADDRINUSE. */
  async listen(): Promise<number> {
    const { address, port, token } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, address, resolve);
    });
    const bound = (this.#server.address() as AddressInfo).port;
    this.#access = new Access(token, address, bound);
    return bound;
  }

  /** Number of pages that wait for growth. */
  get listening(): number {
    return this.#listeners.count;
  }

  /** Tells all pages that there is more. */
  tell(): void {
    this.#listeners.tell(this.#shared.growth);
  }

  async close(): Promise<void> {
    this.#listeners.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) gone.abort(new Error("the client went away"));
    });
    response.on("error", () => {}); // the client went away
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      const handle = this.#route(request);
      if (handle === null) send(response, 204, "text/plain", "");
      else await handle(request, response, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      const { status, message } = statusOf(error);
      if (response.headersSent) response.destroy();
      else send(response, status, "text/plain; charset=utf-8", `${foreignText(message)}\n`);
    }
  }

  /** The handler of a request that is allowed. Null for what browsers ask of every site. */
  #route(request: IncomingMessage): Handler | null {
    const refusal = this.#access!.refusal(request);
    if (refusal !== null) throw new RequestError(refusal.status, refusal.why);
    const { url = "", method } = request;
    if (url === "/favicon.ico" && method === "GET") return null;
    const [, token, name] = /^\/([\w-]{1,64})\/(\w{0,16})$/.exec(url) ?? [];
    if (token === undefined || !this.#access!.isToken(token))
      throw new RequestError(403, "the address lacks the token. Use the whole line that analyze serve printed");
    const route = this.#routes.get(name ?? "");
    if (route === undefined) throw new RequestError(404, "there is nothing of this name");
    if (route.method !== method) throw new RequestError(405, `this is asked for by ${route.method}`);
    return route.handle;
  }

  async #series(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const asked = asSeriesRequest(await jsonBody(request));
    const series = await this.#withinTime(signal, (signal) => this.#shared.series(asked, signal));
    send(response, 200, "application/octet-stream", encodeSeries(series));
  }

  async #sql(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { query } = (await jsonBody(request)) as { readonly query?: unknown };
    if (typeof query !== "string" || query.trim() === "") throw new RequestError(400, "there is no query");
    sendJson(response, await this.#withinTime(signal, (signal) => this.#shared.sql(query, signal)));
  }

  async #withinTime<Result>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { queryMs } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new TooLongError(queryMs)), queryMs);
    try {
      return await work(AbortSignal.any([signal, late.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}

function statusOf(error: unknown): { readonly status: number; readonly message: string } {
  const { message } = error as Error;
  if (error instanceof RequestError) return { status: error.status, message };
  if (error instanceof TooBusyError) return { status: 503, message };
  if (error instanceof TooLongError) return { status: 504, message };
  if (error instanceof AnalyzeError) return { status: 400, message };
  return { status: 500, message: `unexpected error: ${message.split("\n")[0]}` };
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.statusCode = status;
  response.setHeader("Content-Type", type);
  response.end(body);
}

const sendJson = (response: ServerResponse, value: unknown): void =>
  send(response, 200, "application/json", JSON.stringify(value));

/** A body of JSON. A page of another site cannot send this type without asking first. */
async function jsonBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
    throw new RequestError(415, "the body must be JSON, and say so");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.bodyBytes) throw new RequestError(413, `the body is longer than ${limits.bodyBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new RequestError(400, "the body is no JSON object");
}
