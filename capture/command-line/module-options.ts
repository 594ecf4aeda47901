/** The command lines of `capture load`, `unload`, `status`, `doctor` and `completion`. */
import { mostPort, portOf } from "@tcpprobe-plus/tpp/base";
import { Argument, type Command } from "commander";
import { type Shell, shells } from "../commands/completion.ts";
import { BadNumberError } from "../errors.ts";
import { addSetting } from "../module/build/parameters.ts";
import type { ModuleSettings } from "../module/settings.ts";
import type { Io } from "../terminal/io.ts";

interface LoadFlags {
  readonly port?: string;
  readonly set?: ModuleSettings;
  readonly build?: boolean;
  readonly quiet?: boolean;
}

const debug = ["--debug", "print a stack trace with an error"] as const;

export function addModuleCommands(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command("load")
    .description("load the tcpprobe_plus module; if it is loaded already, change its settings")
    .option("--port <port>", "only connections with this port at either end; 0 for all", parsePort)
    .option("--set <name=value>", "a setting of the module, such as bufsize=65536; may be repeated", addSetting)
    .option("--build", "build it from the sources, even if one is installed for this kernel")
    .option("--quiet", "print errors only")
    .option(...debug)
    .action(async ({ port, set = {}, build = false, quiet = false }: LoadFlags) => {
      const { load } = await import("../commands/load.ts");
      const settings = port === undefined ? set : { ...set, port };
      done(await load({ settings, build, quiet }, io));
    });
  program
    .command("unload")
    .description("unload the module; refused while a process reads from it")
    .option("--force", "unload it all the same: the reader gets what is left, then end of file")
    .option("--quiet", "print errors only")
    .option(...debug)
    .action(async ({ force = false, quiet = false }: { force?: boolean; quiet?: boolean }) => {
      const { unload } = await import("../commands/unload.ts");
      done(await unload({ force, quiet }, io));
    });
  program
    .command("status")
    .description("show the module's counters, settings and readers")
    .option("--json", "print JSON; with --watch one object a line")
    .option("--watch [seconds]", "repeat, with rates, until Ctrl-C (default: every second)", parseWatch)
    .option(...debug)
    .action(async ({ json = false, watch }: { json?: boolean; watch?: number | true }) => {
      const { status } = await import("../commands/status.ts");
      done(await status({ json, watchS: watch === true ? 1 : (watch ?? null) }, io));
    });
  program
    .command("doctor")
    .description("show which sources can be used here, or why not and what to do; changes nothing")
    .option("--json", "print JSON")
    .option("--fix", "clean up what killed captures left behind: settings, tracing instances")
    .option(...debug)
    .action(async ({ json = false, fix = false }: { json?: boolean; fix?: boolean }) => {
      const { doctor } = await import("../commands/doctor.ts");
      done(await doctor({ json, fix }, io));
    });
  program
    .command("completion")
    .description("print the script that completes capture's words in a shell")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .option(...debug)
    .action(async (shell: Shell) => {
      const { completion } = await import("../commands/completion.ts");
      done(completion(shell, io));
    });
}

/** The port as text, which is what the module expects. */
function parsePort(text: string): string {
  const port = portOf(text);
  if (port === null) throw new BadNumberError("--port", text, 0, mostPort, "a port");
  return String(port);
}

function parseWatch(text: string): number {
  const seconds = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : 0;
  if (seconds < 0.1 || seconds > 86_400) throw new BadNumberError("--watch", text, 0.1, 86_400, "seconds");
  return seconds;
}
