import { granteeName, type Claim, type GrantClaim, type LoginClaim } from "../provisioner/protocol";
import { contradiction } from "./contradiction";
import { toWire } from "./lifecycle/wire";
import { PerRun } from "./run";

/** Which resource of the program claims something. */
interface Claimant {
  owner: string;
  title: string;
}

interface Declared {
  /** By what can be claimed once only. */
  claimants: Map<string, Claimant>;
  /** By cluster and grantee. */
  grants: Map<string, (Claimant & { claim: GrantClaim })[]>;
  /** Names that this program makes, per cluster. */
  names: Set<string>;
}

const runs = new PerRun<Declared>(() => ({ claimants: new Map(), grants: new Map(), names: new Set() }));

const nameKey = (cluster: string, name: string): string => JSON.stringify([cluster, name]);

interface Thing {
  key: unknown;
  words: string;
}

const principal = (name: string): Thing => ({ key: ["principal", name], words: `the name ${name}` });

/** The logins that take turns under an alternating login's name. */
const turns = ({ name, rotation }: LoginClaim): string[] =>
  rotation?.strategy === "alternating" ? [`${name}_a`, `${name}_b`] : [];

/** What two resources cannot both claim, in words and as a key. None: any number of resources may. */
function exclusiveThings(claim: Claim): Thing[] {
  switch (claim.kind) {
    case "login": {
      const secret = claim.auth.kind === "password" ? claim.auth.secret?.name : undefined;
      const path = claim.parameterPath;
      return [
        ...[claim.name, ...turns(claim)].map(principal),
        ...(secret === undefined ? [] : [{ key: ["secret", secret], words: `the secret ${secret}` }]),
        ...(path === undefined ? [] : [{ key: ["parameters", path], words: `the parameters under ${path}` }]),
      ];
    }
    case "role":
      return [principal(claim.name)];
    case "database":
      return [{ key: ["database", claim.name], words: `database ${claim.name}` }];
    case "schema":
      return [{ key: ["schema", claim.database, claim.name], words: `schema ${claim.name} of ${claim.database}` }];
    case "migration":
      return [
        {
          key: ["migration", claim.database, claim.historyTable],
          words: `the migrations of ${claim.database} in ${claim.historyTable}`,
        },
      ];
    case "grant": {
      if (claim.mode !== "exclusive") return [];
      const grantee = granteeName(claim.grantee);
      return [
        {
          key: ["grant", claim.grantee, claim.on],
          words: `all privileges of ${grantee} on one and the same target (mode "exclusive")`,
        },
      ];
    }
  }
}

function contradicted(cluster: string, claim: GrantClaim, { owner, title }: Claimant): string | undefined {
  const { grants } = runs.get();
  const key = nameKey(cluster, granteeName(claim.grantee));
  const earlier = (grants.get(key) ?? []).filter((grant) => grant.owner !== owner);
  grants.set(key, [...earlier, { owner, title, claim }]);
  for (const other of earlier) {
    const words = contradiction(other.claim, claim);
    if (words !== undefined)
      return `${other.title} and ${title} contradict each other in cluster ${cluster}: ${words}; keep one of them.`;
  }
  return undefined;
}

function names(claim: Claim): string[] {
  if (claim.kind === "grant" || claim.kind === "migration") return [];
  if (claim.kind === "schema") return [claim.name, `${claim.database}.${claim.name}`];
  return claim.kind === "login" ? [claim.name, ...turns(claim)] : [claim.name];
}

/**
 * Records what a resource claims. Returns the sentence about a conflict with another resource of this program, which
 * would otherwise be found by the provisioner when one of the two has been made.
 */
export function declare(cluster: string, claim: Claim, owner: string, title: string): string | undefined {
  const { claimants, names: declared } = runs.get();
  for (const name of names(claim)) declared.add(nameKey(cluster, name));
  const against = claim.kind === "grant" ? contradicted(cluster, claim, { owner, title }) : undefined;
  if (against !== undefined) return against;
  for (const { key: what, words } of exclusiveThings(claim)) {
    const key = JSON.stringify([cluster, toWire(what)]);
    const other = claimants.get(key);
    if (other !== undefined && other.owner !== owner)
      return `${other.title} and ${title} both claim ${words} in cluster ${cluster}; keep one of them.`;
    claimants.set(key, { owner, title });
  }
  return undefined;
}

/** Whether a class of this program makes it. */
export const isDeclared = (cluster: string, name: string): boolean => runs.get().names.has(nameKey(cluster, name));
