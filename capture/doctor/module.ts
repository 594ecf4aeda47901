/** The module: whether it is loaded or installed, or what prevents building and loading it. */
import type { CaptureError } from "../errors.ts";
import { builtBefore } from "../module/build/build.ts";
import {
  buildProblems,
  headersFolder,
  hostKernel,
  installedModule,
  kernelProblem,
  rightsProblem,
  signatureProblem,
  toolProblem,
} from "../module/build/requirements.ts";
import { moduleSources } from "../module/build/sources.ts";
import { CacheError } from "../module/errors.ts";
import { moduleStatistics } from "../module/statistics.ts";
import { type Finding, findingsOf, fromError } from "./finding.ts";

const finding = findingsOf("module");

function failed(name: string, error: CaptureError): Finding {
  const { text, next } = fromError(error);
  return finding(name, "problem", text, next);
}

export function moduleFindings(): Finding[] {
  const kernel = kernelProblem();
  if (kernel !== null) return [failed("kernel", kernel)]; // nothing else matters in this case
  const statistics = moduleStatistics();
  const sources = moduleSources();
  const findings: Finding[] = [];
  if (statistics !== null) {
    const other = statistics.version !== sources.version;
    const text = `version ${statistics.version}${other ? `; this capture brings ${sources.version}` : ""}`;
    findings.push(
      finding("loaded", other ? "note" : "ok", text, other ? "capture unload, then capture load --build" : null),
    );
  }
  const installed = installedModule();
  if (installed !== null) findings.push(finding("installed", "ok", `${installed}: \`capture load\` takes that`));
  return [...findings, ...loading(), ...building()];
}

function loading(): Finding[] {
  const problems: [string, CaptureError | null][] = [
    ["rights", rightsProblem("loading")],
    ["signature", signatureProblem()],
    ["insmod", toolProblem("insmod")],
  ];
  const found = problems.flatMap(([name, problem]) => (problem ? [failed(name, problem)] : []));
  return found.length > 0 ? found : [finding("loading", "ok", "allowed here: root, modules, no signature asked for")];
}

function building(): Finding[] {
  const kernel = hostKernel();
  const problems = buildProblems(kernel);
  if (problems.length > 0) return problems.map((problem) => failed("building", problem));
  return [finding("building", "ok", `possible: headers in ${headersFolder(kernel)}, make, a compiler${already()}`)];
}

function already(): string {
  try {
    return builtBefore(hostKernel(), moduleSources()) === null ? "" : "; built already";
  } catch (error) {
    if (error instanceof CacheError) return "";
    throw error;
  }
}
