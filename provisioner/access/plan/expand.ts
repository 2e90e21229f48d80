import { accountKey, PUBLIC, type Account } from "../account";
import { granteeName, type GrantClaim, type GranteeSpec, type Target } from "../claims";
import { claimIdPrefix } from "../id";
import type { Item } from "../item";
import { expandPrivileges, privilegesOf } from "../privileges";
import { schemaKey, type RelationState } from "../server";
import { templatePrivileges } from "../templates";
import type { PlanContext } from "./context";

/** A grant in terms of the server at hand. */
export interface Expansion {
  wanted: Item[];
  /** What exclusive mode decides about, and what `unmanaged` reports about. */
  target: (item: Item) => boolean;
  waitsFor: string[];
}

const blank = { database: "", schema: "", object: "", column: "", grantable: false };

/**
 * On MySQL and MariaDB a name means the hosts that the login's own claim lists; without one, the role of the name or
 * the account at `%`. Accounts nobody listed are never touched.
 */
export function granteeAccounts(context: PlanContext, grantee: GranteeSpec): Account[] {
  const { facts, state, records } = context;
  const name = granteeName(grantee);
  if (facts.family === "postgresql") return state.principals.has(name) ? [{ name }] : [];
  const accounts = (state.principals.get(name)?.accounts ?? []).map((known) => known.account);
  const wantedHosts = typeof grantee === "object" ? [grantee.host] : listedHosts(context, records, name);
  if (wantedHosts !== undefined) return accounts.filter((account) => wantedHosts.includes(account.host ?? ""));
  return accounts.filter((account) => account.host === "%" || account.host === "");
}

function listedHosts(context: PlanContext, records: PlanContext["records"], name: string): string[] | undefined {
  const id = claimIdPrefix(context.facts.family, context.cluster, { kind: "role", name, deletion: "drop" });
  const claim = records.find((record) => record.id === id)?.claim;
  return claim?.kind === "login" ? (claim.hosts ?? ["%"]) : undefined;
}

const inDatabase = (item: Item, database: string): boolean => item.database === database;

export function expandGrant(context: PlanContext, claim: GrantClaim): Expansion {
  const { facts } = context;
  const accounts = granteeAccounts(context, claim.grantee);
  const waitsFor = accounts.length === 0 ? [granteeName(claim.grantee)] : [];
  const privileges = wantedPrivileges(context, claim);
  const grantable = claim.withGrantOption ?? false;
  const on = claim.on;
  const each = (make: (grantee: Account) => Item[]): Item[] => accounts.flatMap(make);
  switch (on.kind) {
    case "role":
      return expandMembership(context, on, accounts, waitsFor);
    case "database":
      if (!context.state.databases.has(on.database)) waitsFor.push(on.database);
      return {
        wanted: each((grantee) =>
          privileges.map((privilege) => ({
            ...blank,
            grantee,
            kind: "database",
            database: on.database,
            privilege,
            grantable,
          })),
        ),
        target: (item) => item.kind === "database" && inDatabase(item, on.database),
        waitsFor,
      };
    case "schema": {
      waitsFor.push(...missingSchema(context, on.database, on.schema));
      const wanted = each((grantee) => [
        ...privileges.map((privilege): Item => ({
          ...blank,
          grantee,
          kind: "schema",
          database: on.database,
          schema: on.schema,
          privilege,
          grantable,
        })),
        ...(claim.reach === false ? [] : reachDatabase(context, grantee, on.database)),
      ]);
      return {
        wanted,
        target: (item) => item.kind === "schema" && inDatabase(item, on.database) && item.schema === on.schema,
        waitsFor,
      };
    }
    case "tables":
      return facts.family === "postgresql"
        ? expandTables(context, claim, on, accounts, privileges, waitsFor)
        : expandMysqlTables(context, on, accounts, privileges, grantable, waitsFor);
  }
}

const wantedPrivileges = (context: PlanContext, claim: GrantClaim): string[] => {
  const { product, versionNumber } = context.facts;
  const kind = claim.on.kind;
  const named =
    claim.template === undefined ? (claim.privileges ?? []) : (templatePrivileges(product, kind, claim.template) ?? []);
  return expandPrivileges(product, kind, named, versionNumber);
};

const connect = (grantee: Account, database: string): Item => ({
  ...blank,
  grantee,
  kind: "database",
  database,
  privilege: "CONNECT",
});

const reachDatabase = (context: PlanContext, grantee: Account, database: string): Item[] =>
  context.state.databases.get(database)?.fixedForPublic === true ? [] : [connect(grantee, database)];

const reachSchema = (context: PlanContext, grantee: Account, database: string, schema: string): Item[] =>
  context.state.schemas.get(schemaKey(database, schema))?.fixedForPublic === true
    ? []
    : [{ ...blank, grantee, kind: "schema", database, schema, privilege: "USAGE" }];

function missingSchema(context: PlanContext, database: string, schema: string): string[] {
  if (!context.state.databases.has(database)) return [database];
  return context.state.schemas.has(schemaKey(database, schema)) ? [] : [`${database}.${schema}`];
}

function expandMembership(
  context: PlanContext,
  on: Extract<Target, { kind: "role" }>,
  accounts: Account[],
  waitsFor: string[],
): Expansion {
  const { facts, state } = context;
  if (!state.principals.has(on.role)) waitsFor.push(on.role);
  const options =
    facts.family === "mysql"
      ? { default: on.default ?? true }
      : facts.versionNumber >= 160000
        ? { inherit: on.inherit ?? true, set: on.set ?? true }
        : undefined;
  const wanted = accounts.map((grantee): Item => ({
    ...blank,
    grantee,
    kind: "role",
    object: on.role,
    privilege: "MEMBER",
    grantable: on.admin ?? false,
    options,
  }));
  return { wanted, target: (item) => item.kind === "role" && item.object === on.role, waitsFor };
}

const granted: readonly RelationState["kind"][] = [
  "table",
  "view",
  "materializedView",
  "partitionedTable",
  "foreignTable",
];

function expandTables(
  context: PlanContext,
  claim: GrantClaim,
  on: Extract<Target, { kind: "tables" }>,
  accounts: Account[],
  privileges: string[],
  waitsFor: string[],
): Expansion {
  const schema = on.schema ?? "";
  const grantable = claim.withGrantOption ?? false;
  const reach = claim.reach !== false;
  waitsFor.push(...missingSchema(context, on.database, schema));
  for (const creator of on.future?.createdBy ?? []) if (!context.state.principals.has(creator)) waitsFor.push(creator);
  const relations = context.state.relations.filter((relation) => inDatabaseAndSchema(relation, on.database, schema));
  const tables = relations.filter((relation) => granted.includes(relation.kind));
  const chosen = on.tables === "*" ? tables : tables.filter((table) => on.tables.includes(table.name));
  if (on.tables !== "*" && waitsFor.length === 0)
    for (const name of on.tables) if (!chosen.some((table) => table.name === name)) waitsFor.push(`${schema}.${name}`);
  const names = new Set(chosen.map((table) => table.name));
  const creators = new Set(on.future?.createdBy ?? []);
  // Future sequences of a creator are claimed with or without a table; so are those that came in the meantime.
  const sequences =
    reach && privileges.includes("INSERT")
      ? relations.filter(
          ({ kind, ownedByTable, owner }) =>
            kind === "sequence" && (names.has(ownedByTable ?? "") || creators.has(owner ?? "")),
        )
      : [];
  const at = { ...blank, database: on.database, schema };
  const wanted = accounts.flatMap((grantee): Item[] => [
    ...(reach
      ? [...reachDatabase(context, grantee, on.database), ...reachSchema(context, grantee, on.database, schema)]
      : []),
    ...chosen.flatMap((table) =>
      privileges.map((privilege): Item => ({
        ...at,
        grantee,
        kind: "table",
        object: table.name,
        privilege,
        grantable,
      })),
    ),
    ...sequences.map((sequence): Item => ({
      ...at,
      grantee,
      kind: "sequence",
      object: sequence.name,
      privilege: "USAGE",
    })),
    ...(on.future?.createdBy ?? []).flatMap((creator) => [
      ...privileges.map((privilege): Item => ({
        ...at,
        grantee,
        kind: "default",
        object: "tables",
        creator,
        privilege,
        grantable,
      })),
      ...(reach && privileges.includes("INSERT")
        ? [{ ...at, grantee, kind: "default" as const, object: "sequences", creator, privilege: "USAGE" }]
        : []),
    ]),
  ]);
  const target = (item: Item): boolean =>
    inDatabase(item, on.database) &&
    item.schema === schema &&
    (((item.kind === "table" || item.kind === "column") && (on.tables === "*" || on.tables.includes(item.object))) ||
      (item.kind === "default" && item.object === "tables" && creators.has(item.creator ?? "")));
  return { wanted, target, waitsFor };
}

const inDatabaseAndSchema = (relation: RelationState, database: string, schema: string): boolean =>
  relation.database === database && relation.schema === schema;

/** `*` is the database level, which covers future tables; named tables are the table level. */
function expandMysqlTables(
  context: PlanContext,
  on: Extract<Target, { kind: "tables" }>,
  accounts: Account[],
  privileges: string[],
  grantable: boolean,
  waitsFor: string[],
): Expansion {
  const at = { ...blank, database: on.database, grantable };
  if (!context.state.databases.has(on.database)) waitsFor.push(on.database);
  const tablePrivileges = privilegesOf(context.facts.product, "tables");
  if (on.tables === "*")
    return {
      wanted: accounts.flatMap((grantee) =>
        privileges.map((privilege): Item => ({ ...at, grantee, kind: "database", privilege })),
      ),
      target: (item) =>
        inDatabase(item, on.database) &&
        (item.kind === "table" ||
          item.kind === "column" ||
          (item.kind === "database" && tablePrivileges.includes(item.privilege))),
      waitsFor,
    };
  const known = context.state.relations.filter((relation) => inDatabaseAndSchema(relation, on.database, ""));
  if (waitsFor.length === 0)
    for (const name of on.tables)
      if (!known.some((table) => table.name === name)) waitsFor.push(`${on.database}.${name}`);
  const names = on.tables;
  return {
    wanted: accounts.flatMap((grantee) =>
      names.flatMap((object) =>
        privileges.map((privilege): Item => ({ ...at, grantee, kind: "table", object, privilege })),
      ),
    ),
    target: (item) =>
      inDatabase(item, on.database) && (item.kind === "table" || item.kind === "column") && names.includes(item.object),
    waitsFor,
  };
}

/** What PUBLIC holds on every new PostgreSQL database. */
export const publicDatabaseItems = (database: string): Item[] =>
  ["CONNECT", "TEMPORARY"].map((privilege) => ({ ...blank, grantee: PUBLIC, kind: "database", database, privilege }));

export const adminConnect = (admin: Account, database: string): Item => connect(admin, database);

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
    privileges.map((privilege): Item => ({ ...blank, grantee, kind: "database", database, privilege })),
  );
};

/** The items of exactly these accounts. */
export const itemsOf = (items: readonly Item[], accounts: readonly Account[]): Item[] => {
  const keys = new Set(accounts.map(accountKey));
  return items.filter((item) => keys.has(accountKey(item.grantee)));
};
