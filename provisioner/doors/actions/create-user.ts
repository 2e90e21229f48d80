import type { AuthSpec, LoginClaim } from "../../access/claims";
import { DEFAULT_HOSTS } from "../../access/plan";
import { DbAccessError } from "../../errors";
import type { ClaimRequest, ClaimResult } from "../../protocol/messages";
import type { CreateUser } from "../action";
import { carryOut } from "../carry-out";
import type { DoorServices } from "../door";
import { levelClaims, type LoginRecord } from "../level";
import { claimOf } from "../services";
import { futureOfRecord } from "./grants";
import { knownLogin } from "./principal";

/** Makes it so: a user that is there already keeps what the event does not speak of, and never loses a host. */
export async function createUser(event: CreateUser, services: DoorServices): Promise<ClaimResult[]> {
  const { username, level, database, schema } = event;
  const { family } = services.config;
  if ((level === undefined) !== (database === undefined))
    throw new DbAccessError(
      "InvalidInput",
      level === undefined
        ? "The event names a database and no level; add readonly, readwrite or admin. Nothing was changed."
        : "The event names a level and no database to hold it on; add it. Nothing was changed.",
      { property: level === undefined ? "level" : "database" },
    );
  const { owner, login, grants } = await knownLogin(services, event);
  const claim = loginClaim(event, login, family === "mysql");
  const requests: ClaimRequest[] = [claimOf({ action: "ensure", owner, claim })];
  if (level !== undefined && database !== undefined) {
    const createdBy = event.createdBy ?? futureOfRecord(grants, database, schema);
    const hosts = event.hosts ?? claim.hosts;
    for (const grant of levelClaims(family, { username, level, database, schema, createdBy, hosts }))
      requests.push(claimOf({ action: "ensure", owner, claim: grant }));
  }
  return carryOut(services, requests);
}

/** What an earlier event has made stays as it is, but for what this one says. */
function loginClaim(event: CreateUser, login: LoginRecord | undefined, hasHosts: boolean): LoginClaim {
  const { username, auth: kind, hosts, database } = event;
  const claim: LoginClaim = login?.claim ?? {
    kind: "login",
    name: username,
    auth: { kind: "password" },
    deletion: "drop",
    ...(database === undefined ? {} : { database }),
  };
  const auth: AuthSpec = kind === undefined || kind === claim.auth.kind ? claim.auth : { kind };
  if (!hasHosts) return { ...claim, auth, ...(hosts === undefined ? {} : { hosts }) };
  const all = [...new Set([...(login?.claim.hosts ?? []), ...(hosts ?? [])])];
  return { ...claim, auth, hosts: all.length === 0 ? [...DEFAULT_HOSTS] : all };
}
