/** The data that is inside the page. */
import { decodeSeries } from "../encode.ts";
import {
  type DataSource,
  microsecondOf,
  type PageModel,
  type SeriesBins,
  type SeriesName,
  widthFor,
} from "../model.ts";
import { Pyramid } from "../pyramid.ts";

export class EmbeddedSource implements DataSource {
  readonly #flows = new Map<number, Promise<Map<string, Pyramid>>>();

  async model(): Promise<PageModel> {
    return JSON.parse(new TextDecoder().decode(await unpacked("model"))) as PageModel;
  }

  async series(names: readonly SeriesName[], from_s: number, to_s: number, pixels: number): Promise<SeriesBins[]> {
    const width = widthFor(from_s, to_s, pixels);
    return Promise.all(
      names.map(async ({ flow, quantity }) => {
        const pyramid = (await this.#flow(flow)).get(quantity);
        return pyramid?.at(microsecondOf(from_s), microsecondOf(to_s), width) ?? empty;
      }),
    );
  }

  /** A flow's series are unpacked when they are first asked for. */
  #flow(flow: number): Promise<Map<string, Pyramid>> {
    const known = this.#flows.get(flow);
    if (known) return known;
    const reading = readFlow(flow);
    this.#flows.set(flow, reading);
    return reading;
  }
}

const none = new Float64Array(0);
export const empty: SeriesBins = { width_us: 0, at_us: none, min: none, max: none, last: none, count: none };

async function readFlow(flow: number): Promise<Map<string, Pyramid>> {
  const id = `flow-${flow}`;
  if (!document.getElementById(id)) return new Map();
  const bytes = await unpacked(id);
  const end = bytes.indexOf(10);
  const ids = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as string[];
  const series = decodeSeries(bytes.subarray(end + 1));
  return new Map(ids.map((id, index) => [id, new Pyramid(series[index] ?? empty)]));
}

/** The bytes of a data element, which are deflated and in base64. */
async function unpacked(id: string): Promise<Uint8Array> {
  const text = document.getElementById(id)?.textContent ?? "";
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
