import type { Claim, Outputs, Product } from "../../provisioner/protocol";
import { deletionInput, deletionPath, flatDeletion } from "./deletion";
import { isRecord, isUnknown, UNKNOWN, valueAt, type Properties } from "./wire";

export const kindNames = ["DbUser", "DbRole", "DbGrant", "DbDatabase", "DbSchema"] as const;
export type KindName = (typeof kindNames)[number];

/** What the lifecycle has to know about one kind of resource. Everything else is the same for all. */
export interface Kind {
  name: KindName;
  claim: Claim["kind"];
  /** Inputs that become fields of the claim, under the same name unless `username`. */
  fields: readonly string[];
  /** Inputs that shape others and are not part of the claim. */
  helpers: readonly string[];
  outputs: readonly (keyof Outputs)[];
  /** A difference in one of these is another thing, not a change of this one. */
  identity: readonly (readonly string[])[];
  /** Defaults that are filled in, so that state and diff show them. */
  defaults(inputs: Properties, product: Product | undefined): Properties;
  /** Values that mean the same as leaving the input out, by path; not filled in, and never a difference. */
  implied(product: Product | undefined): readonly (readonly [path: readonly string[], value: unknown])[];
}

/**
 * An adopted thing was there before us: it stays, unless its deletion is asked for. What comes from a ledger was made
 * by db-access, so it is deleted like anything else of ours.
 */
const deletion = (inputs: Properties, otherwise: string): unknown =>
  isUnknown(inputs.adopt) ? UNKNOWN : inputs.adopt === true ? "retain" : otherwise;

const notAdopted = [["adopt"], false] as const;
const ownedStays = [["deletion", "dropOwned"], false] as const;

const user: Kind = {
  name: "DbUser",
  claim: "login",
  fields: [
    "username",
    "hosts",
    "auth",
    "database",
    "passwordVersion",
    "rotation",
    "parameterPath",
    "parameterPasswordKeyArn",
    "connectionLimit",
    "validUntil",
    "passwordExpires",
    "requireTls",
    "locked",
    "limits",
    "settings",
    "deletion",
    "adopt",
  ],
  helpers: ["usernamePrefix"],
  outputs: [
    "endpoint",
    "port",
    "secretArn",
    "secretVersionId",
    "iamConnectArn",
    "iamPolicyJson",
    "parameterNames",
    "passwordLastChanged",
    "passwordLastChangedSource",
  ],
  identity: [["username"]],
  defaults: (inputs, product) => {
    const password = valueAt(inputs, ["auth", "kind"]) === "password";
    const supplied = valueAt(inputs, ["auth", "suppliedSecretArn"]) !== undefined;
    const accounts = product !== undefined && product !== "postgresql";
    return {
      deletion: deletion(inputs, "drop"),
      ...(password && !supplied ? { passwordVersion: 1 } : {}),
      ...(accounts ? { hosts: ["%"] } : {}),
      ...(accounts && password ? { requireTls: true } : {}),
    };
  },
  implied: (product) => [
    notAdopted,
    ownedStays,
    [["deletion", "endSessions"], true],
    [["locked"], false],
    [["limits", "queriesPerHour"], 0],
    [["limits", "updatesPerHour"], 0],
    [["limits", "connectionsPerHour"], 0],
    [["limits"], {}],
    [["settings"], {}],
    [["rotation", "graceSeconds"], 3600],
    [["auth", "secret", "recoveryDays"], 7],
    [["auth", "secret", "replicas"], []],
    [["auth", "secret", "inherit", "policy"], false],
    [["auth", "secret", "inherit", "tags"], []],
    [["auth", "secret", "inherit", "rotation"], false],
    [["auth", "secret", "inherit"], {}],
    [["auth", "secret"], {}],
    // PostgreSQL's server forces TLS or does not; an IAM login always uses it.
    ...(product === "postgresql" ? [[["requireTls"], false] as const] : []),
  ],
};

const role: Kind = {
  name: "DbRole",
  claim: "role",
  fields: ["name", "deletion", "adopt"],
  helpers: [],
  outputs: [],
  identity: [["name"]],
  defaults: (inputs) => ({ deletion: deletion(inputs, "drop") }),
  implied: () => [notAdopted, ownedStays],
};

/** PUBLIC is let in nowhere in passing, and nobody has to get where it is claimed that nothing is held. */
const reaches = ({ grantee, effect = "grant" }: Properties): boolean =>
  effect === "grant" && !(typeof grantee === "string" && grantee.toUpperCase() === "PUBLIC");

const grant: Kind = {
  name: "DbGrant",
  claim: "grant",
  fields: ["grantee", "on", "privileges", "template", "effect", "withGrantOption", "cascade", "mode", "reach", "adopt"],
  helpers: [],
  outputs: ["effective", "unmanaged"],
  identity: [["grantee"], ["on", "kind"], ["on", "database"], ["on", "schema"], ["on", "role"]],
  defaults: (inputs, product) => ({
    mode: "additive",
    ...(product === "postgresql" && reaches(inputs) ? { reach: true } : {}),
  }),
  implied: (product) => [
    notAdopted,
    [["effect"], "grant"],
    [["withGrantOption"], false],
    [["cascade"], false],
    [["on", "admin"], false],
    ...(product === "postgresql" ? [] : [[["on", "default"], true] as const]),
  ],
};

const database: Kind = {
  name: "DbDatabase",
  claim: "database",
  fields: ["name", "owner", "revokePublic", "charset", "deletion", "adopt"],
  helpers: [],
  outputs: [],
  identity: [["name"]],
  defaults: (_inputs, product) => ({
    deletion: "retain",
    ...(product === "postgresql" ? { revokePublic: true } : {}),
  }),
  implied: () => [notAdopted],
};

const schema: Kind = {
  name: "DbSchema",
  claim: "schema",
  fields: ["database", "name", "owner", "deletion", "adopt"],
  helpers: [],
  outputs: [],
  identity: [["database"], ["name"]],
  defaults: () => ({ deletion: "retain" }),
  implied: () => [notAdopted],
};

export const kinds: Readonly<Record<KindName, Kind>> = {
  DbUser: user,
  DbRole: role,
  DbGrant: grant,
  DbDatabase: database,
  DbSchema: schema,
};

/** The claim's name for an input. */
const fieldOf = (input: string): string => (input === "username" ? "name" : input);

/** Only what has an owner can leave things behind: a login or a role. */
export const detailedDeletion = (kind: Kind): boolean => kind.claim === "login" || kind.claim === "role";

/** Where a field of the claim stands among the inputs. */
export function inputPath(kind: Kind, inputs: Properties, path: readonly PropertyKey[]): PropertyKey[] {
  const [field, ...rest] = path;
  if (kind.claim === "login" && field === "name") return ["username", ...rest];
  const moved = detailedDeletion(kind) && typeof field === "string" ? deletionPath(field, inputs.deletion) : undefined;
  return moved === undefined ? [...path] : [...moved, ...rest];
}

/** The claim as the inputs say it: as many fields as are given, not yet validated. */
export function toClaim(kind: Kind, inputs: Properties): Properties {
  const claim: Properties = { kind: kind.claim };
  for (const input of kind.fields) {
    if (input === "deletion" && detailedDeletion(kind)) Object.assign(claim, flatDeletion(inputs.deletion));
    else if (inputs[input] !== undefined) claim[fieldOf(input)] = inputs[input];
  }
  return claim;
}

/** The inputs with the claim's values put back, for instance after it was brought into canonical form. */
export function fromClaim(kind: Kind, inputs: Properties, claim: Properties): Properties {
  const result = { ...inputs };
  for (const input of kind.fields) {
    const value = input === "deletion" && detailedDeletion(kind) ? deletionInput(claim) : claim[fieldOf(input)];
    if (value === undefined) delete result[input];
    else result[input] = value;
  }
  return result;
}

/** Leaves out what means the same as not being there, so that two ways to say something are one. */
export function withoutImplied(kind: Kind, inputs: Properties, product: Product | undefined): Properties {
  const result = structuredClone(inputs);
  for (const [path, value] of kind.implied(product)) {
    const parent = valueAt(result, path.slice(0, -1));
    const key = path[path.length - 1];
    if (isRecord(parent) && JSON.stringify(parent[key]) === JSON.stringify(value)) delete parent[key];
  }
  if (detailedDeletion(kind) && result.deletion !== undefined) result.deletion = flatDeletion(result.deletion);
  return result;
}
