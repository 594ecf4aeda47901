/** The report: everything is inside the page. */
import { start } from "./app.ts";
import { EmbeddedSource } from "./embedded.ts";

void start(new EmbeddedSource());
