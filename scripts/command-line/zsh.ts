/** Generates completion for zsh, using its _arguments. */
import {
  type ArgumentModel,
  type CommandModel,
  flagsOf,
  isWordAfterFiles,
  type OptionModel,
  summaryOf,
  type Value,
} from "./model.ts";

/** Escapes text for single quotes, and for brackets and colons of _arguments. */
const text = (words: string): string => words.replaceAll("'", "’").replace(/[[\]:\\]/g, "\\$&");

export function zshCompletion(program: CommandModel): string {
  const name = `_${program.name}`;
  return `#compdef ${program.name}
# Completion of ${program.name} in zsh: save it as ${name} in a folder of $fpath, or source <(${program.name} completion zsh)
# Made from the command definitions by scripts/generate-docs.ts.

${name}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${program.options.map((option) => `    ${optionSpec(option)} \\`).join("\n")}
    '1:command:->command' \\
    '*::argument:->arguments'
  case $state in
  command)
    local -a commands=(
${program.commands.map((command) => `      '${text(command.name)}:${text(summaryOf(command))}'`).join("\n")}
    )
    _describe command commands
    ;;
  arguments)
    case $words[1] in
${program.commands.map(commandCase).join("\n")}
    esac
    ;;
  esac
}

if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program.name}
fi
`;
}

function commandCase(command: CommandModel): string {
  const specs = [...command.options.map(optionSpec), ...argumentSpecs(command)];
  return `    ${command.name})
      _arguments -s \\
${specs.map((spec) => `        ${spec}`).join(" \\\n")}
      ;;`;
}

function action(value: Value): string {
  if (value.kind === "file") return "_files";
  return value.kind === "words" ? `(${value.words.join(" ")})` : "";
}

function optionSpec(option: OptionModel): string {
  const flags = flagsOf(option);
  const brackets = `[${text(summaryOf(option))}]`;
  const colon = option.optional ? "::" : ":";
  const label = option.placeholder?.replace(/[<>[\].]/g, "") ?? "";
  const value = option.placeholder === null ? "" : `${colon}${text(label)}:${action(option.value)}`;
  const rest = `'${brackets}${value}'`;
  if (flags.length === 1) return `'${flags[0]}${brackets}${value}'`;
  return `'(${flags.join(" ")})'{${flags.join(",")}}${rest}`;
}

/** A word that may follow any number of files is completed together with them. */
function argumentSpecs(command: CommandModel): string[] {
  if (!isWordAfterFiles(command)) return command.arguments.map(argumentSpec);
  const words = command.arguments.flatMap(({ value }) => (value.kind === "words" ? value.words : []));
  if (words.length === 0) return [argumentSpec(command.arguments[0]!)];
  const names = command.arguments.map(({ name }) => name).join(" or ");
  return [`'*:${text(names)}:_alternative "files:file:_files" "words:word:(${words.join(" ")})"'`];
}

/** A command line after `--` is completed as a command line. */
function argumentSpec(argument: ArgumentModel): string {
  if (argument.name === "command" && argument.variadic) return "'*::command:_normal'";
  const colon = argument.optional ? "::" : ":";
  return `'${argument.variadic ? "*" : ""}${colon}${text(argument.name)}:${action(argument.value)}'`;
}
