import type { GrantClaim } from "../../access/claims";
import { DEFAULT_HOSTS } from "../../access/plan";
import { DbAccessError } from "../../errors";
import type { ClaimResult } from "../../protocol/messages";
import type { UpdateGrant } from "../action";
import { carryOut } from "../carry-out";
import type { DoorServices } from "../door";
import { levelClaims, templateOf } from "../level";
import { claimOf } from "../services";
import { grantsAt, withCreators } from "./grants";
import { knownLogin } from "./principal";

/** Without a database: everything that actions have given the user, so that "everything down to readonly" is one event. */
export async function updateGrant(event: UpdateGrant, services: DoorServices): Promise<ClaimResult[]> {
  const { username, level, database, schema, hosts, createdBy } = event;
  const { owner, login, grants } = await knownLogin(services, event);
  if (login === undefined)
    throw new DbAccessError(
      "ObjectMissing",
      `No user ${username} was made by an action; create it first. Nothing was changed.`,
      { property: "username" },
    );
  const known = login.claim.hosts ?? DEFAULT_HOSTS;
  const unknown = hosts?.find((host) => !known.includes(host));
  if (unknown !== undefined && services.config.family === "mysql")
    throw new DbAccessError(
      "ObjectMissing",
      `${username} has no account at ${unknown}; create it first. Nothing was changed.`,
      { property: "hosts" },
    );
  const meant = grantsAt(grants, { database, schema, hosts });
  const claims: GrantClaim[] =
    meant.length > 0
      ? meant.map(({ claim }) =>
          withCreators({ ...claim, privileges: undefined, template: templateOf[level] }, createdBy),
        )
      : database === undefined
        ? []
        : levelClaims(services.config.family, { username, level, database, schema, createdBy, hosts: hosts ?? known });
  if (claims.length === 0)
    throw new DbAccessError(
      "InvalidInput",
      `No action has given ${username} anything there; name a database. Nothing was changed.`,
      { property: "database" },
    );
  return carryOut(
    services,
    claims.map((claim) => claimOf({ action: "ensure", owner, claim })),
  );
}
