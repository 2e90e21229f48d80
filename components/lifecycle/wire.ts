/** Inputs, outputs and state of a resource: plain JSON. */
export type Properties = Record<string, unknown>;

/** The key under which Pulumi keeps the serialized provider in inputs and state. */
export const PROVIDER_KEY = "__provider";

/** One sentence on what deleting the resource will do, among its inputs and its outputs. */
export const REMOVAL_KEY = "onDelete";

/** What stands at preview in the place of a value of any type that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isUnknown = (value: unknown): boolean => value === UNKNOWN;

export const isRecord = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function hasUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isRecord(value) ? Object.values(value).some(hasUnknown) : isUnknown(value);
}

/** The value at a path, or the unknown that stands in the place of one of its parents. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return isUnknown(current) ? current : undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

/**
 * What the dynamic-provider host can send: it throws on a nested `undefined` after the side effect has happened.
 * Keys are sorted, so that equal values have equal text.
 */
export function toWire(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((part) => (part === undefined ? null : toWire(part)));
  if (!isRecord(value)) return value;
  // Not by assignment: `__proto__` is a key like any other.
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return Object.fromEntries(keys.sort().map((key) => [key, toWire(value[key])]));
}

export const recordToWire = (record: Properties): Properties => toWire(record) as Properties;

export const sameWire = (a: unknown, b: unknown): boolean => JSON.stringify(toWire(a)) === JSON.stringify(toWire(b));

/** `null` means "not given", as `undefined` does in a program: Pulumi's wire has no `undefined`. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null && part !== undefined)
      .map(([key, part]) => [key, withoutNulls(part)]),
  );
}
