import { PUBLIC, type Account } from "../account";
import { granteeName, type GrantClaim, type Target } from "../claims";
import { opposite, type Item } from "../item";
import { expandPrivileges } from "../privileges";
import { templatePrivileges } from "../templates";
import { granteeAccounts } from "./accounts";
import type { PlanContext } from "./context";
import { expandMysql } from "./expand-mysql";
import { expandPlain } from "./expand-plain";
import { expandObjects, expandSchemaTemplate } from "./expand-objects";
import { wantedPrivileges, type Expansion } from "./expansion";
import { blankItem, connectItem } from "./reach";

export function expandGrant(context: PlanContext, claim: GrantClaim): Expansion {
  const accounts = granteeAccounts(context, claim.grantee);
  const nobody = accounts.length === 0 ? [granteeName(claim.grantee)] : [];
  const { wanted, target, waitsFor } = expandFor(context, claim, accounts);
  return {
    wanted: claim.effect === "revoke" ? wanted.map(opposite) : wanted,
    target: (item) => item.absent !== true && target(item),
    waitsFor: [...new Set([...nobody, ...waitsFor])],
  };
}

function expandFor(context: PlanContext, given: GrantClaim, accounts: readonly Account[]): Expansion {
  // Absence is claimed of exactly what is named.
  const claim = given.effect === "revoke" ? { ...given, reach: false, withGrantOption: false } : given;
  const { on } = claim;
  if (on.kind === "role") return expandMembership(context, on, accounts);
  if (context.facts.family === "mysql")
    return expandMysql(context, claim, on, accounts, wantedPrivileges(context, claim));
  switch (on.kind) {
    case "tables":
    case "sequences":
    case "routines":
    case "types":
      return expandObjects(context, claim, on, accounts, wantedPrivileges(context, claim));
    case "schema":
      return claim.template === undefined
        ? expandPlain(context, claim, on, accounts)
        : expandSchemaTemplate(context, claim, on, accounts);
    default:
      return expandPlain(context, claim, on, accounts);
  }
}

function expandMembership(
  context: PlanContext,
  on: Extract<Target, { kind: "role" }>,
  accounts: readonly Account[],
): Expansion {
  const { facts, state } = context;
  const options =
    facts.family === "mysql"
      ? { default: on.default ?? true }
      : facts.versionNumber >= 160000
        ? { inherit: on.inherit ?? true, set: on.set ?? true }
        : undefined;
  const wanted = accounts.map((grantee): Item => ({
    ...blankItem,
    grantee,
    kind: "role",
    object: on.role,
    privilege: "MEMBER",
    grantable: on.admin ?? false,
    // A role of MariaDB, which has no host, logs in nowhere and so has no default role.
    options: facts.product === "mariadb" && grantee.host === "" ? { default: false } : options,
  }));
  return {
    wanted,
    target: (item) => item.kind === "role" && item.object === on.role,
    waitsFor: state.principals.has(on.role) ? [] : [on.role],
  };
}

/** What PUBLIC holds on every new PostgreSQL database. */
export const publicDatabaseItems = (database: string): Item[] =>
  ["CONNECT", "TEMPORARY"].map((privilege) => ({
    ...blankItem,
    grantee: PUBLIC,
    kind: "database",
    database,
    privilege,
  }));

export const adminConnect = (admin: Account, database: string): Item => connectItem(admin, database);

/** MySQL, MariaDB: the owner role's privileges on its database, as ordinary items. */
export const ownerItems = (context: PlanContext, owner: string, database: string): Item[] => {
  const { product, versionNumber } = context.facts;
  const privileges = expandPrivileges(
    product,
    "database",
    templatePrivileges(product, "database", "trusted_admin") ?? [],
    versionNumber,
  );
  return granteeAccounts(context, owner).flatMap((grantee) =>
    privileges.map((privilege): Item => ({ ...blankItem, grantee, kind: "database", database, privilege })),
  );
};
