import { z } from "zod";
import { AwsError } from "../errors";
import type { Caller } from "../identity";
import type { Secret } from "./model";

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const principal = z.union([z.literal("*"), z.record(z.string(), oneOrMore)]);
const statement = z.object({
  Effect: z.enum(["Allow", "Deny"]),
  Principal: principal,
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
});
const document = z.object({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement)]).transform((value) => [value].flat()),
});
type Statement = z.infer<typeof statement>;

export function readPolicy(text: string): Statement[] {
  try {
    return document.parse(JSON.parse(text)).Statement;
  } catch {
    throw new AwsError("MalformedPolicyDocumentException", "This resource policy contains syntax errors.");
  }
}

const namesEveryone = ({ Principal }: Statement): boolean =>
  Principal === "*" || Object.values(Principal).some((names) => names.includes("*"));

/** Simpler than AWS's own reasoning: everyone is allowed, and no condition narrows it. */
export const isPublic = (statements: readonly Statement[]): boolean =>
  statements.some((one) => one.Effect === "Allow" && namesEveryone(one) && one.Condition === undefined);

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );

function matchesCaller({ Principal }: Statement, caller: Caller): boolean {
  if (Principal === "*") return true;
  const [, , , , , session = ""] = caller.arn.split(":");
  const role = /^assumed-role\/([^/]+)\//.exec(session)?.[1];
  const own = [
    "*",
    caller.arn,
    caller.account,
    `arn:${caller.partition}:iam::${caller.account}:root`,
    ...(role === undefined ? [] : [`arn:${caller.partition}:iam::${caller.account}:role/${role}`]),
  ];
  // A role can have a path, which its session's ARN does not show.
  const ofRole = (name: string): boolean =>
    role !== undefined &&
    name.startsWith(`arn:${caller.partition}:iam::${caller.account}:role/`) &&
    name.endsWith(`/${role}`);
  return (Principal.AWS ?? []).some((name) => own.includes(name) || ofRole(name));
}

/** Only what needs no network or session facts. Another condition counts as not met, for Allow and for Deny. */
function conditionHolds({ Condition }: Statement, caller: Caller): boolean {
  const facts: Record<string, string> = {
    "aws:PrincipalAccount": caller.account,
    "aws:PrincipalArn": caller.arn,
    "aws:RequestedRegion": caller.region,
  };
  return Object.entries(Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const fact = facts[key];
      if (fact === undefined) return false;
      if (operator === "StringEquals" || operator === "ArnEquals") return values.includes(fact);
      if (operator === "StringNotEquals" || operator === "ArnNotEquals") return !values.includes(fact);
      if (operator === "StringLike" || operator === "ArnLike")
        return values.some((value) => wildcard(value).test(fact));
      return false;
    }),
  );
}

/**
 * What the resource policy says. The caller's own policies have allowed the call before: inside its own account
 * everything goes that the secret's policy does not deny.
 */
export function authorize(
  secret: Secret | undefined,
  owner: string,
  arn: string,
  action: string,
  caller: Caller,
): void {
  const full = `secretsmanager:${action}`;
  const applies = (one: Statement): boolean =>
    matchesCaller(one, caller) &&
    one.Action.some((name) => wildcard(name.toLowerCase()).test(full.toLowerCase())) &&
    one.Resource.some((name) => wildcard(name).test(arn)) &&
    conditionHolds(one, caller);
  const matching = secret?.policy === undefined ? [] : readPolicy(secret.policy).filter(applies);
  const who = `User: ${caller.arn} is not authorized to perform: ${full} on resource: ${arn}`;
  if (matching.some(({ Effect }) => Effect === "Deny")) {
    throw new AwsError("AccessDeniedException", `${who} with an explicit deny in a resource-based policy`);
  }
  if (caller.account === owner || matching.length > 0) return;
  throw new AwsError("AccessDeniedException", `${who} because no resource-based policy allows the ${full} action`);
}
