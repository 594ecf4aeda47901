/** A command line as data, read from its commander definitions. Man pages and completions are generated from it. */
import type { Argument, Command, Option } from "commander";

/** What a value may be: one of some words, a file, or anything. */
export type Value =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "file" }
  | { readonly kind: "any" };

export interface OptionModel {
  readonly short: string | null;
  readonly long: string;
  readonly description: string;
  /** The placeholder, such as `<port>` or `[seconds]`. Null for an option without a value. */
  readonly placeholder: string | null;
  /** Whether the value may be omitted. */
  readonly optional: boolean;
  readonly value: Value;
}

export interface ArgumentModel {
  readonly name: string;
  readonly description: string;
  readonly optional: boolean;
  readonly variadic: boolean;
  readonly value: Value;
}

export interface CommandModel {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  readonly arguments: readonly ArgumentModel[];
  readonly commands: readonly CommandModel[];
}

/** Matches placeholders for files. */
const fileNames = /^(?:file|input|output|path|dir|folder)/i;

const valueFor = (name: string, words: readonly string[] | undefined): Value =>
  words ? { kind: "words", words } : fileNames.test(name) ? { kind: "file" } : { kind: "any" };

/** Words for arguments whose definitions do not list them, by the argument's name. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

export function modelOf(command: Command, known: KnownWords = {}): CommandModel {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionOf),
    arguments: argumentsOf(command, known),
    commands: command.commands.map((one) => modelOf(one as Command, known)),
  };
}

function optionOf(option: Option): OptionModel {
  const placeholder = /[<[](.*?)(?:\.\.\.)?[>\]]$/.exec(option.flags);
  const takesValue = option.required || option.optional;
  const known = option.argChoices ? ` (${option.argChoices.join(", ")})` : "";
  const standard = option.defaultValue === undefined || option.negate ? "" : ` (default: ${option.defaultValue})`;
  return {
    short: option.short ?? null,
    long: option.long ?? option.flags,
    description: `${option.description}${known}${standard}`,
    placeholder: takesValue ? (placeholder?.[0] ?? null) : null,
    optional: option.optional,
    value: valueFor(placeholder?.[1] ?? "", option.argChoices),
  };
}

/**
 * The arguments according to the usage text. That of `plot` is more specific than its definition, which takes any
 * words.
 */
function argumentsOf(command: Command, known: KnownWords): ArgumentModel[] {
  const placeholders = command.usage().matchAll(/([<[])(?!options\]|command\])([\w-]+)(\.\.\.)?[>\]]/g);
  return [...placeholders].map(([, bracket, name = "", dots]) => {
    const argument: Argument | undefined = command.registeredArguments.find((one) => one.name() === name);
    return {
      name,
      description: argument?.description ?? "",
      optional: bracket === "[",
      variadic: dots !== undefined,
      value: valueFor(name, argument?.argChoices ?? known[name]),
    };
  });
}

/** Whether words follow any number of files, so that an argument can be either. */
export const isWordAfterFiles = ({ arguments: all }: CommandModel): boolean =>
  all.length > 1 && all[0]!.variadic && all[0]!.value.kind === "file";

/** The flags of an option. */
export const flagsOf = ({ short, long }: OptionModel): string[] => (short === null ? [long] : [short, long]);

/** The first sentence without its full stop, short enough to stand beside a name. */
export const summaryOf = ({ description }: { readonly description: string }): string =>
  description.replace(/\.$/, "").split(/;|\. /)[0] ?? "";
