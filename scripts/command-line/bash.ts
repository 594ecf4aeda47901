/** Generates completion for bash that works without the package bash-completion. */
import {
  type ArgumentModel,
  type CommandModel,
  flagsOf,
  isWordAfterFiles,
  type OptionModel,
  type Value,
} from "./model.ts";

const quoted = (words: readonly string[]): string => `'${words.join(" ")}'`;

export function bashCompletion(program: CommandModel): string {
  const name = `_${program.name}`;
  const commands = program.commands.map((command) => command.name);
  const counts = program.commands.some((command) => command.arguments.some(takesFiles) && wordsOf(command).length > 0);
  return `# Completion of ${program.name} in bash: source <(${program.name} completion bash)
# Made from the command definitions by scripts/generate-docs.ts.

${name}_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

${name}_words() {
  mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

${program.commands.some(isWordAfterFiles) ? moreWords(name) : ""}${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command=''${counts ? " at=0" : ""} i
  # --option=value comes as three words
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    --) # a command line of its own
      if ((i == COMP_CWORD - 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      else
        ${name}_files "$cur"
      fi
      return
      ;;
    -*) ;;
    *)
      if [[ -z $command ]]; then
        command=\${COMP_WORDS[i]}${counts ? "\n        at=$i" : ""}
      fi
      ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
${program.commands.flatMap((command) => command.options.flatMap((option) => optionCase(name, command.name, option))).join("\n")}
  esac
  case $command in
  '')
    ${name}_words "$cur" ${quoted([...commands, ...program.options.flatMap(flagsOf)])}
    ;;
${program.commands.map((command) => commandCase(name, command)).join("\n")}
  esac
}

complete -F ${name} ${program.name}
`;
}

const moreWords = (name: string): string => `${name}_more_words() {
  local -a words
  mapfile -t words < <(compgen -W "$2" -- "$1")
  COMPREPLY+=("\${words[@]}")
}

`;

function optionCase(name: string, command: string, option: OptionModel): string[] {
  if (option.placeholder === null || option.optional) return [];
  const patterns = flagsOf(option)
    .map((flag) => `'${command} ${flag}'`)
    .join(" | ");
  return [`  ${patterns})`, ...action(name, option.value).map((line) => `    ${line}`), "    return", "    ;;"];
}

function action(name: string, value: Value): string[] {
  if (value.kind === "file") return [`${name}_files "$cur"`];
  return value.kind === "words" ? [`${name}_words "$cur" ${quoted(value.words)}`] : [];
}

function commandCase(name: string, command: CommandModel): string {
  const flags = [...new Set(command.options.flatMap(flagsOf))];
  const choices = wordsOf(command);
  const files = command.arguments.some(takesFiles);
  const rest = [
    ...(files ? [`      ${name}_files "$cur"`] : []),
    ...(choices.length > 0
      ? [`      ${isWordAfterFiles(command) ? addWords(name, choices) : chooseWords(name, choices, files)}`]
      : []),
  ];
  return `  ${command.name})
    if [[ $cur == -* ]]; then
      ${name}_words "$cur" ${quoted(flags)}
${rest.length > 0 ? `    else\n${rest.join("\n")}\n` : ""}    fi
    ;;`;
}

const wordsOf = (command: CommandModel): string[] =>
  command.arguments.flatMap(({ value }) => (value.kind === "words" ? value.words : []));

const takesFiles = ({ value }: ArgumentModel): boolean => value.kind === "file";

/** Completes the first argument as a file, and the next one as one of the words. */
const chooseWords = (name: string, words: readonly string[], files: boolean): string =>
  files ? `((COMP_CWORD > at + 1)) && ${name}_words "$cur" ${quoted(words)}` : `${name}_words "$cur" ${quoted(words)}`;

/** After any number of files, completes a word or another file. */
const addWords = (name: string, words: readonly string[]): string =>
  `((COMP_CWORD > at + 1)) && ${name}_more_words "$cur" ${quoted(words)}`;
