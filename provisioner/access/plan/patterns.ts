import type { Item } from "../item";

/** MySQL, MariaDB: a hand-made row for all databases like a pattern, this one among them. */
const coversDatabase = (item: Item, database: string): boolean =>
  item.kind === "database" && item.object === "pattern" && expressionOf(item.database).test(database);

const special = /[.*+?^${}()|[\]\\]/g;

/** `_` is any character, `%` any number of them, and a backslash takes that from the next. */
const expressionOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern.replace(/\\([\\_%])|([_%])|([^\\_%]+|\\)/g, (_all, literal?: string, wild?: string, plain?: string) =>
      wild === undefined ? (literal ?? plain ?? "").replace(special, "\\$&") : wild === "_" ? "." : ".*",
    )}$`,
    "su",
  );

/** The privileges of patterns as they are on one database; undefined for everything else. */
export const onDatabase = (item: Item, database: string): Item | undefined =>
  coversDatabase(item, database) ? { ...item, database, object: "" } : undefined;
