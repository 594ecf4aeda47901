/** Errors of loading, unloading and watching the module. Each has a class, and its message names the next step. */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { CaptureError } from "../errors.ts";

const elsewhere = "or capture with --source tracefs, which needs no module";

/** Package names by distribution, for messages. */
const install = (debian: string, fedora: string): string =>
  `Debian, Ubuntu: apt-get install ${debian}; Fedora: dnf install ${fedora}`;

export class BadModuleSettingError extends CaptureError {
  override readonly name = "BadModuleSettingError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string, next: string) {
    super(`--set ${given}: not a setting of the module. ${next}`);
  }
}

export class FixedSettingError extends CaptureError {
  override readonly name = "FixedSettingError";
  override readonly exitCode = exitCodes.busy;
  constructor(name: string, now: string, wanted: string) {
    super(
      `${name} is fixed while the module is loaded (it is ${now}, not ${wanted}). \`capture unload\` first, then load it again.`,
    );
  }
}

export class ModuleRightsError extends CaptureError {
  override readonly name = "ModuleRightsError";
  override readonly exitCode = exitCodes.noPermission;
  constructor(what: "loading" | "unloading", root: boolean) {
    super(
      root
        ? `${what} a kernel module is not allowed to root here (no CAP_SYS_MODULE, as in a container). Do it on the host itself, ${elsewhere}.`
        : `${what} a kernel module needs root: run it with sudo.`,
    );
  }
}

export class NoModuleSupportError extends CaptureError {
  override readonly name = "NoModuleSupportError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(release: string, why: "built without" | "switched off") {
    super(
      why === "built without"
        ? `this kernel (${release}) is built without loadable modules. Use a distribution's kernel, ${elsewhere}.`
        : `loading modules was switched off on this host (kernel.modules_disabled=1) until it is restarted. Restart it, ${elsewhere}.`,
    );
  }
}

export class RealTimeKernelError extends CaptureError {
  override readonly name = "RealTimeKernelError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(release: string) {
    super(
      `this kernel (${release}) is PREEMPT_RT, for which the module is not made. Use another kernel, ${elsewhere}.`,
    );
  }
}

export class SignatureNeededError extends CaptureError {
  override readonly name = "SignatureNeededError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(why: string) {
    super(
      `this kernel takes signed modules only (${why}). Install the module with DKMS and enrol its key (\`make dkms\` in kmod/; \`mokutil --import /var/lib/dkms/mok.pub\`), ${elsewhere}.`,
    );
  }
}

export class NoHeadersError extends CaptureError {
  override readonly name = "NoHeadersError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(release: string, path: string) {
    const packages = install(`linux-headers-${release}`, `kernel-devel-${release}`);
    super(
      `${path}: not there, so the headers of this kernel are not installed and the module cannot be built. ${packages}.`,
    );
  }
}

export class NoBuildToolError extends CaptureError {
  override readonly name = "NoBuildToolError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(what: string, looked: readonly string[], packageName: string) {
    super(
      `no ${what} (looked for ${looked.join(", ")}), so the module cannot be built. ${install(packageName, packageName)}.`,
    );
  }
}

export class NoKmodToolsError extends CaptureError {
  override readonly name = "NoKmodToolsError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(tool: string) {
    super(`${tool} is not installed, which takes modules in and out. ${install("kmod", "kmod")}.`);
  }
}

export class NoModuleSourcesError extends CaptureError {
  override readonly name = "NoModuleSourcesError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(path: string) {
    super(
      `${path}: the module's sources are not there. This installation of capture is not whole: install it again, or clone the repository and run \`make load\` in kmod/.`,
    );
  }
}

export class CacheError extends CaptureError {
  override readonly name = "CacheError";
  override readonly exitCode = exitCodes.cannotCreate;
  constructor(path: string, why: string) {
    super(
      `${path}: the module is neither built nor loaded there (${why}): root loads code from it, so root alone may write to it and to every folder above. Put that right (chown root, chmod go-w), ${elsewhere}.`,
    );
  }
}

export class ModuleBuildError extends CaptureError {
  override readonly name = "ModuleBuildError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(release: string, log: string, first: string) {
    super(`the module does not build for ${release}: ${first}. The whole log is ${log}; report it with that.`);
  }
}

export class ModuleInsertError extends CaptureError {
  override readonly name = "ModuleInsertError";
  override readonly exitCode: number;
  constructor(why: string, next: string, exitCode: number = exitCodes.unavailable) {
    super(`the kernel does not take the module (${why}). ${next}`);
    this.exitCode = exitCode;
  }
}

export class ModuleInUseError extends CaptureError {
  override readonly name = "ModuleInUseError";
  override readonly exitCode = exitCodes.busy;
  constructor(who: string) {
    super(
      `the module is in use: ${who} reads it. End that first, or unload the module all the same with --force: the reader gets what is left, then end of file.`,
    );
  }
}

export class ModuleRemoveError extends CaptureError {
  override readonly name = "ModuleRemoveError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(why: string) {
    super(`the kernel does not let the module go (${why}). \`dmesg\` may say more; a restart takes it out.`);
  }
}

export class OtherNamespaceError extends CaptureError {
  override readonly name = "OtherNamespaceError";
  override readonly exitCode = exitCodes.unavailable;
  constructor() {
    super(
      "the module is loaded, but shows itself in the host's own network namespace only, and this is another one. Run it there: nsenter -t 1 -n capture ….",
    );
  }
}
