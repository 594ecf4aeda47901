/** Finds what prevents the module from being loaded or built on this host, without changing anything. */
import { existsSync, readFileSync } from "node:fs";
import { release, version } from "node:os";
import { join } from "node:path";
import type { CaptureError } from "../../errors.ts";
import { findProgram } from "../../system/programs.ts";
import {
  ModuleRightsError,
  NoBuildToolError,
  NoHeadersError,
  NoKmodToolsError,
  NoModuleSupportError,
  OtherNamespaceError,
  RealTimeKernelError,
  SignatureNeededError,
} from "../errors.ts";
import { dataPath, moduleFolder } from "../paths.ts";

export interface Kernel {
  readonly release: string;
  /** The output of `uname -v`. */
  readonly version: string;
  /** Folder of its modules. */
  readonly modules: string;
}

export const hostKernel = (): Kernel => ({
  release: release(),
  version: version(),
  modules: join("/lib/modules", release()),
});

export const headersFolder = (kernel: Kernel): string => join(kernel.modules, "build");

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}

const capSysModule = 16n;

/** Why this process may not load modules. Null if it may. */
export function rightsProblem(what: "loading" | "unloading"): CaptureError | null {
  if (process.geteuid?.() !== 0) return new ModuleRightsError(what, false);
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf("/proc/self/status") ?? "")?.[1];
  const mayLoad = effective === undefined || (BigInt(`0x${effective}`) >> capSysModule) % 2n === 1n;
  return mayLoad ? null : new ModuleRightsError(what, true);
}

/** An error if the module is loaded but not visible in this network namespace. */
export function namespaceProblem(): CaptureError | null {
  return existsSync(moduleFolder) && !existsSync(dataPath) ? new OtherNamespaceError() : null;
}

/** Why this kernel cannot load any module, or this one. */
export function kernelProblem(kernel: Kernel = hostKernel()): CaptureError | null {
  if (!existsSync("/proc/modules")) return new NoModuleSupportError(kernel.release, "built without");
  if (textOf("/proc/sys/kernel/modules_disabled") === "1")
    return new NoModuleSupportError(kernel.release, "switched off");
  return isRealTime(kernel) ? new RealTimeKernelError(kernel.release) : null;
}

export const isRealTime = (kernel: Kernel): boolean => /\bPREEMPT_RT\b/.test(kernel.version);

/** Why the kernel refuses a module that was built here and therefore is not signed. */
export function signatureProblem(): CaptureError | null {
  const why = signatureReason();
  return why === null ? null : new SignatureNeededError(why);
}

function signatureReason(): string | null {
  const lockdown = /\[(integrity|confidentiality)\]/.exec(textOf("/sys/kernel/security/lockdown") ?? "")?.[1];
  if (lockdown) return `lockdown: ${lockdown}, as with Secure Boot`;
  return textOf("/sys/module/module/parameters/sig_enforce") === "Y" ? "module.sig_enforce" : null;
}

/** Everything that is missing for a build, in the order in which it is needed. */
export function buildProblems(kernel: Kernel = hostKernel()): CaptureError[] {
  const headers = headersFolder(kernel);
  const problems: CaptureError[] = [];
  if (!existsSync(join(headers, "Makefile"))) problems.push(new NoHeadersError(kernel.release, headers));
  if (!findProgram("make")) problems.push(new NoBuildToolError("make", ["make"], "make"));
  const compilers = compilersFor(headers);
  if (!compilers.some(findProgram)) {
    problems.push(new NoBuildToolError("C compiler", compilers, builtWithClang(headers) ? "clang" : "gcc"));
  }
  return problems;
}

export function toolProblem(tool: string): CaptureError | null {
  return findProgram(tool) ? null : new NoKmodToolsError(tool);
}

const configOf = (headers: string): string =>
  textOf(join(headers, ".config")) ?? textOf(join(headers, "include/config/auto.conf")) ?? "";

/** Modules for a kernel built by clang must be built by clang, too. */
export const builtWithClang = (headers: string): boolean => /^CONFIG_CC_IS_CLANG=y$/m.test(configOf(headers));

/** The compiler that built the kernel, then the usual one. */
function compilersFor(headers: string): string[] {
  const named = /^CONFIG_CC_VERSION_TEXT="(\S+)/m.exec(configOf(headers))?.[1];
  return [...new Set([named, builtWithClang(headers) ? "clang" : "gcc"])].filter((one) => one !== undefined);
}

/** The path of a module installed for this kernel by DKMS or a package. Null if there is none. */
export function installedModule(kernel: Kernel = hostKernel()): string | null {
  const line = /^(\S*\btcpprobe_plus\.ko(?:\.\w+)?):/m.exec(textOf(join(kernel.modules, "modules.dep")) ?? "")?.[1];
  return line === undefined ? null : join(kernel.modules, line);
}
