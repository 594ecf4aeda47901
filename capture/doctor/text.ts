/** The findings as text: sections, a mark for each finding, and below it what to do. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { labelled, type Paint } from "../terminal/lines.ts";
import { type Finding, type State, sections } from "./finding.ts";

const marks: Readonly<Record<State, { readonly sign: string; readonly colour: "green" | "yellow" | "red" | "dim" }>> = {
  ok: { sign: "✔", colour: "green" },
  note: { sign: "!", colour: "yellow" },
  problem: { sign: "✘", colour: "red" },
  unknown: { sign: "?", colour: "dim" },
};

const markWidth = 4;

export function findingsText(findings: readonly Finding[], width: number, paint: Paint): string {
  const nameWidth = Math.min(14, Math.max(...findings.map(({ name }) => name.length))) + 1;
  const parts = sections.flatMap((section) => {
    const own = findings.filter((finding) => finding.section === section);
    return own.length === 0 ? [] : [paint("bold", section), ...own.map((one) => lines(one, nameWidth, width, paint))];
  });
  return `${parts.join("\n")}\n`;
}

function lines(finding: Finding, nameWidth: number, width: number, paint: Paint): string {
  const { state } = finding;
  const [name, text] = [foreignText(finding.name), foreignText(finding.text)];
  const next = finding.next === null ? null : foreignText(finding.next);
  const { sign, colour } = marks[state];
  const label = name.length < nameWidth ? name : `${name} `;
  const body = labelled(label, text, nameWidth, width - markWidth);
  const step = next === null ? "" : `\n${labelled("", `→ ${next}`, nameWidth, width - markWidth)}`;
  const [first = "", ...rest] = `${body}${step}`.split("\n");
  return [`  ${paint(colour, sign)} ${first}`, ...rest.map((line) => " ".repeat(markWidth) + line)].join("\n");
}
