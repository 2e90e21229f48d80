import { isAsset, isUnknown } from "./values";

/** What a property may hold. `json` is a text of JSON, `{ "*": … }` a map with any keys. */
export type Shape =
  "text" | "number" | "boolean" | "json" | "code" | readonly [Shape] | { readonly [property: string]: Shape };

export interface Problem {
  property: string;
  reason: string;
}

const isJson = (value: unknown): boolean => {
  try {
    return typeof value === "string" && JSON.parse(value) !== undefined;
  } catch {
    return false;
  }
};

const simple: Record<string, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  json: isJson,
  code: isAsset,
};

/** Everything about a value that the resource would not take: unknown properties above all. */
export function problemsOf(shape: Shape, value: unknown, property: string): Problem[] {
  if (value === undefined || isUnknown(value)) return [];
  if (typeof shape === "string") return simple[shape](value) ? [] : [{ property, reason: `expected ${shape}` }];
  if (shape instanceof Array) {
    if (!Array.isArray(value)) return [{ property, reason: "expected a list" }];
    return value.flatMap((each, index) => problemsOf(shape[0], each, `${property}[${index}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [{ property, reason: "expected an object" }];
  return Object.entries(value).flatMap(([key, each]) => {
    const inner = property === "" ? key : `${property}.${key}`;
    const known = Object.hasOwn(shape, key) ? shape[key] : (shape as Record<string, Shape>)["*"];
    return known === undefined ? [{ property: inner, reason: "unknown property" }] : problemsOf(known, each, inner);
  });
}
