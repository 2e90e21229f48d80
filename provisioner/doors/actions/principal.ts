import { DbAccessError } from "../../errors";
import type { ActionEvent } from "../action";
import { ownerOf } from "../action";
import type { DoorServices } from "../door";
import { isGrant, isLogin, type GrantRecord, type LoginRecord } from "../level";

/** What the ledger says of the login of an action. */
export interface KnownLogin {
  owner: string;
  /** Only when actions made it. */
  login?: LoginRecord;
  /** What actions gave it. */
  grants: GrantRecord[];
  /** Who else has given it something. */
  others: string[];
}

/** Throws OwnedElsewhere for a login that somebody else declares: it is changed there. */
export async function knownLogin({ recorded }: DoorServices, event: ActionEvent): Promise<KnownLogin> {
  const { username } = event;
  const owner = ownerOf(event);
  const rows = await recorded({ grantees: [username] });
  const principal = rows.find((row) => row.kind === "login" || row.kind === "role");
  if (principal !== undefined && principal.owner !== owner)
    throw new DbAccessError(
      "OwnedElsewhere",
      `${username} is managed by ${principal.owner} and not by actions; change it there. Nothing was changed.`,
      { property: "username" },
    );
  const grants = rows.filter(isGrant);
  return {
    owner,
    login: principal !== undefined && isLogin(principal) ? principal : undefined,
    grants: grants.filter((grant) => grant.owner === owner),
    others: [...new Set(grants.filter((grant) => grant.owner !== owner).map((grant) => grant.owner))],
  };
}
