import * as pulumi from "@pulumi/pulumi";
import { PerRun } from "./run";

const warned = new PerRun(() => ({ done: false }));

/** Unit tests need not set an organisation, and a self-managed backend knows none. */
function organisation(): string {
  try {
    return pulumi.getOrganization();
  } catch {
    return "organization";
  }
}

/**
 * Two projects of the same name in two backends have equal URNs: the namespace keeps their claims apart. A backend
 * that knows no organisations calls each of them `organization`.
 */
function namespace(): string {
  const configured = new pulumi.Config("db-access").get("namespace");
  const own = organisation();
  if (own !== "organization") return own;
  if (configured !== undefined) return configured;
  const state = warned.get();
  if (!state.done && pulumi.runtime.isDryRun()) {
    state.done = true;
    void pulumi.log.warn(
      "This backend has no organisation, so claims are owned by organization/<URN>. If another backend manages the same cluster, tell them apart: pulumi config set db-access:namespace <name>.",
    );
  }
  return "organization";
}

/** `<namespace>/<URN>`: who a claim belongs to. Dynamic providers never see the URN, so the class computes it. */
export function ownerOf(name: string, type: string, parent: pulumi.Resource | undefined): pulumi.Output<string> {
  return pulumi.interpolate`${namespace()}/${pulumi.createUrn(name, type, parent)}`;
}
