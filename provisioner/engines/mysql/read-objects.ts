import type { DatabaseState, OwnedObject, RelationKind, RelationState } from "../../access/server";
import type { Connection } from "./connection";
import { comparable } from "./names";

export interface Objects {
  databases: DatabaseState[];
  relations: RelationState[];
}

const relationKinds: Record<string, RelationKind | undefined> = {
  "BASE TABLE": "table",
  "SYSTEM VERSIONED": "table",
  VIEW: "view",
  SEQUENCE: "sequence",
};

/** The databases that exist among the named ones, and the tables and views of those asked for: one message. */
export async function readObjects(
  connection: Connection,
  databases: string[],
  withRelations: string[],
): Promise<Objects> {
  const named = [...new Set([...databases, ...withRelations])];
  if (named.length === 0) return { databases: [], relations: [] };
  const parts = [
    `SELECT ${comparable("SCHEMA_NAME")} AS db, NULL AS name, ${comparable("DEFAULT_CHARACTER_SET_NAME")} AS detail
     FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (?)`,
  ];
  const values: (string | string[])[] = [named];
  for (const database of new Set(withRelations)) {
    // MariaDB opens the tables of one database for an equality, and of all databases for a list.
    parts.push(`SELECT ${comparable("TABLE_SCHEMA")}, ${comparable("TABLE_NAME")}, ${comparable("TABLE_TYPE")}
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?`);
    values.push(database);
  }
  const found: Objects = { databases: [], relations: [] };
  for (const row of await connection.rows("reading databases and tables", parts.join(" UNION ALL "), values)) {
    const database = String(row.db);
    if (row.name === null) found.databases.push({ name: database, charset: String(row.detail), connectable: true });
    else {
      const kind = relationKinds[String(row.detail)];
      if (kind !== undefined) found.relations.push({ database, schema: "", name: String(row.name), kind });
    }
  }
  return found;
}

const definers: { words: string; from: string; database: string; name: string }[] = [
  { words: "view", from: "VIEWS", database: "TABLE_SCHEMA", name: "TABLE_NAME" },
  { words: "routine", from: "ROUTINES", database: "ROUTINE_SCHEMA", name: "ROUTINE_NAME" },
  { words: "trigger", from: "TRIGGERS", database: "TRIGGER_SCHEMA", name: "TRIGGER_NAME" },
  { words: "event", from: "EVENTS", database: "EVENT_SCHEMA", name: "EVENT_NAME" },
];

/** A definer's name: what stands before the last `@`, or all of it for a role of MariaDB. */
const definerName = comparable("LEFT(DEFINER, CHAR_LENGTH(DEFINER) - LOCATE('@', REVERSE(DEFINER)))");

/** What has one of the names as its definer, at any host and in any database: one message. */
export async function readDefiners(connection: Connection, names: string[]): Promise<Map<string, OwnedObject[]>> {
  const found = new Map<string, OwnedObject[]>(names.map((name) => [name, []]));
  if (names.length === 0) return found;
  const sql = definers
    .map(
      (each) =>
        `SELECT ${definerName} AS definer, '${each.words}' AS kind, ${comparable(each.database)} AS db, ${comparable(each.name)} AS name
         FROM information_schema.${each.from} WHERE ${definerName} IN (?)`,
    )
    .join(" UNION ALL ");
  const values = definers.map(() => names);
  for (const row of await connection.rows("reading definers", sql, values)) {
    const database = String(row.db);
    found.get(String(row.definer))?.push({ database, words: `${String(row.kind)} ${database}.${String(row.name)}` });
  }
  return found;
}
