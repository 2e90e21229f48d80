import { accountKey, accountWords, sameAccount, type Account } from "../account";
import type { GrantClaim, Target } from "../claims";
import type { Item } from "../item";
import { privilegesOf } from "../privileges";
import { Refusal } from "../refusal";
import type { PlanContext } from "./context";
import { expandPlain } from "./expand-plain";
import type { Expansion } from "./expansion";
import { blankItem } from "./reach";

type MysqlTarget = Exclude<Target, { kind: "role" }>;

/** `*` is the database level, which covers what comes; named objects have a level of their own. */
export function expandMysql(
  context: PlanContext,
  claim: GrantClaim,
  on: MysqlTarget,
  accounts: readonly Account[],
  privileges: readonly string[],
): Expansion {
  const grantable = claim.withGrantOption ?? false;
  switch (on.kind) {
    case "tables":
      return on.tables === "*"
        ? wholeDatabase(context, on.database, { kind: "tables", accounts, privileges, grantable })
        : named(context, on.database, { kind: "table", names: on.tables, accounts, privileges, grantable });
    case "routines": {
      if (on.routines === "*")
        return wholeDatabase(context, on.database, { kind: "routines", accounts, privileges, grantable });
      const names = on.routines.map((routine) =>
        typeof routine === "string" ? routine : `${routine.type.toUpperCase()} ${routine.name}`,
      );
      return named(context, on.database, { kind: "routine", names, accounts, privileges, grantable });
    }
    case "database":
      if (claim.effect === "revoke") return partialRevoke(context, claim, on, accounts, privileges);
      return expandPlain(context, claim, on, accounts);
    case "global":
    case "columns":
      return expandPlain(context, claim, on, accounts);
    default:
      throw new Refusal("NotSupported", `There are no privileges on ${on.kind} here; remove the grant.`, "on.kind");
  }
}

interface Wanted {
  accounts: readonly Account[];
  privileges: readonly string[];
  grantable: boolean;
}

function wholeDatabase(
  { state, facts }: PlanContext,
  database: string,
  { kind, accounts, privileges, grantable }: Wanted & { kind: "tables" | "routines" },
): Expansion {
  const levels: Item["kind"][] = kind === "tables" ? ["table", "column"] : ["routine"];
  const ofKind = privilegesOf(facts.product, kind);
  return {
    wanted: accounts.flatMap((grantee) =>
      privileges.map((privilege): Item => ({
        ...blankItem,
        grantable,
        grantee,
        kind: "database",
        database,
        privilege,
      })),
    ),
    target: (item) =>
      item.database === database &&
      (levels.includes(item.kind) || (item.kind === "database" && ofKind.includes(item.privilege))),
    waitsFor: state.databases.has(database) ? [] : [database],
  };
}

/** The server does not tell `FUNCTION Total` from `FUNCTION total`; tables it does, where files do. */
const nameKey = (kind: "table" | "routine", name: string): string => (kind === "routine" ? name.toLowerCase() : name);

function named(
  { state }: PlanContext,
  database: string,
  { kind, names, accounts, privileges, grantable }: Wanted & { kind: "table" | "routine"; names: readonly string[] },
): Expansion {
  const known = new Map(
    state.relations
      .filter((relation) => relation.database === database && (relation.kind === "routine") === (kind === "routine"))
      .map((relation) => [nameKey(kind, relation.name), relation.name]),
  );
  // As the server spells it, so that what is read back is the same.
  const objects = names.map((name) => known.get(nameKey(kind, name)) ?? name);
  const keys = new Set(objects.map((object) => nameKey(kind, object)));
  return {
    wanted: accounts.flatMap((grantee) =>
      objects.flatMap((object) =>
        privileges.map((privilege): Item => ({
          ...blankItem,
          grantable,
          grantee,
          kind,
          database,
          object,
          privilege,
        })),
      ),
    ),
    target: (item) =>
      item.database === database &&
      (item.kind === kind || (kind === "table" && item.kind === "column")) &&
      keys.has(nameKey(kind, item.object)),
    waitsFor: state.databases.has(database)
      ? names
          .filter((name) => !known.has(nameKey(kind, name)))
          .map((name) => `${database}.${name.replace(/^(FUNCTION|PROCEDURE) /, "")}`)
      : [database],
  };
}

/** MySQL: takes back for one database what an account holds on the whole server, which it therefore has to hold. */
function partialRevoke(
  context: PlanContext,
  claim: GrantClaim,
  on: Extract<Target, { kind: "database" }>,
  accounts: readonly Account[],
  privileges: readonly string[],
): Expansion {
  if (context.facts.partialRevokes !== true)
    throw new Refusal(
      "NotSupported",
      `Taking a privilege of the whole server back for database ${on.database} needs partial_revokes; switch it on in the parameter group.`,
      "effect",
    );
  const own = context.state.items.find(
    (item) =>
      item.kind === "database" &&
      item.absent !== true &&
      item.database === on.database &&
      privileges.includes(item.privilege) &&
      accounts.some((account) => sameAccount(account, item.grantee)),
  );
  if (own !== undefined)
    throw new Refusal(
      "NotSupported",
      `${accountWords(own.grantee)} holds ${own.privilege} on database ${on.database} by itself, beside what it holds on the whole server; end that grant first.`,
      "privileges",
    );
  const expansion = expandPlain(context, { ...claim, effect: undefined }, on, accounts);
  const held = new Set(
    context.state.items
      .filter((item) => item.kind === "global")
      .map((item) => `${accountKey(item.grantee)}\u0000${item.privilege}`),
  );
  const lacking = accounts.flatMap((account) =>
    privileges
      .filter((privilege) => !held.has(`${accountKey(account)}\u0000${privilege}`))
      .map((privilege) => `the privilege ${privilege} of ${accountWords(account)} on the whole server`),
  );
  return { ...expansion, waitsFor: [...expansion.waitsFor, ...lacking] };
}
