/** The served page: that of the report, over HTTP, with a place for queries. */
import { start } from "../../report/client/app.ts";
import { HttpSource } from "./http-source.ts";
import { Notes } from "./notes.ts";
import { SqlBox } from "./sql-box.ts";

const source = new HttpSource();
void start(source, (view) => [new Notes(source, view).element, new SqlBox(source).element]);
