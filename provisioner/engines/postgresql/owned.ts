import type { OwnedObject } from "../../access/server";
import { DbAccessError } from "../../errors";
import type { Connections } from "./connection";
import { textArray } from "./literals";
import { namesRole } from "./rows";

interface SharedRow {
  role: string;
  /** `database orders`, or null for the objects inside `database`, which only that can name. */
  words: string | null;
  database: string;
  count: number;
  connectable: boolean;
}

/**
 * An entry of pg_shdepend, alias `s`, that means ownership. A default privilege is recorded as "owned" by its creator;
 * it is a setting, goes with the role and blocks nothing.
 */
export const ownedEntry = "s.deptype = 'o' AND s.classid <> 'pg_default_acl'::regclass";

/** Entries of pg_shdepend, alias `s`, of what the roles own. */
export const ownedBy = (roles: string): string => `${namesRole(roles)} AND ${ownedEntry}`;

const named = (roles: readonly string[]): string =>
  `SELECT oid FROM pg_roles WHERE rolname = ANY (${textArray(roles)})`;

/** pg_shdepend is shared: one message finds the databases in which a role owns anything. */
const sharedQuery = (roles: readonly string[]): string => `
WITH owned AS (SELECT s.* FROM pg_shdepend s WHERE ${ownedBy(named(roles))})
SELECT pg_get_userbyid(s.refobjid)::text AS role, coalesce('database ' || d.datname, i.type || ' ' || i.identity) AS words,
  coalesce(d.datname, current_database())::text AS database, 1 AS count, true AS connectable
FROM owned s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, 0) i
LEFT JOIN pg_database d ON s.classid = 'pg_database'::regclass AND d.oid = s.objid
WHERE s.dbid = 0
UNION ALL
SELECT pg_get_userbyid(s.refobjid)::text, NULL, d.datname::text, count(*)::int,
  d.datallowconn AND d.datconnlimit <> -2 AND has_database_privilege(d.oid, 'CONNECT')
FROM owned s JOIN pg_database d ON d.oid = s.dbid
GROUP BY s.refobjid, d.oid, d.datname, d.datallowconn, d.datconnlimit
ORDER BY role, database, words`;

const shownPerDatabase = 100;

const namesQuery = (roles: readonly string[]): string => `
SELECT pg_get_userbyid(s.refobjid)::text AS role, i.type || ' ' || i.identity AS words
FROM pg_shdepend s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i
WHERE ${ownedBy(named(roles))} AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1, s.classid, i.identity LIMIT ${shownPerDatabase}`;

const countWords = (count: number): string => (count === 1 ? "1 object" : `${count} objects`);

/** What the roles own, by role; in a database that cannot be entered only how much. */
export async function readOwned(
  connections: Connections,
  roles: readonly string[],
): Promise<Map<string, OwnedObject[]>> {
  const owned = new Map<string, OwnedObject[]>(roles.map((role) => [role, []]));
  if (roles.length === 0) return owned;
  const add = (role: string, object: OwnedObject): void => void owned.get(role)?.push(object);
  const admin = await connections.admin();
  const rows = await admin.query<SharedRow>(sharedQuery(roles), [], { step: "reading what is owned" });
  for (const { role, words, database } of rows) if (words !== null) add(role, { database, words });
  const inside = rows.filter((row) => row.words === null);
  for (const database of new Set(inside.map((row) => row.database))) {
    const counts = inside.filter((row) => row.database === database);
    const named = await namesIn(connections, counts[0], roles);
    for (const { role, words } of named) add(role, { database, words });
    for (const { role, count } of counts) {
      const unnamed = count - named.filter((object) => object.role === role).length;
      if (unnamed > 0) add(role, { database, words: `${named.length > 0 ? "another " : ""}${countWords(unnamed)}` });
    }
  }
  return owned;
}

async function namesIn(
  connections: Connections,
  row: SharedRow,
  roles: readonly string[],
): Promise<{ role: string; words: string }[]> {
  if (!row.connectable) return [];
  try {
    const connection = await connections.to(row.database);
    return await connection.query(namesQuery(roles), [], { step: `reading what is owned in database ${row.database}` });
  } catch (error) {
    // The count says enough; a database that refuses the login must not hide the reason for not dropping.
    if (error instanceof DbAccessError && !error.transient) return [];
    throw error;
  }
}
