import type { OtherTool } from "../../protocol/migrations";

interface Shape {
  tool: OtherTool;
  /** In lower case: what a server makes of capitals differs. */
  tables: string[];
  columns: string[];
  /** Columns that have come and gone with the tool's versions do not matter; without it there are no others. */
  open: boolean;
  /** What is read of it, and in which order. */
  read: string[];
  order: string[];
}

/**
 * Names alone say too little: half a dozen tools keep a `schema_migrations`. Tables that somebody named otherwise are
 * not looked for: a copy of a history would pass for one.
 */
const shapes: Shape[] = [
  {
    tool: "flyway",
    // The second is the name of Flyway 4 and older, which newer ones go on with.
    tables: ["flyway_schema_history", "schema_version"],
    columns: ["installed_rank", "version", "description", "type", "script", "checksum", "installed_on", "success"],
    open: true,
    read: ["version", "type", "script", "checksum", "success"],
    order: ["installed_rank"],
  },
  {
    tool: "liquibase",
    tables: ["databasechangelog"],
    columns: ["id", "author", "filename", "dateexecuted", "orderexecuted", "exectype", "md5sum"],
    open: true,
    read: ["id", "author", "filename", "exectype"],
    order: ["dateexecuted", "orderexecuted"],
  },
  {
    tool: "golang-migrate",
    tables: ["schema_migrations"],
    columns: ["version", "dirty"],
    open: false,
    read: ["version", "dirty"],
    order: ["version"],
  },
  {
    tool: "node-pg-migrate",
    tables: ["pgmigrations"],
    columns: ["id", "name", "run_on"],
    open: false,
    read: ["name"],
    order: ["run_on", "id"],
  },
];

/** Every name that a history may have, in lower case. */
export const historyNames: readonly string[] = shapes.flatMap(({ tables }) => tables);

/** A table as the catalogue has it. */
export interface CatalogTable {
  schema: string;
  name: string;
  columns: string[];
}

/** One that is a history, with its columns as it spells them. */
export interface Located extends CatalogTable {
  tool: OtherTool;
  /** By their names in lower case. */
  read: { name: string; column: string }[];
  order: string[];
}

export function locate(tables: readonly CatalogTable[]): Located[] {
  return tables.flatMap((table) => {
    const spelled = new Map(table.columns.map((column) => [column.toLowerCase(), column]));
    const shape = shapes.find(
      ({ tables: names, columns, open }) =>
        names.includes(table.name.toLowerCase()) &&
        columns.every((column) => spelled.has(column)) &&
        (open || columns.length === spelled.size),
    );
    if (shape === undefined) return [];
    const columnOf = (name: string): string => spelled.get(name) ?? name;
    const read = shape.read.map((name) => ({ name, column: columnOf(name) }));
    return [{ ...table, tool: shape.tool, read, order: shape.order.map(columnOf) }];
  });
}

/** Where Liquibase notes that it is at work, beside its history. */
export const liquibaseLockOf = (history: string): string =>
  history === history.toLowerCase() ? `${history}lock` : `${history}LOCK`;
