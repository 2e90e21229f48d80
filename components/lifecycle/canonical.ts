import {
  claimProblems,
  engineNames,
  normaliseClaim,
  ownerDigest,
  productOf,
  type Claim,
  type EngineName,
  type Problem,
  type Product,
} from "../../provisioner/protocol";
import { fromClaim, inputPath, toClaim, type Kind } from "./kinds";
import { shapeProblems } from "./shape";
import { hasUnknown, isUnknown, valueAt, UNKNOWN, type Properties } from "./wire";

const products: readonly Product[] = ["postgresql", "mysql", "mariadb"];

/** Undefined while the ref, or its engine, is unknown. */
export function knownProduct(inputs: Properties): Product | undefined {
  const engine = valueAt(inputs, ["provisioner", "engine"]);
  return engineNames.includes(engine as EngineName) ? productOf(engine as EngineName) : undefined;
}

/**
 * A login with a prefix keeps the name that state has while the prefix is unchanged. A new one follows from the
 * owner: known at preview, and found again after a lost response.
 */
export function withName(inputs: Properties, olds: Properties): Properties {
  const { usernamePrefix: prefix, username, ownerKey } = inputs;
  if (prefix === undefined || username !== undefined) return inputs;
  if (typeof olds.username === "string" && olds.usernamePrefix === prefix && !isUnknown(prefix))
    return { ...inputs, username: olds.username };
  if (isUnknown(prefix) || isUnknown(ownerKey)) return { ...inputs, username: UNKNOWN };
  if (typeof prefix !== "string" || typeof ownerKey !== "string") return inputs;
  return { ...inputs, username: `${prefix}${/[_-]$/.test(prefix) ? "" : "_"}${ownerDigest(ownerKey).slice(0, 8)}` };
}

/** Inputs with their defaults. Removing an input therefore means going back to the default. */
export function withDefaults(kind: Kind, inputs: Properties): Properties {
  const result = { ...inputs };
  for (const [key, value] of Object.entries(kind.defaults(inputs, knownProduct(inputs))))
    if (result[key] === undefined && value !== undefined) result[key] = value;
  return result;
}

/** What can be said about inputs of the right shape. While the engine is unknown: what every engine would say. */
export function problemsOf(kind: Kind, inputs: Properties, prefixes: unknown): Problem[] {
  const claim = toClaim(kind, inputs);
  const product = knownProduct(inputs);
  // A discriminator decides what the other fields mean: without it the whole is as good as unknown.
  const readable: Properties = { ...claim };
  for (const key of ["on", "auth"]) if (isUnknown(valueAt(claim, [key, "kind"]))) readable[key] = UNKNOWN;
  // What a template means as a whole cannot be said of a part of it.
  if (hasUnknown(claim.template)) readable.template = UNKNOWN;
  const secretNamePrefixes = Array.isArray(prefixes) && !hasUnknown(prefixes) ? (prefixes as string[]) : [""];
  const known = (key: string): string | undefined => {
    const value = valueAt(inputs, ["provisioner", key]);
    return typeof value === "string" && !isUnknown(value) ? value : undefined;
  };
  const place = { account: known("account"), region: known("region") };
  const [first, ...others] = (product === undefined ? products : [product]).map((candidate) =>
    claimProblems(readable as unknown as Claim, { product: candidate, secretNamePrefixes, isUnknown, ...place }),
  );
  return first
    .filter((problem) => others.every((list) => list.some((other) => other.message === problem.message)))
    .map((problem) => ({ ...problem, property: inputPath(kind, inputs, [problem.property]).join(".") }));
}

/** Order, spelling and case as the planner writes them. Left as it is while anything is unknown or not valid. */
export function normalised(kind: Kind, inputs: Properties): Properties {
  const claim = toClaim(kind, inputs);
  const product = knownProduct(inputs);
  const ready = product !== undefined && !hasUnknown(claim) && shapeProblems(kind, inputs).length === 0;
  if (!ready || problemsOf(kind, inputs, undefined).length > 0) return inputs;
  return fromClaim(kind, inputs, normaliseClaim(claim as unknown as Claim) as unknown as Properties);
}
