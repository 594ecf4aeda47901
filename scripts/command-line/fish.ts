/** Generates completion for fish. */
import { type CommandModel, type OptionModel, summaryOf, type Value } from "./model.ts";

const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

export function fishCompletion(program: CommandModel): string {
  const { name } = program;
  const lines = program.commands.flatMap((command) => [
    `complete -c ${name} -n __fish_use_subcommand -a ${command.name} -d ${quoted(summaryOf(command))}`,
    ...command.options.map((option) => optionLine(name, `__fish_seen_subcommand_from ${command.name}`, option)),
    ...command.arguments.flatMap(({ value }) => argumentLine(name, command.name, value)),
  ]);
  return `# Completion of ${name} in fish: ${name} completion fish > ~/.config/fish/completions/${name}.fish
# Made from the command definitions by scripts/generate-docs.ts.

complete -c ${name} -f
${program.options.map((option) => optionLine(name, "__fish_use_subcommand", option)).join("\n")}
${lines.join("\n")}
`;
}

function optionLine(name: string, condition: string, option: OptionModel): string {
  const parts = [`complete -c ${name} -n ${quoted(condition)}`];
  if (option.short) parts.push(`-s ${option.short.slice(1)}`);
  parts.push(`-l ${option.long.slice(2)}`);
  if (option.placeholder !== null && !option.optional)
    parts.push(...(option.value.kind === "file" ? ["-r"] : ["-x"]), ...valueParts(option.value));
  return [...parts, `-d ${quoted(summaryOf(option))}`].join(" ");
}

function valueParts(value: Value): string[] {
  if (value.kind === "file") return ["-F"];
  return value.kind === "words" ? [`-a ${quoted(value.words.join(" "))}`] : [];
}

function argumentLine(name: string, command: string, value: Value): string[] {
  const parts = valueParts(value);
  if (parts.length === 0) return [];
  return [`complete -c ${name} -n ${quoted(`__fish_seen_subcommand_from ${command}`)} ${parts.join(" ")}`];
}
