import type { GrantClaim, LoginClaim } from "../../access/claims";
import { granteeName } from "../../access/claims";
import type { ClaimRequest } from "../../protocol/messages";
import type { DatabaseCreated } from "./event";
import type { DoorServices } from "../door";
import { isGrant, levelClaims, type GrantRecord } from "../level";
import { claimOf } from "../services";
import { ownerOf, usernameOf } from "./application";

/** A person has one login, whatever number of databases they may read; each database has its own claim of a grant. */
const loginOwner = (username: string): string => `directory/${username}`;

const loginClaim = (name: string): LoginClaim => ({ kind: "login", name, auth: { kind: "iam" }, deletion: "drop" });

/** They read: additive, so that what somebody else gives them stays. */
const readingClaims = (event: DatabaseCreated, { config }: DoorServices, username: string): GrantClaim[] =>
  levelClaims(config.family, {
    username,
    level: "readonly",
    database: event.database_name,
    schema: event.schema,
  }).map((claim) => ({ ...claim, mode: "additive" }));

export const joining = (event: DatabaseCreated, services: DoorServices, username: string): ClaimRequest[] => [
  claimOf({ action: "ensure", owner: loginOwner(username), claim: loginClaim(username) }),
  ...readingClaims(event, services, username).map((claim) =>
    claimOf({ action: "ensure", owner: ownerOf(event), claim }),
  ),
];

/** What earlier events for this database have given to people who are in none of its groups any more. */
export async function leaving(
  event: DatabaseCreated,
  services: DoorServices,
  staying: ReadonlySet<string>,
): Promise<{ usernames: string[]; requests: ClaimRequest[] }> {
  const owner = ownerOf(event);
  const application = usernameOf(event);
  const rows = (await services.recorded({ owners: [owner] })).filter(isGrant);
  const over = rows.filter(({ claim }) => {
    const name = granteeName(claim.grantee);
    return name !== application && !staying.has(name);
  });
  const usernames = [...new Set(over.map(({ claim }) => granteeName(claim.grantee)))].sort();
  if (usernames.length === 0) return { usernames, requests: [] };
  const kept = await stillNeeded(services, usernames, over);
  return {
    usernames,
    requests: [
      ...over.map(({ id, claim }) => claimOf({ action: "remove", owner, id, claim })),
      ...usernames
        .filter((name) => !kept.has(name))
        .map((name) => claimOf({ action: "remove", owner: loginOwner(name), claim: loginClaim(name) })),
    ],
  };
}

/** Those who may still do something here, on another database or by somebody else's word. */
async function stillNeeded(
  { recorded }: DoorServices,
  usernames: readonly string[],
  over: readonly GrantRecord[],
): Promise<Set<string>> {
  const going = new Set(over.map(({ id }) => id));
  const grants = (await recorded({ grantees: [...usernames] })).filter(isGrant);
  return new Set(grants.filter(({ id }) => !going.has(id)).map(({ claim }) => granteeName(claim.grantee)));
}
