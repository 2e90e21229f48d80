import type { DefaultClass, ItemKind } from "../item";
import type { RelationKind, RelationState } from "../server";

/** PostgreSQL: the classes of objects that a schema holds and that default privileges speak of. */
export type ObjectClassName = "tables" | "sequences" | "routines" | "types";

export interface ObjectClass {
  item: ItemKind;
  relations: readonly RelationKind[];
  defaults: DefaultClass;
}

export const objectClasses: Record<ObjectClassName, ObjectClass> = {
  tables: {
    item: "table",
    relations: ["table", "view", "materializedView", "partitionedTable", "foreignTable"],
    defaults: "tables",
  },
  sequences: { item: "sequence", relations: ["sequence"], defaults: "sequences" },
  routines: { item: "routine", relations: ["routine"], defaults: "functions" },
  types: { item: "type", relations: ["type"], defaults: "types" },
};

export const objectClassNames: readonly ObjectClassName[] = ["tables", "sequences", "routines", "types"];

/** The class that default privileges see an object as; large objects have none in a schema. */
export const classOfRelation = ({ kind }: RelationState): ObjectClass | undefined =>
  objectClassNames.map((name) => objectClasses[name]).find(({ relations }) => relations.includes(kind));
