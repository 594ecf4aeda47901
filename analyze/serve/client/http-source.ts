/** Data from the server that the page came from. Addresses are relative: the token is in the page's own. */
import { decodeSeries } from "../../report/encode.ts";
import type {
  DataSource,
  PageModel,
  PageView,
  SeriesBins,
  SeriesName,
  SeriesPurpose,
  SqlAnswer,
} from "../../report/model.ts";

/** What the server tells of captures that grow (Growth in serve/shared.ts). */
export interface GrowthTold {
  readonly number: number;
  readonly models: number;
  readonly growing: boolean;
  readonly notes: readonly string[];
}

/** A few frames. */
const pauseMs = 50;

export class HttpSource implements DataSource {
  #events: EventSource | null = null;
  /** The page draws one range at a time: a request for another ends the one before. */
  readonly #drawing = new Map<SeriesPurpose, AbortController>();
  /** Requests whose answers have not come. */
  #asked = 0;
  #grown: (() => void) | null = null;
  #hasGrown = false;

  model(): Promise<PageModel> {
    return this.#busy(async () => (await ask("model")).json());
  }

  series(
    names: readonly SeriesName[],
    from_s: number,
    to_s: number,
    pixels: number,
    purpose: SeriesPurpose = "panels",
  ): Promise<SeriesBins[]> {
    this.#drawing.get(purpose)?.abort();
    const drawing = new AbortController();
    this.#drawing.set(purpose, drawing);
    const request = { names, from_s, to_s, pixels: Math.max(1, Math.round(pixels)) };
    return this.#busy(async () => {
      const answer = await ask("series", request, drawing.signal);
      return decodeSeries(new Uint8Array(await answer.arrayBuffer()));
    });
  }

  async #busy<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.#asked++;
    try {
      return await work();
    } finally {
      this.#asked--;
      // The page asks for series in the next frame after it has a model.
      setTimeout(() => this.#tellGrowth(), pauseMs);
    }
  }

  async sql(query: string, signal: AbortSignal): Promise<SqlAnswer> {
    return (await ask("sql", { query }, signal)).json();
  }

  async views(): Promise<PageView[]> {
    return (await ask("views")).json();
  }

  onGrowth(grown: () => void): void {
    let last: string | null = null;
    this.#grown = grown;
    this.onTold(({ number, models }) => {
      const now = `${number} ${models}`;
      this.#hasGrown ||= last !== null && now !== last;
      last = now;
      this.#tellGrowth();
    });
  }

  /** While an answer is awaited, more growth would only make it old: it is told of behind it. */
  #tellGrowth(): void {
    if (!this.#hasGrown || this.#asked > 0 || this.#grown === null) return;
    this.#hasGrown = false;
    this.#grown();
  }

  /** Calls `told` with what is known now, and each time that this changes. */
  onTold(told: (growth: GrowthTold) => void): void {
    this.#events ??= new EventSource("growth");
    this.#events.addEventListener("message", ({ data }) => told(JSON.parse(data as string) as GrowthTold));
  }
}

async function ask(name: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const request: RequestInit = body
    ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }
    : {};
  const answer = await fetch(name, { ...request, ...(signal && { signal }) }).catch((error: Error) => {
    if (signal?.aborted) throw error;
    throw new Error("the server does not answer. Is analyze serve still running?");
  });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `the server answered ${answer.status}`);
  return answer;
}
