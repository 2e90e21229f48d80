import type { DatabaseState, ReadQuery, RelationKind, RelationState } from "../../access/server";
import { routineObject } from "./names";
import { numberOf, textOf, type Answer, type Part } from "./question";

const relationKinds: Record<string, RelationKind | undefined> = {
  "BASE TABLE": "table",
  "SYSTEM VERSIONED": "table",
  VIEW: "view",
  SEQUENCE: "sequence",
};

const relationFields = { db: "TABLE_SCHEMA", name: "TABLE_NAME", kind: "TABLE_TYPE" };

interface Table {
  database: string;
  name: string;
}

/** The databases that exist among the named ones, and what is in those asked for. */
export function objectParts(query: ReadQuery): Part[] {
  const tablesOf = [...new Set(query.schemas.map((schema) => schema.database))];
  const routinesOf = [...new Set(query.schemas.filter((each) => each.routines).map((each) => each.database))];
  const columnsOf = (query.columnsOf ?? []).map(({ database, table }): Table => ({ database, name: table }));
  const databases = [...new Set([...query.databases, ...tablesOf, ...columnsOf.map((table) => table.database)])];
  if (databases.length === 0) return [];
  return [
    {
      name: "schema",
      fields: { name: "SCHEMA_NAME", charset: "DEFAULT_CHARACTER_SET_NAME" },
      from: "FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (?)",
      values: [databases],
    },
    // MariaDB opens the tables of one database for an equality, and of all databases for a list.
    ...tablesOf.map((database) => relationsPart("TABLES", relationFields, { database })),
    ...columnsOf.flatMap((table) => [
      ...(tablesOf.includes(table.database) ? [] : [relationsPart("TABLES", relationFields, table)]),
      columnsPart(table),
    ]),
    ...routinesOf.map(routinesPart),
  ];
}

const relationsPart = (from: string, fields: Record<string, string>, table: { database: string; name?: string }) => ({
  name: "relation",
  fields,
  from: `FROM information_schema.${from} WHERE TABLE_SCHEMA = ?${table.name === undefined ? "" : " AND TABLE_NAME = ?"}`,
  values: [table.database, ...(table.name === undefined ? [] : [table.name])],
});

const columnsPart = (table: Table): Part => ({
  ...relationsPart(
    "COLUMNS",
    { db: "TABLE_SCHEMA", table: "TABLE_NAME", name: "COLUMN_NAME", position: "ORDINAL_POSITION" },
    table,
  ),
  name: "tableColumn",
});

const routinesPart = (database: string): Part => ({
  name: "routineName",
  fields: { db: "ROUTINE_SCHEMA", name: "CONCAT(ROUTINE_TYPE, ' ', ROUTINE_NAME)" },
  from: "FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?",
  values: [database],
});

export const databasesIn = (answers: Map<string, Answer[]>): DatabaseState[] =>
  (answers.get("schema") ?? []).map((answer) => ({
    name: textOf(answer, "name"),
    charset: textOf(answer, "charset"),
    connectable: true,
  }));

export function relationsIn(answers: Map<string, Answer[]>): RelationState[] {
  const columns = new Map<string, string[]>();
  const keyOf = (database: string, table: string): string => `${database}\u0000${table}`;
  const position = (answer: Answer): number => numberOf(answer, "position") ?? 0;
  // A UNION answers in any order.
  for (const answer of (answers.get("tableColumn") ?? []).sort((a, b) => position(a) - position(b))) {
    const key = keyOf(textOf(answer, "db"), textOf(answer, "table"));
    columns.set(key, [...(columns.get(key) ?? []), textOf(answer, "name")]);
  }
  const tables = (answers.get("relation") ?? []).flatMap((answer): RelationState[] => {
    const kind = relationKinds[textOf(answer, "kind")];
    const [database, name] = [textOf(answer, "db"), textOf(answer, "name")];
    const own = columns.get(keyOf(database, name));
    return kind === undefined
      ? []
      : [{ database, schema: "", name, kind, ...(own === undefined ? {} : { columns: own }) }];
  });
  const routines = (answers.get("routineName") ?? []).map((answer): RelationState => ({
    database: textOf(answer, "db"),
    schema: "",
    name: routineObject(textOf(answer, "name")),
    kind: "routine",
  }));
  return [...tables, ...routines];
}
