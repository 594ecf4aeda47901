/** What the server has to say of captures that are followed. */
import { fill, h } from "../../report/client/dom.ts";
import type { HttpSource } from "./http-source.ts";

export class Notes {
  readonly element = h("div", { role: "status" });

  constructor(source: HttpSource) {
    source.onTold(({ notes }) => {
      fill(this.element, ...notes.map((note) => h("p", { class: "warning" }, note)));
    });
  }
}
