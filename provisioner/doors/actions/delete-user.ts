import type { LoginClaim } from "../../access/claims";
import { DEFAULT_HOSTS } from "../../access/plan";
import { DbAccessError } from "../../errors";
import type { ClaimRequest, ClaimResult } from "../../protocol/messages";
import type { DeleteUser } from "../action";
import { applied } from "../carry-out";
import type { DoorServices } from "../door";
import type { LoginRecord } from "../level";
import { claimOf } from "../services";
import { grantsAt } from "./grants";
import { knownLogin, type KnownLogin } from "./principal";

/** Takes away what actions have made: all of it, or the accounts at the hosts that are named. Twice is as good as once. */
export async function deleteUser(event: DeleteUser, services: DoorServices): Promise<ClaimResult[]> {
  const known = await knownLogin(services, event);
  const { login } = known;
  if (login === undefined) await refuseUnmanaged(event, services);
  const { hosts } = event;
  if (hosts !== undefined && services.config.family === "postgresql")
    throw new DbAccessError("NotSupported", "PostgreSQL logins have no hosts; remove hosts. Nothing was changed.", {
      property: "hosts",
    });
  const left = hosts === undefined ? [] : (login?.claim.hosts ?? DEFAULT_HOSTS).filter((host) => !hosts.includes(host));
  const results = await applied(
    services,
    login === undefined ? endOfGrants(known) : requestsOf(known, login, left, hosts),
  );
  return results.map((result, index) =>
    index > 0 || left.length > 0 || known.others.length === 0
      ? result
      : { ...result, warnings: [...result.warnings, othersWords(event.username, known.others)] },
  );
}

const othersWords = (username: string, others: readonly string[]): string =>
  `${others.join(", ")} had given ${username} something, too, which is gone with it.`;

const endOfGrants = ({ owner, grants }: KnownLogin, which = grants): ClaimRequest[] =>
  which.map(({ id, claim }) => claimOf({ action: "remove", owner, id, claim }));

function requestsOf(
  known: KnownLogin,
  { id, claim }: LoginRecord,
  left: string[],
  hosts: readonly string[] | undefined,
): ClaimRequest[] {
  const { owner, grants } = known;
  if (left.length === 0) return [claimOf({ action: "remove", owner, id, claim }), ...endOfGrants(known)];
  const kept: LoginClaim = { ...claim, hosts: left };
  return [claimOf({ action: "ensure", owner, claim: kept }), ...endOfGrants(known, grantsAt(grants, { hosts }))];
}

/** A user of that name which somebody made by hand is not what "already deleted" means. */
async function refuseUnmanaged({ username }: DeleteUser, { submit }: DoorServices): Promise<void> {
  const claim: LoginClaim = { kind: "login", name: username, auth: { kind: "password" }, deletion: "drop" };
  const [{ error }] = await submit("plan", [claimOf({ action: "ensure", owner: "action/", claim })]);
  if (error === undefined) return;
  throw error.code === "UserExists"
    ? new DbAccessError(
        "NotOurs",
        `${username} was not made by an action and is not managed here. Nothing was changed.`,
        {
          property: "username",
        },
      )
    : new DbAccessError(error.code, error.message, error);
}
