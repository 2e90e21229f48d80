import { z } from "zod";
import { checkConditions, conditionsHold, UnknownPolicyElement, type Context } from "./conditions";
import { matchesPattern } from "./wildcard";

/** One question to IAM: may this be done to that. A call to AWS may be several. */
export interface AccessRequest {
  /** `service:Operation`. */
  action: string;
  /** An ARN, or `*` where the action has no resource. */
  resource: string;
  context: Context;
}

/** `none`: nothing allows it, which is a denial too. `sid`: the statement that decided. */
export interface Decision {
  effect: "allow" | "deny" | "none";
  sid?: string;
}

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const value = z.union([z.string(), z.boolean()]).transform(String);
const values = z.union([value, z.array(value)]).transform((found) => [found].flat());
const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(["Allow", "Deny"]),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: oneOrMore.optional(),
    NotResource: oneOrMore.optional(),
    Condition: z.record(z.string(), z.record(z.string(), values)).default({}),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), "Action or NotAction")
  .refine(({ Resource, NotResource }) => (Resource === undefined) !== (NotResource === undefined), "Resource or not");
const document = z.strictObject({
  Version: z.literal("2012-10-17"),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement)]).transform((found) => [found].flat()),
});

type Statement = z.infer<typeof statement>;
export type IdentityPolicy = z.infer<typeof document>;

/** Reads an identity policy. Whatever in it could not be evaluated is an error, never overlooked. */
export function readIdentityPolicy(source: unknown): IdentityPolicy {
  const parsed = document.safeParse(source);
  if (!parsed.success) throw new UnknownPolicyElement(z.prettifyError(parsed.error));
  for (const { Condition, Resource = [], NotResource = [] } of parsed.data.Statement) {
    checkConditions(Condition);
    if ([...Resource, ...NotResource].some((text) => text.includes("${")))
      throw new UnknownPolicyElement("Policy variables in a Resource are not known.");
  }
  return parsed.data;
}

/** IAM User Guide, Policy evaluation logic: a denial wins, and what nothing allows is denied. */
export function evaluate(policies: readonly IdentityPolicy[], request: AccessRequest): Decision {
  const matching = policies.flatMap(({ Statement }) => Statement.filter((one) => applies(one, request)));
  const deciding =
    matching.find(({ Effect }) => Effect === "Deny") ?? matching.find(({ Effect }) => Effect === "Allow");
  if (deciding === undefined) return { effect: "none" };
  return { effect: deciding.Effect === "Deny" ? "deny" : "allow", sid: deciding.Sid };
}

function applies(one: Statement, { action, resource, context }: AccessRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = one;
  // Actions are compared without their case, resources with it.
  const acts = (patterns: readonly string[]): boolean => patterns.some((text) => matchesPattern(text, action, "i"));
  const meets = (patterns: readonly string[]): boolean => patterns.some((text) => matchesPattern(text, resource));
  const isAction = Action === undefined ? !acts(NotAction ?? []) : acts(Action);
  const isResource = Resource === undefined ? !meets(NotResource ?? []) : meets(Resource);
  return isAction && isResource && conditionsHold(Condition, context);
}
