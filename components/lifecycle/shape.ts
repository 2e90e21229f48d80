import { claimSchema, provisionerRefSchema } from "../../provisioner/protocol";
import type { z } from "zod";
import { oddDetails } from "./deletion";
import { detailedDeletion, inputPath, toClaim, type Kind } from "./kinds";
import { isRecord, isUnknown, valueAt, type Properties } from "./wire";

/** One thing that is wrong with the inputs, as Pulumi shows it: under the property's name. */
export interface Failure {
  property: string;
  reason: string;
}

type Issue = z.core.$ZodIssue;

const listed = (names: readonly string[]): string =>
  `${names
    .slice(0, -1)
    .map((name) => JSON.stringify(name))
    .join(", ")} or ${JSON.stringify(names[names.length - 1])}`;

/** What to give instead, where the schema's own words would not help. */
const wanted: Readonly<Record<string, string>> = {
  auth: '{ kind: "password" } or { kind: "iam" }',
  "auth.kind": '"password" or "iam"',
  on: 'a target such as { kind: "database", database: "orders" }',
  "on.kind": listed([
    "global",
    "database",
    "schema",
    "tables",
    "columns",
    "sequences",
    "routines",
    "types",
    "largeObjects",
    "parameters",
    "role",
  ]),
  "on.tables": '"*" or a list of table names',
  "on.sequences": '"*" or a list of sequence names',
  "on.routines": '"*" or a list of signatures such as "total(integer)"; on MySQL and MariaDB of { type, name }',
  "on.types": '"*" or a list of type names',
  grantee: "the name of a login or role, or PUBLIC; on MySQL and MariaDB also { name, host }",
  template: "the name of a template, or { extends: [names], privileges: [names] }",
  rotation: 'an object such as { strategy: "alternating", days: 30 }',
  adopt: 'true, false or "fromLedger"',
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

/** Whether it would be no issue if what is unknown were right. `at` is where a union stands. */
function excused(issue: Issue, root: unknown, at: readonly PropertyKey[] = []): boolean {
  const path = [...at, ...issue.path];
  if (isUnknown(valueAt(root, path))) return true;
  if (issue.code !== "invalid_union") return false;
  return issue.errors.some((issues) => issues.length > 0 && issues.every((inner) => excused(inner, root, path)));
}

/** Says nothing about what is unknown or stands in something unknown. */
function failuresOf(
  issues: readonly Issue[],
  root: unknown,
  where: (path: readonly PropertyKey[]) => readonly PropertyKey[],
): Failure[] {
  return issues.flatMap((issue): Failure[] => {
    if (excused(issue, root)) return [];
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => noArgument(where([...issue.path, key])));
    const value = valueAt(root, issue.path);
    const property = dotted(where(issue.path));
    if (value === undefined) return [{ property, reason: `${property} is missing; ${expected(property, issue)}.` }];
    return [{ property, reason: `${property} is ${shown(property, value)}; ${expected(property, issue)}.` }];
  });
}

function noArgument(path: readonly PropertyKey[]): Failure {
  const property = dotted(path.slice(0, -1));
  return { property, reason: `${property} has no argument ${JSON.stringify(path[path.length - 1])}; remove it.` };
}

/** The inputs' types and nested keys, judged by the claim they make. Properties carry the names of the inputs. */
export function shapeProblems(kind: Kind, inputs: Properties): Failure[] {
  const claim = toClaim(kind, inputs);
  const parsed = claimSchema.safeParse(claim);
  const odd = detailedDeletion(kind) ? oddDetails(inputs.deletion) : [];
  return [
    ...failuresOf(parsed.success ? [] : parsed.error.issues, claim, (path) => inputPath(kind, inputs, path)),
    ...odd.map((key) => noArgument(["deletion", key])),
  ];
}

/** The ref of a provisioner: every field that is known. */
export function refProblems(ref: unknown): Failure[] {
  if (isUnknown(ref)) return [];
  const how = "pass the ref of a Provisioner, provisionerFromStack(…) or provisionerFromParameter(…)";
  if (ref === undefined) return [{ property: "provisioner", reason: `provisioner is missing; ${how}.` }];
  if (!isRecord(ref)) return [{ property: "provisioner", reason: `provisioner is ${shown("", ref)}; ${how}.` }];
  const parsed = provisionerRefSchema.safeParse(ref);
  if (parsed.success) return [];
  return failuresOf(parsed.error.issues, ref, (path) => ["provisioner", ...path]);
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
