import type { z } from "zod";
import { DbAccessError } from "../errors";

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Callers that cannot leave a field out, such as Automation, send an empty text or list in its place. */
export const withoutEmpty = (event: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(event).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean =>
  value === "" || value === null || (Array.isArray(value) && value.every((part) => part === ""));

/** Values are never repeated: an event that is not in order may hold anything. */
export function readEvent<E>(schema: z.ZodType<E>, event: unknown, what: string): E {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map(problemOf);
  throw new DbAccessError(
    "InvalidInput",
    `The ${what} is not in order: ${problems.map(({ words }) => words).join("; ")}. Nothing was changed.`,
    { property: problems[0]?.place },
  );
}

interface PlacedProblem {
  place: string;
  words: string;
}

/** A key as it is sent, as far as it can be one. */
const keyWords = (key: string): string => (/^[\w.-]{1,40}$/.test(key) ? key : "a property with an unusual name");

function problemOf(issue: z.core.$ZodIssue): PlacedProblem {
  const place = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  const name = place.replace(/^\./, "") || "the event";
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.slice(0, 5).map(keyWords);
    return { place: keys[0] ?? name, words: `${keys.join(", ")} is nothing that ${name} may have` };
  }
  return { place: name, words: `${name} ${wordsOf(issue)}` };
}

function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? "is missing"
        : `must be ${issue.expected === "array" ? "a list" : issue.expected === "string" ? "a text" : `of type ${issue.expected}`}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return "is empty";
    case "too_big":
      return `is too long (at most ${issue.maximum.toString()})`;
    case "custom":
      return issue.message;
    default:
      return "has another form than it must have";
  }
}
