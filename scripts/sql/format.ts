/** Part of `npm run fix`. */
import { formatSqlFiles } from "./files.ts";

formatSqlFiles();
