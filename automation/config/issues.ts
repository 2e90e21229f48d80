import { z } from "zod";
import { fleetSchema } from "./schema";
import type { PropertyPath } from "./problem";
import { suggestion } from "./suggest";

/** A finding of the schema: where, what to say, and whether the key itself is at fault rather than its value. */
export interface Finding {
  path: PropertyPath;
  message: string;
  atKey: boolean;
}

type Issue = z.core.$ZodIssue;

export function findings(issues: readonly Issue[], whole: unknown): Finding[] {
  return issues.flatMap((issue) => issueFindings(issue, whole));
}

function issueFindings(issue: Issue, whole: unknown): Finding[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path), atKey: true }));
  if (issue.code === "invalid_key") {
    const key = path[path.length - 1];
    const fix = issue.issues[0]?.message ?? "use another name";
    return [{ path, message: `${JSON.stringify(key)} cannot be used here; ${fix}`, atKey: true }];
  }
  const fix = path.includes("ref") ? "copy the ref as its provisioner's stack exports it" : issue.message;
  const value = valueAt(whole, path);
  if (value === undefined || value === null) {
    const missing = value === undefined ? "is missing" : "is empty";
    return [{ path, message: `${missing}; ${fix}`, atKey: false }];
  }
  return [{ path, message: `${valueWords(value, path)} is not valid; ${fix}`, atKey: false }];
}

function unknownKey(key: string, path: PropertyPath): string {
  const known = keysAt(path);
  const meant = suggestion(key, known);
  return `unknown key; ${meant === undefined ? `use one of ${known.join(", ")}` : `did you mean ${meant}?`}`;
}

/** The keys the schema knows at a place in the file. */
function keysAt(path: PropertyPath): string[] {
  let schema: z.core.$ZodType = fleetSchema;
  for (const part of path) {
    schema = plain(schema);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodObject) schema = schema.shape[String(part)] as z.core.$ZodType;
  }
  schema = plain(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

const plain = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional ? plain(schema.unwrap()) : schema;

function valueAt(whole: unknown, path: PropertyPath): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[part] : undefined,
    whole,
  );
}

/** What stands under `config` and `env` may be meant to be secret, however badly placed; it is never repeated. */
function valueWords(value: unknown, path: PropertyPath): string {
  if (path.includes("config") || path.includes("env")) return "the value";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a group of keys";
  const words = JSON.stringify(value) ?? String(value);
  return words.length <= 60 ? words : `${words.slice(0, 57)}…"`;
}
