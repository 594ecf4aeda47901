/** Data from the server that the page came from. Addresses are relative: the token is in the page's own. */
import { decodeSeries } from "../../report/encode.ts";
import type { DataSource, PageModel, PageView, SeriesBins, SeriesName, SqlAnswer } from "../../report/model.ts";

/** What the server tells of captures that grow (Growth in serve/shared.ts). */
export interface GrowthTold {
  readonly number: number;
  readonly growing: boolean;
  readonly notes: readonly string[];
}

export class HttpSource implements DataSource {
  #events: EventSource | null = null;

  async model(): Promise<PageModel> {
    return (await ask("model")).json();
  }

  async series(names: readonly SeriesName[], from_s: number, to_s: number, pixels: number): Promise<SeriesBins[]> {
    const answer = await ask("series", { names, from_s, to_s, pixels: Math.max(1, Math.round(pixels)) });
    return decodeSeries(new Uint8Array(await answer.arrayBuffer()));
  }

  async sql(query: string, signal: AbortSignal): Promise<SqlAnswer> {
    return (await ask("sql", { query }, signal)).json();
  }

  async views(): Promise<PageView[]> {
    return (await ask("views")).json();
  }

  onGrowth(grown: () => void): void {
    let last: number | null = null;
    this.onTold(({ number }) => {
      if (last !== null && number !== last) grown();
      last = number;
    });
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
