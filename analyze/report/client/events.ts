/** The list of events. A click shows the moment, and the flow. */
import { type Bounds, bounded } from "../../terminal/bounds.ts";
import { fill, h } from "./dom.ts";
import { count, timeText } from "./numbers.ts";
import type { View } from "./view.ts";

/** Events that are listed at once. */
const mostListed = 300;

export class Events {
  readonly element: HTMLElement;
  readonly #view: View;
  readonly #kind = h("select", { id: "event-kind", onchange: () => this.#draw() });
  readonly #own = h("input", { type: "checkbox", id: "event-own", onchange: () => this.#draw(), checked: true });
  readonly #list = h("ol", { class: "events" });
  readonly #count = h("p", { class: "quiet", role: "status" });
  #places: number[] = [];
  #current = -1;

  constructor(view: View) {
    this.#view = view;
    this.element = h(
      "section",
      { class: "events-section", "aria-labelledby": "events-title" },
      h(
        "div",
        { class: "bar" },
        h("h2", { id: "events-title" }, "Events"),
        h("label", { for: "event-kind", class: "hidden" }, "Kind of event"),
        this.#kind,
        h("span", { class: "pair" }, this.#own, h("label", { for: "event-own" }, "of the flows shown")),
      ),
      this.#count,
      h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "List of events" }, this.#list),
    );
    view.on(["flows"], () => this.#draw());
    view.on(["model"], () => this.#fillKinds());
    this.#fillKinds();
  }

  /** Jumps to the next or previous event of the list, from the crosshair or the middle of what is shown. */
  step(by: 1 | -1): void {
    const { t } = this.#view.model.events;
    const { cursor_s, range } = this.#view;
    const now = cursor_s ?? (range.from_s + range.to_s) / 2;
    const tiny = 1e-7;
    const next =
      by > 0
        ? this.#places.find((place) => t[place]! > now + tiny)
        : this.#places.findLast((place) => t[place]! < now - tiny);
    if (next !== undefined) this.#jump(next);
  }

  #fillKinds(): void {
    const chosen = this.#kind.value;
    const kinds = [...new Set(this.#view.model.events.event)].sort();
    fill(
      this.#kind,
      h("option", { value: "" }, "all kinds"),
      ...kinds.map((kind) => h("option", { value: kind }, kind)),
    );
    this.#kind.value = kinds.includes(chosen) ? chosen : "";
    this.#draw();
  }

  #draw(): void {
    const { events, from_s, to_s } = this.#view.model;
    const shown = new Set(this.#view.shown);
    const kind = this.#kind.value;
    this.#places = events.t.flatMap((_, place) =>
      (kind === "" || events.event[place] === kind) && (!this.#own.checked || shown.has(events.flow[place]!))
        ? [place]
        : [],
    );
    const several = !this.#own.checked || shown.size > 1;
    const items = this.#places.slice(0, mostListed).map((place) => {
      const took = events.duration_s[place];
      const bounds: Bounds = { at_least: events.at_least[place] ?? "", about: events.about[place] ?? "" };
      const about = [
        took === null || took === undefined ? "" : bounded(bounds, "duration_s", `${took.toFixed(3)} s`),
        events.detail[place] ?? "",
      ].filter(Boolean);
      const button = h(
        "button",
        { type: "button", "data-place": place, onclick: () => this.#jump(place) },
        h("span", { class: "time" }, bounded(bounds, "t", timeText(events.t[place]!, Math.min(to_s - from_s, 10)))),
        several && h("span", { class: "who" }, `flow ${events.flow[place]}`),
        h("span", { class: "what" }, events.event[place]!),
        about.length > 0 && h("span", { class: "quiet" }, about.join("; ")),
      );
      return h("li", {}, button);
    });
    fill(this.#list, ...items);
    const all = this.#places.length;
    const beyond = events.left_out > 0 ? `; ${count(events.left_out)} later ones are not in this page` : "";
    this.#count.textContent = `${all === 0 ? "none" : count(all)}${all > items.length ? `, the first ${items.length} listed; n and p go through all` : ""}${beyond}`;
    this.#mark();
  }

  /** Shows the moment, with enough around it to see what led there and what followed. */
  #jump(place: number): void {
    const { events } = this.#view.model;
    const [t, took] = [events.t[place]!, events.duration_s[place] ?? 0];
    this.#current = place;
    const flow = events.flow[place]!;
    if (!this.#view.shown.includes(flow)) this.#view.show([flow]);
    const { from_s, to_s } = this.#view.range;
    const most = (this.#view.model.to_s - this.#view.model.from_s) / 10;
    const length = Math.max(Math.min(to_s - from_s, most), 1.5 * took);
    this.#view.go({ from_s: t - length / 3, to_s: t + (2 * length) / 3 });
    this.#view.point(t);
    this.#mark();
  }

  #mark(): void {
    for (const button of this.#list.querySelectorAll<HTMLElement>("button")) {
      const isCurrent = button.dataset.place === String(this.#current);
      button.setAttribute("aria-current", String(isCurrent));
      if (isCurrent) button.scrollIntoView({ block: "nearest" });
    }
  }
}
