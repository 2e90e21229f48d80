import { matchesArn, matchesPattern } from "./wildcard";

/** What is known of a call, by condition key. A list is a key with several values, such as `aws:TagKeys`. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

/** `Condition` of a statement: operator, key, values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Keys with one value. What ends in `/` or `:` is followed by the name of a tag or of a part of a context. */
const singleKeys = [
  "aws:PrincipalArn",
  "aws:PrincipalOrgID",
  "aws:RequestTag/",
  "aws:ResourceTag/",
  "aws:SourceAccount",
  "aws:SourceArn",
  "aws:SourceVpce",
  "iam:PassedToService",
  "kms:EncryptionContext:",
  "kms:ViaService",
  "lambda:SourceFunctionArn",
  "secretsmanager:BlockPublicPolicy",
  "secretsmanager:Name",
  "secretsmanager:ResourceTag/",
  "ssm:resourceTag/",
].map((key) => key.toLowerCase());
const multiKeys = ["aws:TagKeys".toLowerCase()];

interface Operator {
  matches(policy: string, request: string): boolean;
  negated: boolean;
}

const operator = (matches: Operator["matches"], negated = false): Operator => ({ matches, negated });
const same = (policy: string, request: string): boolean => policy === request;
const sameIgnoringCase = (policy: string, request: string): boolean => policy.toLowerCase() === request.toLowerCase();

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: operator(same),
  StringNotEquals: operator(same, true),
  StringEqualsIgnoreCase: operator(sameIgnoringCase),
  StringNotEqualsIgnoreCase: operator(sameIgnoringCase, true),
  StringLike: operator(matchesPattern),
  StringNotLike: operator(matchesPattern, true),
  Bool: operator(sameIgnoringCase),
  // IAM User Guide: ArnEquals and ArnLike behave identically.
  ArnEquals: operator(matchesArn),
  ArnLike: operator(matchesArn),
  ArnNotEquals: operator(matchesArn, true),
  ArnNotLike: operator(matchesArn, true),
};

interface Condition {
  set?: "ForAllValues" | "ForAnyValue";
  /** Missing for `Null`, which asks only whether there is a value. */
  operator?: Operator;
  ifExists: boolean;
}

/** Thrown for a policy that says something of which it is not known here what AWS makes of it. */
export class UnknownPolicyElement extends Error {
  override name = "UnknownPolicyElement";
}

function readOperator(text: string): Condition {
  const [, set, base = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(text) ?? [];
  const plain = set === undefined && ifExists === undefined;
  if (base === "Null" && plain) return { ifExists: false };
  if (!Object.hasOwn(operators, base)) throw new UnknownPolicyElement(`The condition operator ${text} is not known.`);
  return { set: set as Condition["set"], operator: operators[base], ifExists: ifExists !== undefined };
}

/** Key names are compared without their case; so are the names of tags in them. */
function readKey(text: string): { key: string; multi: boolean } {
  const key = text.toLowerCase();
  if (multiKeys.includes(key)) return { key, multi: true };
  const known = singleKeys.some((one) => (/[/:]$/.test(one) ? key.startsWith(one) && key !== one : key === one));
  if (!known) throw new UnknownPolicyElement(`The condition key ${text} is not known.`);
  return { key, multi: false };
}

/** Refuses what could not be evaluated, before any call depends on it. */
export function checkConditions(conditions: Conditions): void {
  for (const [name, keys] of Object.entries(conditions)) {
    const { set, operator } = readOperator(name);
    for (const [key, values] of Object.entries(keys)) {
      const { multi } = readKey(key);
      if (operator !== undefined && multi !== (set !== undefined))
        throw new UnknownPolicyElement(
          multi
            ? `${key} has several values: ${name} needs ForAllValues or ForAnyValue.`
            : `${key} has one value only.`,
        );
      const variable = values.find((value) => value.includes("${"));
      if (variable !== undefined) throw new UnknownPolicyElement(`The policy variable in ${variable} is not known.`);
    }
  }
}

/** All operators and all of their keys have to hold. */
export const conditionsHold = (conditions: Conditions, context: Context): boolean =>
  Object.entries(conditions).every(([name, keys]) =>
    Object.entries(keys).every(([key, values]) => holds(readOperator(name), values, valuesOf(context, key))),
  );

function valuesOf(context: Context, name: string): readonly string[] | undefined {
  const { key } = readKey(name);
  const entry = Object.entries(context).find(([known]) => known.toLowerCase() === key);
  return entry === undefined ? undefined : [entry[1]].flat();
}

function holds(condition: Condition, policy: readonly string[], request: readonly string[] | undefined): boolean {
  const { operator, set, ifExists } = condition;
  if (operator === undefined) return policy.some((value) => (value === "true") === (request === undefined));
  const one = (value: string): boolean =>
    policy.some((candidate) => operator.matches(candidate, value)) !== operator.negated;
  // Also true for a call without the key: IAM User Guide, Set operators.
  if (set === "ForAllValues") return (request ?? []).every(one);
  if (request === undefined) return ifExists || (operator.negated && set === undefined);
  return request.some(one);
}
