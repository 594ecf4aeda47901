/** Generates a manual page with the classic man macros. */
import { wrap } from "../../capture/terminal/lines.ts";
import { type ArgumentModel, type CommandModel, flagsOf, type OptionModel } from "./model.ts";

/** The texts of a page other than its commands. */
export interface PageTexts {
  readonly version: string;
  readonly description: readonly string[];
  readonly exitStatus: readonly (readonly [code: number, meaning: string])[];
  readonly environment: readonly (readonly [name: string, meaning: string])[];
  readonly files: readonly (readonly [path: string, meaning: string])[];
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  readonly seeAlso: readonly string[];
}

const lineLength = 78;

/** Date of the last relevant change. It is fixed, so that generating a page again gives the same page. */
const pageDate = "2026-11-22";

/** Escapes text for roff. A line must not begin with a control character. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("…", "\\&...")
    .replace(/^[.]/gm, "\\&.");

/** Prose, wrapped. Hyphens stay hyphens, and words in backquotes become bold. */
function prose(text: string): string {
  const parts = text.split(/(`[^`]+`)/);
  const marked = parts.map((part) =>
    part.startsWith("`") ? bold(part.slice(1, -1)) : roff(part).replaceAll("\\-", "-"),
  );
  return wrap(marked.join(""), lineLength).join("\n").replace(/^[.']/gm, "\\&$&");
}

const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

export function manualPage(program: CommandModel, texts: PageTexts): string {
  const { name } = program;
  return `${[
    `.\\" Made from the command definitions by scripts/generate-docs.ts: npm run docs`,
    `.TH ${name.toUpperCase()} 1 ${pageDate} "tcpprobe_plus ${texts.version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- \\\n${prose(lowerFirst(program.description.replace(/\.$/, "")))}`,
    ".SH SYNOPSIS",
    ...program.commands.flatMap((command, index) => [...(index > 0 ? [".br"] : []), synopsis(name, command)]),
    ".SH DESCRIPTION",
    ...texts.description.flatMap((text, index) => [...(index > 0 ? [".PP"] : []), prose(text)]),
    ".SH OPTIONS",
    ...program.options.flatMap(option),
    ".SH COMMANDS",
    ...program.commands.flatMap((command) => section(name, command)),
    ".SH EXIT STATUS",
    ...texts.exitStatus.flatMap(([code, meaning]) => [".TP", bold(String(code)), prose(meaning)]),
    ".SH ENVIRONMENT",
    ...texts.environment.flatMap(([variable, meaning]) => [".TP", bold(variable), prose(meaning)]),
    ".SH FILES",
    ...texts.files.flatMap(([path, meaning]) => [".TP", italic(path), prose(meaning)]),
    ".SH EXAMPLES",
    ...texts.examples.flatMap(([command, meaning]) => [".TP", bold(command), prose(meaning)]),
    ".SH SEE ALSO",
    texts.seeAlso.map((page) => page.replace(/^(.*)\((\d)\)$/, "\\fB$1\\fR(\\|$2\\|)")).join(",\n"),
  ].join("\n")}\n`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const sentence = (text: string): string => `${prose(text.charAt(0).toUpperCase() + text.slice(1))}.`;

function synopsis(name: string, command: CommandModel): string {
  const options = command.options.length > 0 ? ` [${italic("options")}]` : "";
  return `${bold(`${name} ${command.name}`)}${options}${command.arguments.map((one) => ` ${argument(one)}`).join("")}`;
}

function argument({ name, optional, variadic }: ArgumentModel): string {
  const shown = `${italic(name)}${variadic ? " \\&..." : ""}`;
  if (name === "command" && optional) return `[${bold("--")} ${shown}]`;
  return optional ? `[${shown}]` : shown;
}

function section(name: string, command: CommandModel): string[] {
  const described = command.arguments.filter(({ description }) => description !== "");
  return [
    `.SS ${synopsis(name, command)}`,
    sentence(command.description),
    ...described.flatMap((one) => [".TP", argument(one), sentence(one.description)]),
    ...command.options.flatMap(option),
  ];
}

function option(one: OptionModel): string[] {
  const placeholder = one.placeholder?.replace(/\.\.\.(?=[>\]]$)/, " ...") ?? null;
  const value =
    placeholder === null
      ? ""
      : one.optional
        ? ` [${italic(placeholder.slice(1, -1))}]`
        : ` ${italic(placeholder.slice(1, -1))}`;
  return [".TP", `${flagsOf(one).map(bold).join(", ")}${value}`, sentence(one.description)];
}
