import { isPublic, type Account } from "../account";
import type { Item } from "../item";
import { schemaKey } from "../server";
import type { PlanContext } from "./context";

export const blankItem = { database: "", schema: "", object: "", column: "", grantable: false };

export const connectItem = (grantee: Account, database: string): Item => ({
  ...blankItem,
  grantee,
  kind: "database",
  database,
  privilege: "CONNECT",
});

/** PostgreSQL: what a grantee needs to get at something inside a database, unless everybody has it for good. */
export function reachItems(
  { state }: PlanContext,
  grantee: Account,
  database: string,
  schemas: readonly string[],
): Item[] {
  if (isPublic(grantee)) return [];
  return [
    ...(state.databases.get(database)?.fixedForPublic === true ? [] : [connectItem(grantee, database)]),
    ...schemas
      .filter((schema) => state.schemas.get(schemaKey(database, schema))?.fixedForPublic !== true)
      .map((schema): Item => ({ ...blankItem, grantee, kind: "schema", database, schema, privilege: "USAGE" })),
  ];
}
