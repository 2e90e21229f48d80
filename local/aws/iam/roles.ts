import { AwsError } from "../errors";
import type { Caller } from "../identity";
import { kmsDenied } from "../keys";
import type { Context } from "./conditions";
import { evaluate, readIdentityPolicy, type AccessRequest, type Decision, type IdentityPolicy } from "./policy";

/** A role as far as calls made with its credentials are concerned. */
interface Role {
  policies: IdentityPolicy[];
  /** What is in the context of each of its calls, such as the function they come from. */
  context: Context;
}

/** One question that was asked for a role, with its whole context, and the answer. Holds names and tags, no values. */
export interface AccessCheck extends AccessRequest {
  role: string;
  decision: Decision;
}

const nameOf = (roleArn: string): string => roleArn.split("/").at(-1) ?? "";

/** The role of a session. A session's ARN does not show the role's path. */
function roleOf({ arn }: Pick<Caller, "arn">): string | undefined {
  const [, , service, , account, session = ""] = arn.split(":");
  const [kind, name] = session.split("/");
  return service === "sts" && kind === "assumed-role" ? `${account} ${name}` : undefined;
}

/**
 * Identity policies. Callers whose role has none here, above all the account's own user, may do everything: only what
 * somebody has given a policy is held to it.
 */
export class Roles {
  private readonly roles = new Map<string, Role>();
  private readonly listeners = new Set<(check: AccessCheck) => void>();

  /** From now on the role may do what the policies say and nothing else. Replaces what it had. */
  attach(roleArn: string, documents: readonly unknown[], context: Context = {}): void {
    const account = roleArn.split(":")[4];
    this.roles.set(`${account} ${nameOf(roleArn)}`, {
      policies: documents.map(readIdentityPolicy),
      context: { "aws:PrincipalArn": roleArn, ...context },
    });
  }

  /** Tells every check of every role from now on. Returns what ends that. */
  observe(listener: (check: AccessCheck) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** `ask` is called only for a caller with policies. All of what it gives has to be allowed. */
  authorize(caller: Caller, ask: () => readonly AccessRequest[]): void {
    const name = roleOf(caller);
    const role = name === undefined ? undefined : this.roles.get(name);
    if (role === undefined) return;
    for (const request of ask()) {
      const decision = this.check(role, { ...request, context: { ...role.context, ...request.context } });
      if (decision.effect !== "allow") throw denial(caller, request, decision);
    }
  }

  /** The same for what a service does with the role without coming from the role's owner. Gives what is not allowed. */
  refused(roleArn: string, requests: readonly AccessRequest[]): string[] {
    const role = this.roles.get(`${roleArn.split(":")[4]} ${nameOf(roleArn)}`);
    if (role === undefined) return [];
    const context: Context = { "aws:PrincipalArn": role.context["aws:PrincipalArn"] };
    return requests
      .filter(
        (request) => this.check(role, { ...request, context: { ...context, ...request.context } }).effect !== "allow",
      )
      .map(({ action, resource }) => `${action} on ${resource}`);
  }

  private check({ policies, context }: Role, request: AccessRequest): Decision {
    const decision = evaluate(policies, request);
    const role = String(context["aws:PrincipalArn"]);
    for (const listener of this.listeners) listener({ ...request, role, decision });
    return decision;
  }
}

/** IAM User Guide, Troubleshoot access denied error messages. A key is refused in the words of the service that uses it. */
function denial({ arn }: Caller, { action, resource }: AccessRequest, { effect }: Decision): AwsError {
  if (action.startsWith("kms:")) return kmsDenied();
  const who = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`;
  const why =
    effect === "deny"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${action} action`;
  const status = /^(lambda|s3|sts):/.test(action) ? 403 : 400;
  return new AwsError(/^(s3|sts):/.test(action) ? "AccessDenied" : "AccessDeniedException", `${who} ${why}`, status);
}
