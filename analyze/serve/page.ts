/** The page that is served: that of the report, with a client that asks this server. */
import { basename } from "node:path";
import { documentOf, readBundle } from "../report/page.ts";

/** `paths`: of the captures, for the title. */
export async function servedPage(paths: readonly string[]): Promise<string> {
  const names = paths.map((path) => basename(path));
  const title = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return documentOf(title, await readBundle(new URL("./", import.meta.url)), "", true);
}
