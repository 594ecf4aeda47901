/** All panels, one above the other, on one time axis. */
import { lineStyles } from "../../plots/style.ts";
import type { PageModel, PagePanel, PageQuantity, SeriesBins, SeriesName } from "../model.ts";
import { fill, h, setText } from "./dom.ts";
import { empty } from "./embedded.ts";
import { gestures } from "./gestures.ts";
import { type Line, nothing, type PanelData } from "./line.ts";
import { notKnown, timeText } from "./numbers.ts";
import { type Hole, holesOf } from "./paint.ts";
import { Panel } from "./panel.ts";
import { ratesOf } from "./rates.ts";
import { sharesOf } from "./shares.ts";
import { Strip } from "./strip.ts";
import type { View } from "./view.ts";

const milliseconds = (value: number): string => String(Number(value.toPrecision(3)));

/** From above to below: what held the flows comes behind their window. */
const panelsOf = ({ panels, limits }: PageModel): readonly PagePanel[] =>
  limits === null ? panels : panels.toSpliced(1, 0, limits);

export class Panels {
  readonly element: HTMLElement;
  readonly #view: View;
  readonly #list = h("div", { class: "list" });
  readonly #status = h("p", { class: "status", role: "status" });
  #panels: Panel[] = [];
  /** Which answer is awaited: an older one is of no use any more. */
  #asked = 0;
  #frame = 0;
  /** The longest windows of rates that are shorter than the page's own; null where there are none. */
  #window_us: number | null = null;
  /** Called after each drawing with the width of the widest bins, whole microseconds. */
  drawn: () => void = () => {};

  constructor(view: View) {
    this.#view = view;
    this.element = h(
      "section",
      { class: "panels", "aria-labelledby": "panels-title" },
      h("h2", { id: "panels-title" }, "Over time"),
      new Strip(view).element,
      this.#list,
      this.#status,
    );
    this.#build();
    view.on(["range", "flows", "theme"], () => this.refresh());
    view.on(["model"], () => {
      const ids = (of: readonly { id: string }[]) => of.map(({ id }) => id).join();
      if (ids(panelsOf(view.model)) !== ids(this.#panels.map(({ definition }) => definition))) this.#build();
      this.refresh();
    });
    view.on(["cursor"], () => {
      for (const panel of this.#panels) panel.point();
    });
    new ResizeObserver(() => this.#resize()).observe(this.#list);
    addEventListener("resize", () => this.#resize());
  }

  get panels(): readonly Panel[] {
    return this.#panels;
  }

  #build(): void {
    const { model } = this.#view;
    for (const { plot } of this.#panels) plot.destroy();
    this.#panels = panelsOf(model).map(
      (definition) => new Panel(definition, this.#view, (from_s, to_s) => this.#view.go({ from_s, to_s })),
    );
    for (const { plot } of this.#panels) gestures(plot, this.#view);
    const absent = model.absent.map(({ title, why }) => h("li", {}, `${title}: ${why}`));
    fill(
      this.#list,
      ...this.#panels.map(({ element }) => element),
      absent.length > 0 && h("div", { class: "absent" }, h("h3", {}, "Not shown"), h("ul", {}, ...absent)),
    );
  }

  /** Panels share the height of the window, as far as they stay readable. */
  #resize(): void {
    const width = this.#list.clientWidth;
    if (width === 0) return;
    const heads = 34;
    const room = (innerHeight - 180) / Math.max(this.#panels.length, 1) - heads;
    const height = Math.round(Math.min(Math.max(room, innerWidth < 600 ? 130 : 118), 260));
    for (const panel of this.#panels)
      panel.resize(width, panel.definition.id === "limits" ? Math.max(Math.round(height / 2), 90) : height);
    this.refresh();
  }

  /** Draws at once what is there, and again when finer data has come. */
  refresh(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => void this.#load());
  }

  /** Width of the plotting area. A panel that is hidden has none. */
  get #pixels(): number {
    return Math.max(...this.#panels.map(({ plot }) => plot.over.clientWidth), 100);
  }

  async #load(): Promise<void> {
    const asked = ++this.#asked;
    const { shown, range, source, model } = this.#view;
    const focused = this.#view.focus !== null;
    const wanted = model.panels.flatMap(({ quantities }) => (focused ? quantities : quantities.slice(0, 1)));
    const aside = focused ? [...model.marks, ...(model.states ? [model.states] : [])] : [];
    const ids = [...new Set([...wanted, ...aside].flatMap(({ id, rate_of }) => (rate_of ? [id, rate_of] : [id])))];
    const names: SeriesName[] = shown.flatMap((flow) => ids.map((quantity) => ({ flow, quantity })));
    const pixels = this.#pixels;
    try {
      const all = await source.series(names, range.from_s, range.to_s, pixels);
      if (asked !== this.#asked) return;
      const found = new Map(names.map(({ flow, quantity }, index) => [`${flow} ${quantity}`, all[index] ?? empty]));
      this.#window_us = null;
      for (const panel of this.#panels) {
        const data = this.#dataOf(panel, found);
        panel.element.hidden = panel.definition.optional === true && data.lines.length === 0;
        panel.show(data);
      }
      this.#say(all);
    } catch (error) {
      if (asked === this.#asked) this.#status.textContent = `could not be drawn: ${(error as Error).message}`;
    }
    this.drawn();
  }

  #dataOf({ definition }: Panel, found: ReadonlyMap<string, SeriesBins>): PanelData {
    const { shown, model, focus } = this.#view;
    const binsOf = (flow: number, { id }: PageQuantity): SeriesBins => found.get(`${flow} ${id}`) ?? empty;
    const holes = (flow: number): Hole[] => {
      const capture = model.captures[(this.#view.flow(flow)?.capture ?? 1) - 1];
      return capture ? holesOf(capture) : [];
    };
    const { from_s, to_s } = this.#view.range;
    const inSight = { from_us: from_s * 1e6, to_us: to_s * 1e6 };
    const lineOf = (flow: number, quantity: PageQuantity): Line => {
      const { id: key, name, color, dash, rate_of } = quantity;
      const counted = rate_of && found.get(`${flow} ${rate_of}`);
      const rates = counted ? ratesOf(counted, inSight, model.window_s * 1e6, holes(flow)) : null;
      if (rates) this.#window_us = Math.max(this.#window_us ?? 0, rates.window_us);
      const bins = rates?.bins ?? binsOf(flow, quantity);
      return { ...{ key, name, quantity, color, dash, bins }, holes: holes(flow) };
    };
    const all = [...new Set(shown.map((flow) => this.#view.flow(flow)?.capture))].flatMap((capture) =>
      holes(shown.find((flow) => this.#view.flow(flow)?.capture === capture) ?? 0),
    );
    if (definition.id === "limits") return { ...nothing, lines: this.#heldOf(definition), holes: all };
    if (focus) {
      const { flow } = focus;
      const lines = definition.quantities.map((quantity) => lineOf(flow, quantity));
      return {
        lines: lines.filter(({ bins }) => bins.at_us.length > 0),
        marks: definition.marks ? model.marks.map((one) => lineOf(flow, one)) : [],
        states: definition.states && model.states ? lineOf(flow, model.states) : null,
        holes: all,
        explains: definition.id === model.panels.find(({ marks, states }) => marks || states)?.id,
      };
    }
    const [main] = definition.quantities;
    const lines = shown.flatMap((flow, index): Line[] => {
      if (!main) return [];
      const style = lineStyles[index]!;
      return [{ ...lineOf(flow, main), ...style, key: `${flow} ${main.id}`, name: this.#nameOf(flow) }];
    });
    return {
      lines: lines.filter(({ bins }) => bins.at_us.length > 0),
      marks: [],
      states: null,
      holes: all,
      explains: false,
    };
  }

  /** Of each flow, what held it: of several flows in a lane each. */
  #heldOf({ quantities }: PagePanel): Line[] {
    const { shown, model } = this.#view;
    const told = shown.flatMap((flow) => {
      const held = model.diagnoses.find((one) => one.flow === flow)?.held;
      return held ? [{ flow, held }] : [];
    });
    return told.flatMap(({ flow, held }, index) =>
      sharesOf(held, quantities).map(({ quantity, bins }): Line => {
        const { id: key, name, color, dash } = quantity;
        const lane = told.length > 1 ? { name: String(flow), index, of: told.length } : null;
        return { ...{ key: `${flow} ${key}`, name, quantity, color, dash, holes: [], bins }, lane };
      }),
    );
  }

  #nameOf(flow: number): string {
    const { cong, capture } = this.#view.flow(flow)!;
    const { captures } = this.#view.model;
    const file = captures.length > 1 ? captures[capture - 1]?.path.split("/").at(-1) : null;
    const more = [cong, file].filter(Boolean).join(", ");
    return `flow ${flow}${more === "" ? "" : ` (${more})`}`;
  }

  /** What the picture is of, and how fine it is. */
  #say(all: readonly SeriesBins[]): void {
    const { range, model, shown } = this.#view;
    const length = range.to_s - range.from_s;
    const pixel_us = (length * 1e6) / this.#pixels;
    const widest = all.reduce((most, { width_us }) => Math.max(most, width_us), 0);
    const fine =
      widest === 0
        ? "every record is drawn"
        : widest <= 2 * pixel_us
          ? "lowest to highest value of each pixel; zoom in for more"
          : `bins of ${(widest / 1000).toPrecision(3)} ms, lowest to highest value: this page has nothing finer`;
    const missing = shown.filter((flow) => model.without_series.includes(flow));
    const captures = [...new Set(shown.map((flow) => this.#view.flow(flow)?.capture ?? 1))];
    const lossy = captures.filter((capture) => (model.captures[capture - 1]?.losses.length ?? 0) > 0);
    const fileOf = (capture: number) => model.captures[capture - 1]?.path.split("/").at(-1) ?? "";
    const whose = model.captures.length > 1 ? lossy.map(fileOf).join(", ") : "the capture";
    const parts = [
      `${timeText(range.from_s, length)} to ${timeText(range.to_s, length)}`,
      fine,
      ...(this.#window_us === null
        ? []
        : [
            `goodput over windows of ${milliseconds(this.#window_us / 1000)} ms, other rates ${milliseconds(model.window_s * 1000)} ms`,
          ]),
      ...(captures.length > 1 ? ["time since each capture began"] : []),
      ...(lossy.length > 0 ? [`shaded: records of ${whose} were lost, so what happened there is not known`] : []),
      ...(missing.length > 0
        ? [
            `flow ${missing.join(", ")}: ${notKnown} to this page, which has the flows with the most records; analyze plot draws any`,
          ]
        : []),
    ];
    setText(this.#status, parts.join(" · "));
  }
}
