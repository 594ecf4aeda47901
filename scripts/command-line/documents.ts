/** Man pages and completions of both programs, with their paths. */
import { buildProgram as buildAnalyze } from "../../analyze/command-line/program.ts";
import { plotNames } from "../../analyze/plots/names.ts";
import { viewNames } from "../../analyze/trace/views.ts";
import { buildProgram as buildCapture } from "../../capture/command-line/program.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { manualPage, type PageTexts } from "./man.ts";
import { modelOf } from "./model.ts";
import { analyzePage, capturePage } from "./pages.ts";
import { zshCompletion } from "./zsh.ts";

interface Program {
  readonly model: ReturnType<typeof modelOf>;
  readonly page: PageTexts;
}

const silent = { write: () => {}, offer: () => {}, isTTY: false, columns: 80 };
const never = () => () => {};
const io = { stdout: silent, stderr: silent, onSignal: never, onReport: never, settle: async () => {} };

/** Words for arguments whose definitions do not list them, because they are checked where they are used. */
const analyzeWords = { plot: plotNames, name: viewNames.filter((name) => name !== "trace"), view: viewNames };

const programs = (): Program[] => [
  { model: modelOf(buildCapture([], io, () => {})), page: capturePage },
  { model: modelOf(buildAnalyze({ ...io, columns: 80 }), analyzeWords), page: analyzePage },
];

/** The documents with their paths from the root of the repository. */
export function commandLineDocuments(): { readonly path: string; readonly text: string }[] {
  return programs().flatMap(({ model, page }) => {
    const { name } = model;
    return [
      { path: `man/${name}.1`, text: manualPage(model, page) },
      { path: `${name}/completions/${name}.bash`, text: bashCompletion(model) },
      { path: `${name}/completions/${name}.zsh`, text: zshCompletion(model) },
      { path: `${name}/completions/${name}.fish`, text: fishCompletion(model) },
    ];
  });
}
