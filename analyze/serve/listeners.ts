/** Pages that wait to hear of growth, by server-sent events. */
import type { ServerResponse } from "node:http";
import type { Growth } from "./shared.ts";
import { TooBusyError } from "./turns.ts";

const mostListeners = 64;
/** A comment now and then finds clients that are gone. */
const beatMs = 15_000;
/** A client that reads nothing is not told more than this. */
const mostUnreadBytes = 64 * 1024;

export class Listeners {
  readonly #responses = new Set<ServerResponse>();
  #beat: NodeJS.Timeout | undefined;

  get count(): number {
    return this.#responses.size;
  }

  /** Begins an answer that goes on until the client leaves. */
  add(response: ServerResponse, growth: Growth): void {
    if (this.#responses.size >= mostListeners) throw new TooBusyError();
    response.setHeader("Content-Type", "text/event-stream");
    response.write(eventOf(growth));
    this.#responses.add(response);
    response.on("close", () => this.#responses.delete(response));
    this.#beat ??= setInterval(() => this.#send(": \n\n"), beatMs).unref();
  }

  tell(growth: Growth): void {
    this.#send(eventOf(growth));
  }

  #send(text: string): void {
    for (const response of this.#responses)
      if (response.writableLength > mostUnreadBytes) response.destroy();
      else response.write(text);
  }

  close(): void {
    clearInterval(this.#beat);
    for (const response of this.#responses) response.end();
    this.#responses.clear();
  }
}

const eventOf = (growth: Growth): string => `data: ${JSON.stringify(growth)}\n\n`;
