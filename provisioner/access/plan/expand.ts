import { PUBLIC, type Account } from "../account";
import { granteeName, type GrantClaim, type Target } from "../claims";
import { opposite, type Item, type ItemKind } from "../item";
import { expandPrivileges } from "../privileges";
import { schemaKey } from "../server";
import { templatePrivileges } from "../templates";
import { granteeAccounts } from "./accounts";
import type { PlanContext } from "./context";
import { expandMysql } from "./expand-mysql";
import { expandObjects, expandSchemaTemplate } from "./expand-objects";
import { blankItem, connectItem, reachItems } from "./reach";

/** A grant in terms of the server at hand. */
export interface Expansion {
  wanted: Item[];
  /** What exclusive mode decides about, and what `unmanaged` reports about. */
  target: (item: Item) => boolean;
  waitsFor: string[];
}

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

export const wantedPrivileges = (context: PlanContext, claim: GrantClaim): string[] => {
  const { product, versionNumber } = context.facts;
  const kind = claim.on.kind;
  const named =
    claim.template === undefined ? (claim.privileges ?? []) : (templatePrivileges(product, kind, claim.template) ?? []);
  return expandPrivileges(product, kind, named, versionNumber);
};

type PlainTarget = Exclude<Target, { kind: "role" | "tables" | "sequences" | "routines" | "types" }>;

/** The objects of a target that names each of them. */
interface Named {
  kind: ItemKind;
  at: Partial<Item>[];
  waitsFor: string[];
  /** Schemas that `reach` opens; undefined where nothing has to be reached. */
  schemas?: string[];
}

function namedBy({ state }: PlanContext, on: PlainTarget): Named {
  switch (on.kind) {
    case "global":
      return { kind: "global", at: [{}], waitsFor: [] };
    case "parameters":
      return { kind: "parameter", at: on.parameters.map((object) => ({ object })), waitsFor: [] };
    case "database": {
      const missing = state.databases.has(on.database) ? [] : [on.database];
      return { kind: "database", at: [{ database: on.database }], waitsFor: missing };
    }
    case "schema":
      return {
        kind: "schema",
        at: [{ database: on.database, schema: on.schema }],
        waitsFor: missingSchema(state, on.database, on.schema),
        schemas: [],
      };
    case "columns": {
      const { found, waitsFor } = columnsOf(state, on);
      return {
        kind: "column",
        at: found.map((column) => ({ database: on.database, schema: on.schema, object: on.table, column })),
        waitsFor,
        schemas: on.schema === undefined ? [] : [on.schema],
      };
    }
    case "largeObjects": {
      const known = new Set(
        state.relations
          .filter(({ kind, database }) => kind === "largeObject" && database === on.database)
          .map(({ name }) => name),
      );
      return {
        kind: "largeObject",
        at: on.oids.map((oid) => ({ database: on.database, object: String(oid) })),
        waitsFor: state.databases.has(on.database)
          ? on.oids.filter((oid) => !known.has(String(oid))).map((oid) => `large object ${oid}`)
          : [on.database],
        schemas: [],
      };
    }
  }
}

export function expandPlain(
  context: PlanContext,
  claim: GrantClaim,
  on: PlainTarget,
  accounts: readonly Account[],
): Expansion {
  const { kind, at, waitsFor, schemas } = namedBy(context, on);
  const privileges = wantedPrivileges(context, claim);
  const reach = claim.reach !== false && schemas !== undefined && context.facts.family === "postgresql";
  const database = "database" in on ? on.database : "";
  const wanted = accounts.flatMap((grantee): Item[] => [
    ...at.flatMap((place) =>
      privileges.map((privilege): Item => ({
        ...blankItem,
        grantable: claim.withGrantOption ?? false,
        grantee,
        kind,
        privilege,
        ...defined(place),
      })),
    ),
    ...(reach ? reachItems(context, grantee, database, schemas) : []),
  ]);
  const same = (item: Item, place: Partial<Item>): boolean =>
    Object.entries(defined(place)).every(([key, value]) => item[key as keyof Item] === value);
  return { wanted, target: (item) => item.kind === kind && at.some((place) => same(item, place)), waitsFor };
}

const defined = (place: Partial<Item>): Partial<Item> =>
  Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));

export function missingSchema(state: PlanContext["state"], database: string, schema: string): string[] {
  if (!state.databases.has(database)) return [database];
  return state.schemas.has(schemaKey(database, schema)) ? [] : [`${database}.${schema}`];
}

/** As the table spells them: MySQL and MariaDB, which have no schemas, do not tell `Id` from `id`. */
function columnsOf(
  state: PlanContext["state"],
  on: Extract<Target, { kind: "columns" }>,
): { found: string[]; waitsFor: string[] } {
  const { database, schema = "", table, columns } = on;
  const waiting = (waitsFor: string[]): { found: string[]; waitsFor: string[] } => ({ found: columns, waitsFor });
  if (!state.databases.has(database)) return waiting([database]);
  if (schema !== "" && !state.schemas.has(schemaKey(database, schema))) return waiting([`${database}.${schema}`]);
  const place = schema === "" ? database : schema;
  const known = state.relations.find(
    (relation) => relation.database === database && relation.schema === schema && relation.name === table,
  );
  if (known === undefined) return waiting([`${place}.${table}`]);
  const key = (column: string): string => (schema === "" ? column.toLowerCase() : column);
  const spelled = new Map((known.columns ?? columns).map((column) => [key(column), column]));
  return {
    found: [...new Set(columns.map((column) => spelled.get(key(column)) ?? column))],
    waitsFor: columns.filter((column) => !spelled.has(key(column))).map((column) => `${place}.${table}.${column}`),
  };
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
    options,
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
