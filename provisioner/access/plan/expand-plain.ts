import type { Account } from "../account";
import type { GrantClaim, Target } from "../claims";
import type { Item, ItemKind } from "../item";
import { schemaKey } from "../server";
import type { PlanContext } from "./context";
import { wantedPrivileges, type Expansion } from "./expansion";
import { blankItem, reachItems } from "./reach";

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
