import type { AuthSpec, Claim, GrantClaim, RoutineName, SecretSpec, Target } from "./claims";
import { canonicalPrivilege } from "./privileges";
import { canonicalSetting } from "./settings";
import { canonicalSignature } from "./signature";
import { canonicalTemplate } from "./templates";

const sortedUnique = (values: readonly string[]): string[] => [...new Set(values)].sort();

const sortedNames = (names: "*" | string[]): "*" | string[] => (names === "*" ? "*" : sortedUnique(names));

const routineText = (routine: string | RoutineName): string =>
  typeof routine === "string" ? routine : `${routine.type} ${routine.name}`;

/** MySQL and MariaDB do not tell the cases of a routine's name apart. */
const inLowerCase = (routine: RoutineName): RoutineName => ({ ...routine, name: routine.name.toLowerCase() });

function sortedRoutines(routines: "*" | (string | RoutineName)[]): "*" | (string | RoutineName)[] {
  if (routines === "*") return "*";
  const byText = new Map(
    routines
      .map((routine) => (typeof routine === "string" ? canonicalSignature(routine) : inLowerCase(routine)))
      .map((routine) => [routineText(routine), routine]),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, routine]) => routine);
}

function normaliseLists(on: Target): Target {
  switch (on.kind) {
    case "tables":
      return { ...on, tables: sortedNames(on.tables) };
    case "columns":
      return { ...on, columns: sortedUnique(on.columns) };
    case "sequences":
      return { ...on, sequences: sortedNames(on.sequences) };
    case "routines":
      return { ...on, routines: sortedRoutines(on.routines) };
    case "types":
      return { ...on, types: sortedNames(on.types) };
    case "largeObjects":
      return { ...on, oids: [...new Set(on.oids)].sort((a, b) => a - b) };
    case "parameters":
      return { ...on, parameters: sortedUnique(on.parameters.map((name) => name.toLowerCase())) };
    default:
      return on;
  }
}

function normaliseTarget(on: Target): Target {
  const listed = normaliseLists(on);
  return "future" in listed && listed.future !== undefined
    ? { ...listed, future: { createdBy: sortedUnique(listed.future.createdBy) } }
    : listed;
}

/** PUBLIC is a keyword on PostgreSQL, in any case; elsewhere no principal can have the name. */
const canonicalGrantee = (grantee: GrantClaim["grantee"]): GrantClaim["grantee"] =>
  typeof grantee === "string" && grantee.toUpperCase() === "PUBLIC" ? "PUBLIC" : grantee;

/** Order, spelling and case of what the server does not distinguish never make a difference. For valid claims. */
export function normaliseClaim<C extends Claim>(claim: C): C {
  if (claim.kind === "grant")
    return {
      ...claim,
      grantee: canonicalGrantee(claim.grantee),
      on: normaliseTarget(claim.on),
      ...(claim.privileges === undefined ? {} : { privileges: sortedUnique(claim.privileges.map(canonicalPrivilege)) }),
      ...(claim.template === undefined ? {} : { template: canonicalTemplate(claim.template) }),
    };
  if (claim.kind === "login")
    return {
      ...claim,
      auth: canonicalAuth(claim.auth),
      ...(claim.hosts === undefined ? {} : { hosts: sortedUnique(claim.hosts) }),
      ...(claim.validUntil === undefined ? {} : { validUntil: new Date(claim.validUntil).toISOString() }),
      ...(claim.settings === undefined ? {} : { settings: canonicalSettings(claim.settings) }),
      ...(claim.parameterPath === undefined ? {} : { parameterPath: claim.parameterPath.replace(/\/$/, "") }),
    };
  return claim;
}

const canonicalSettings = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name.toLowerCase(), canonicalSetting(name, value)]),
  );

const canonicalAuth = (auth: AuthSpec): AuthSpec =>
  auth.kind === "password" && auth.secret !== undefined ? { ...auth, secret: canonicalSecret(auth.secret) } : auth;

/** An account and its root are one principal, which AWS writes in either way. */
const canonicalReader = (reader: string): string => /^arn:[a-z-]+:iam::(\d{12}):root$/.exec(reader)?.[1] ?? reader;

const canonicalSecret = (secret: SecretSpec): SecretSpec => ({
  ...secret,
  ...(secret.readers === undefined ? {} : { readers: sortedUnique(secret.readers.map(canonicalReader)) }),
  ...(secret.replicas === undefined
    ? {}
    : { replicas: [...secret.replicas].sort((a, b) => (a.region < b.region ? -1 : 1)) }),
  ...(secret.inherit?.tags === undefined
    ? {}
    : { inherit: { ...secret.inherit, tags: sortedUnique(secret.inherit.tags) } }),
});
