/** A finding of `capture doctor`: a subject, its state, and what can be done. */

/** `note`: works, with a remark. `problem`: does not work. `unknown`: could not be determined. */
export type State = "ok" | "note" | "problem" | "unknown";

export const sections = ["sources", "module", "tracing", "interfaces", "clock", "rings", "left behind"] as const;
export type Section = (typeof sections)[number];

export interface Finding {
  readonly section: Section;
  readonly name: string;
  readonly state: State;
  readonly text: string;
  /** What to do: a command or a step. Null if there is nothing to do. */
  readonly next: string | null;
}

/** Collects the findings of one section. */
export const findingsOf =
  (section: Section) =>
  (name: string, state: State, text: string, next: string | null = null): Finding => ({
    section,
    name,
    state,
    text,
    next,
  });

/** Splits an error's line into what is wrong and what to do. The latter is the last sentence. */
export function fromError(error: Error): { readonly text: string; readonly next: string | null } {
  const at = error.message.search(/\. (?=\S[^.]*(?:\.\S[^.]*)*\.$)/);
  if (at === -1) return { text: error.message.replace(/\.$/, ""), next: null };
  return { text: error.message.slice(0, at), next: error.message.slice(at + 2).replace(/\.$/, "") };
}
