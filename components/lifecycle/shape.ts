import { claimSchema, provisionerRefSchema } from "../../provisioner/protocol";
import type { z } from "zod";
import type { Kind } from "./kinds";
import { isRecord, isUnknown, valueAt, type Properties } from "./wire";

/** One thing that is wrong with the inputs, as Pulumi shows it: under the property's name. */
export interface Failure {
  property: string;
  reason: string;
}

type Issue = z.core.$ZodIssue;

/** What to give instead, where the schema's own words would not help. */
const wanted: Readonly<Record<string, string>> = {
  auth: '{ kind: "password" } or { kind: "iam" }',
  "auth.kind": '"password" or "iam"',
  on: 'a target such as { kind: "database", database: "orders" }',
  "on.kind": '"database", "schema", "tables" or "role"',
  "on.tables": '"*" or a list of table names',
  grantee: "the name of a login or role; on MySQL and MariaDB also { name, host }",
};

const types: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

const dotted = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`)).join("");

/** Whatever stands under `auth` may be a password put in the wrong place: only its type is repeated. */
function shown(property: string, value: unknown): string {
  if (property.startsWith("auth") && property !== "auth.kind")
    return `a ${Array.isArray(value) ? "list" : typeof value}`;
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function expected(property: string, issue: Issue): string {
  if (wanted[property] !== undefined) return `give ${wanted[property]}`;
  if (issue.code === "invalid_type") return `give ${types[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value")
    return `use one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
  return issue.message;
}

/** Says nothing about what is unknown or stands in something unknown. */
function failuresOf(
  issues: readonly Issue[],
  root: unknown,
  name: (path: readonly PropertyKey[]) => string,
): Failure[] {
  return issues.flatMap((issue): Failure[] => {
    const value = valueAt(root, issue.path);
    if (isUnknown(value)) return [];
    const property = name(issue.path);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        property,
        reason: `${property} has no argument ${JSON.stringify(key)}; remove it.`,
      }));
    if (value === undefined) return [{ property, reason: `${property} is missing; ${expected(property, issue)}.` }];
    return [{ property, reason: `${property} is ${shown(property, value)}; ${expected(property, issue)}.` }];
  });
}

/** A claim's types and nested keys. Properties carry the names of the inputs. */
export function shapeProblems(kind: Kind, claim: Properties): Failure[] {
  const parsed = claimSchema.safeParse(claim);
  if (parsed.success) return [];
  return failuresOf(parsed.error.issues, claim, (path) =>
    dotted(kind.claim === "login" && path[0] === "name" ? ["username", ...path.slice(1)] : path),
  );
}

/** The ref of a provisioner: every field that is known. */
export function refProblems(ref: unknown): Failure[] {
  if (isUnknown(ref)) return [];
  const how = "pass the ref of a Provisioner, provisionerFromStack(…) or provisionerFromParameter(…)";
  if (ref === undefined) return [{ property: "provisioner", reason: `provisioner is missing; ${how}.` }];
  if (!isRecord(ref)) return [{ property: "provisioner", reason: `provisioner is ${shown("", ref)}; ${how}.` }];
  const parsed = provisionerRefSchema.safeParse(ref);
  if (parsed.success) return [];
  return failuresOf(parsed.error.issues, ref, (path) => dotted(["provisioner", ...path]));
}

/** An argument that the kind does not have is refused, never ignored. Its value is not repeated: it may be a secret. */
export function unknownArguments(kind: Kind, given: Properties): Failure[] {
  const known = ["provisioner", "ownerKey", ...kind.fields, ...kind.helpers];
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const close = known.find((name) => name.toLowerCase() === key.toLowerCase());
      const fix =
        key.toLowerCase() === "password"
          ? "the provisioner makes the password and writes it to the secret; remove it"
          : close !== undefined
            ? `write ${close}`
            : `its arguments are ${known.join(", ")}`;
      return { property: key, reason: `${kind.name} has no argument ${JSON.stringify(key)}; ${fix}.` };
    });
}
