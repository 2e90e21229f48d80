import type { Item, ItemKind } from "../item";
import { schemaKey, type RelationState, type ServerState } from "../server";
import { classOfRelation } from "./object-class";

/** What is known about the objects that items are about. PostgreSQL; elsewhere objects have no owners. */
export interface Ownership {
  /** The grantee owns it: what an owner holds is nobody's grant. */
  isOwn(item: Item): boolean;
  /** Why nobody of ours can grant on it. */
  barrier(item: Item): string | undefined;
}

const key = (kind: ItemKind, database: string, schema: string, name: string): string =>
  [kind === "column" ? "table" : kind, database, schema, name].join("\u0000");

const kindOf = (relation: RelationState): ItemKind => classOfRelation(relation)?.item ?? "largeObject";

export function ownershipIn({ databases, schemas, relations }: ServerState): Ownership {
  const byKey = new Map(
    relations.map((relation) => [key(kindOf(relation), relation.database, relation.schema, relation.name), relation]),
  );
  const relationOf = ({ kind, database, schema, object }: Item): RelationState | undefined =>
    byKey.get(key(kind, database, schema, object));
  const ownerOf = (item: Item): string | undefined => {
    if (item.kind === "database") return databases.get(item.database)?.owner;
    const owner =
      item.kind === "schema" ? schemas.get(schemaKey(item.database, item.schema))?.owner : relationOf(item)?.owner;
    return owner === "pg_database_owner" ? databases.get(item.database)?.owner : owner;
  };
  return {
    isOwn: (item) => item.kind !== "default" && item.grantee.host === undefined && ownerOf(item) === item.grantee.name,
    barrier: (item) => relationOf(item)?.barred,
  };
}
