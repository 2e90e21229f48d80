import type { LoginClaim, SecretSpec } from "./claims";
import { recordable, type ClaimRecord } from "./record";

/** What an intent's row keeps of the time before it: until it is settled, anything of that may still be there. */
export interface Begun {
  /** The generation that was the last to be settled. */
  generation: number;
  /** What was claimed so far, the settled claim first. */
  claims: LoginClaim[];
}

type BegunLogin = LoginClaim & { begun?: Begun };

const begunOf = (record: ClaimRecord): Begun | undefined => (record.claim as BegunLogin).begun;

/** The claim of a row, with what came before it where a run was cut short; the oldest first. */
export function formerClaims(record: ClaimRecord | undefined): LoginClaim[] {
  if (record?.claim.kind !== "login") return [];
  const { begun, ...claim }: BegunLogin = record.claim;
  return [...(begun?.claims ?? []), claim];
}

/** A generation that the row's present one is a step ahead of; undefined when nothing was ever settled. */
export const settledGeneration = (record: ClaimRecord): number | undefined => begunOf(record)?.generation;

/** For the row that is written before the first statement. */
export function withBegun(claim: LoginClaim, record: ClaimRecord | undefined): LoginClaim {
  if (record === undefined) return claim;
  const claims = new Map(formerClaims(record).map((former) => [JSON.stringify(former), former]));
  claims.delete(JSON.stringify(claim));
  const settled = record.state === "done" ? record.generation : settledGeneration(record);
  if (settled === undefined && claims.size === 0) return claim;
  const begun: Begun = { generation: settled ?? 0, claims: [...claims.values()] };
  return { ...claim, begun } as BegunLogin;
}

/** For a row that is left behind: an earlier run's remains stay known until somebody claims it again. */
export function retainedClaim({ claim, generation }: ClaimRecord): ClaimRecord["claim"] {
  if (claim.kind !== "login") return claim;
  const { claims = [] } = (claim as BegunLogin).begun ?? {};
  const plain: BegunLogin = recordable(claim);
  return claims.length === 0 ? plain : Object.assign(plain, { begun: { generation, claims } });
}

/** Everything that was asked for so far and may be there, as one claim. */
export function formerClaim(record: ClaimRecord | undefined): LoginClaim | undefined {
  const claims = formerClaims(record);
  const last = claims.at(-1);
  if (last === undefined || claims.length === 1) return last;
  const settings = Object.assign({}, ...claims.map((claim) => claim.settings)) as Record<string, string>;
  return {
    ...last,
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
    rotation: last.rotation ?? claims.find(({ rotation }) => rotation !== undefined)?.rotation,
    auth: last.auth.kind !== "password" ? last.auth : { ...last.auth, secret: formerSecret(claims.map(secretSpecOf)) },
  };
}

export const secretSpecOf = (claim: LoginClaim | undefined): SecretSpec =>
  claim?.auth.kind === "password" ? (claim.auth.secret ?? {}) : {};

function formerSecret(specs: readonly SecretSpec[]): SecretSpec {
  const first = <K extends keyof SecretSpec>(key: K): SecretSpec[K] =>
    specs.find((spec) => spec[key] !== undefined)?.[key];
  const inherits = specs.flatMap(({ inherit }) => inherit ?? []);
  return {
    ...specs.at(-1),
    kmsKeyArn: first("kmsKeyArn"),
    readers: first("readers"),
    replicas: specs.flatMap(({ replicas }) => replicas ?? []),
    inherit: {
      policy: inherits.some(({ policy }) => policy === true),
      tags: inherits.flatMap(({ tags }) => tags ?? []),
      rotation: inherits.some(({ rotation }) => rotation === true),
    },
  };
}
