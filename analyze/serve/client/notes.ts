/** What the server has to say: of captures that are followed, and of what is still being made. */
import { fill, h } from "../../report/client/dom.ts";
import type { View } from "../../report/client/view.ts";
import type { HttpSource } from "./http-source.ts";

export class Notes {
  readonly element = h("div", { class: "notes", role: "status" });
  readonly #view: View;
  #notes: readonly string[] = [];
  #growing = false;

  constructor(source: HttpSource, view: View) {
    this.#view = view;
    source.onTold(({ notes, growing }) => {
      this.#notes = notes;
      this.#growing = growing;
      this.#show();
    });
    view.on(["model"], () => this.#show());
    this.#show();
  }

  #show(): void {
    const pending = this.#view.model.pending === true;
    document.getElementById("app")?.classList.toggle("pending", pending);
    fill(
      this.element,
      this.#growing &&
        h(
          "p",
          { class: "quiet" },
          "A capture has no end yet: it is being written, or was cut off. What is added is shown.",
        ),
      pending && h("p", { class: "quiet" }, "Figures of the flows, events, marks and diagnosis are being worked out."),
      ...this.#notes.map((note) => h("p", { class: "warning" }, note)),
    );
  }
}
