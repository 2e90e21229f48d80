import * as path from "node:path";

import { inspectPulumi, type PulumiFound } from "./pulumi";
import { companionOf } from "./pulumi/path";
import { findOnPath } from "./servers/command";
import { formatSpec, inspectServer, supportedSpecs } from "./servers";

/** One thing the local stack needs: where it was found, or how it would be had, or why it cannot be. */
export interface DoctorLine {
  what: string;
  /** A version, or a path where asking for the version would take long. */
  found: string | null;
  from?: string;
  willFetch?: string;
  missing?: string;
}

/** What the local stack finds on this machine. Quick, and fetches nothing. */
export async function doctor(): Promise<DoctorLine[]> {
  const pulumi = await inspectPulumi();
  const servers = await Promise.all(
    supportedSpecs.map(async (spec) => ({ what: formatSpec(spec), ...(await inspectServer(spec)) })),
  );
  return [
    { what: "Node.js", found: process.versions.node, from: process.execPath },
    pulumiLine(pulumi),
    nodeHostLine(pulumi),
    ...servers,
    tool("python3", "the AWS stand-in of the tests (moto) runs on it"),
    tool("go", "it builds the Pulumi CLI where the official installer cannot be reached"),
    tool("mvn", "it fetches MySQL 8.0"),
  ];
}

function pulumiLine(pulumi: PulumiFound): DoctorLine {
  if (pulumi.found === null) return { what: "Pulumi CLI", ...pulumi };
  return { what: "Pulumi CLI", found: pulumi.found, from: pulumi.from === "path" ? pulumi.directory : "cache" };
}

function nodeHostLine(pulumi: PulumiFound): DoctorLine {
  const what = "Pulumi's Node.js host";
  if (pulumi.found === null) return { what, found: null, willFetch: "together with the Pulumi CLI" };
  return { what, found: companionOf(path.join(pulumi.directory, "pulumi"), "pulumi-language-nodejs") ?? null };
}

function tool(name: string, purpose: string): DoctorLine {
  const found = findOnPath(name);
  return found ? { what: name, found } : { what: name, found: null, missing: `not on PATH; ${purpose}` };
}
