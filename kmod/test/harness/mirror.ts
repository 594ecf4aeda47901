// Where Debian packages come from.
import { sh } from "./sh.ts";

/** The machine's own Debian mirror, from apt's configuration. */
export function mirror(): string {
  if (process.env.TPP_DEBIAN_MIRROR) return process.env.TPP_DEBIAN_MIRROR;
  const format = "$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)";
  const lines = sh("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  for (const line of lines.split("\n")) {
    const [uri, origin, label, component] = line.split("|");
    if (uri && origin === "Debian" && label === "Debian" && component === "main") return uri;
  }
  throw new Error("no Debian mirror in this machine's apt configuration; set TPP_DEBIAN_MIRROR");
}
