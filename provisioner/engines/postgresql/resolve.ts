import type { Item } from "../../access/item";
import { routineSignature } from "./acl-sources";
import type { Connection } from "./connection";
import type { Facts } from "./facts";
import { textArray } from "./literals";
import { grantableParameters } from "./parameters";
import { iamRole } from "./statements";

/** What a transaction is about to touch. */
export interface Subjects {
  items: readonly Item[];
  schemas: readonly string[];
  databases: readonly string[];
  roles: readonly string[];
}

/** A membership of the provisioner's login that is there already. */
export interface HeldMembership {
  grantor: string;
  admin: boolean;
  inherit: boolean;
  set: boolean;
}

/** What the provisioner's login can do with a role. */
export interface RoleFacts {
  name: string;
  superuser: boolean;
  /** IAM is its only way in, and would be that of everybody who becomes its member. */
  iam: boolean;
  /** SET ROLE works already. */
  canSet: boolean;
  /** Its privileges work already. */
  inherits: boolean;
  /** 16 and newer: the role through which the login holds ADMIN on it. */
  adminThrough: string | null;
  held: HeldMembership[];
}

export interface Resolved {
  /** By `subjectKey`; absent when the object does not exist. */
  owners: Map<string, string>;
  roles: Map<string, RoleFacts>;
  databaseOwner: string;
  /** The login may create schemas in this database. */
  createsSchemas: boolean;
  /** What the login may pass on, by parameter; absent where it was not looked up or the version has no such thing. */
  parameters?: Map<string, string[]>;
}

export type SubjectKind = "database" | "schema" | "relation" | "routine" | "type" | "largeObject";

export const subjectKey = (kind: SubjectKind, schema: string, name: string): string =>
  JSON.stringify([kind, schema, name]);

/** The object whose owner decides about an item, or undefined where ownership does not matter. */
export function subjectOf(item: Item): [SubjectKind, string, string] | undefined {
  switch (item.kind) {
    case "database":
      return ["database", "", item.database];
    case "schema":
      return ["schema", "", item.schema];
    case "table":
    case "column":
    case "sequence":
      return ["relation", item.schema, item.object];
    case "routine":
    case "type":
    case "largeObject":
      return [item.kind, item.schema, item.object];
    default:
      return undefined;
  }
}

export interface ResolvedRow {
  owners: { kind: SubjectKind; schema: string; name: string; owner: string }[];
  roles: RoleFacts[];
  database_owner: string;
  creates_schemas: boolean;
  parameters: { name: string; privileges: string[] }[] | null;
}

const memberships = (facts: Facts): string =>
  `(SELECT json_agg(json_build_object('grantor', pg_get_userbyid(m.grantor), 'admin', m.admin_option,
      'inherit', ${facts.memberOptions ? "m.inherit_option" : "true"}, 'set', ${facts.memberOptions ? "m.set_option" : "true"}))
    FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member = (SELECT oid FROM pg_roles WHERE rolname = current_user))`;

const adminThrough = `(SELECT pg_get_userbyid(m.member)::text FROM pg_auth_members m
    WHERE m.roleid = r.oid AND m.admin_option AND pg_has_role(m.member, 'USAGE')
    ORDER BY m.member = (SELECT oid FROM pg_roles WHERE rolname = current_user) DESC, 1 LIMIT 1)`;

/** SQL for the `RoleFacts` of every role, alias `r`; a WHERE clause goes behind it. */
export const roleFacts = (facts: Facts): string => `
  SELECT r.rolname::text AS name, r.rolsuper AS superuser,
    coalesce(NOT r.rolsuper AND pg_has_role(r.oid, to_regrole('${iamRole}')::oid, 'MEMBER'), false) AS iam,
    pg_has_role(r.oid, '${facts.memberOptions ? "SET" : "MEMBER"}') AS "canSet", pg_has_role(r.oid, 'USAGE') AS inherits,
    ${adminThrough} AS "adminThrough", coalesce(${memberships(facts)}, '[]') AS held
  FROM pg_roles r`;

/** A schema that belongs to pg_database_owner, such as public, is the database owner's, who is that role's one member. */
const ownerName = (owner: string): string =>
  `CASE pg_get_userbyid(${owner}) WHEN 'pg_database_owner' THEN pg_get_userbyid(here.datdba) ELSE pg_get_userbyid(${owner}) END::text`;

type Subject = [SubjectKind, schema: string, name: string];

const textOf = (
  facts: Facts,
  list: readonly Subject[],
  roles: readonly string[],
  parameters: readonly string[],
): string => `
WITH wanted AS (SELECT * FROM unnest(${[0, 1, 2].map((part) => textArray(list.map((subject) => subject[part]))).join(", ")}) AS w(kind, schema, name)),
here AS (SELECT datdba FROM pg_database WHERE datname = current_database()),
owner_rows AS (
  SELECT w.*, pg_get_userbyid(d.datdba)::text AS owner FROM wanted w JOIN pg_database d ON w.kind = 'database' AND d.datname = w.name
  UNION ALL SELECT w.*, ${ownerName("n.nspowner")} FROM wanted w JOIN pg_namespace n ON w.kind = 'schema' AND n.nspname = w.name CROSS JOIN here
  UNION ALL SELECT w.*, ${ownerName("c.relowner")} FROM wanted w JOIN pg_namespace n ON w.kind = 'relation' AND n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') CROSS JOIN here
  UNION ALL SELECT w.*, ${ownerName("p.proowner")} FROM wanted w JOIN pg_namespace n ON w.kind = 'routine' AND n.nspname = w.schema
    JOIN pg_proc p ON p.pronamespace = n.oid AND ${routineSignature} = w.name CROSS JOIN here
  UNION ALL SELECT w.*, ${ownerName("t.typowner")} FROM wanted w JOIN pg_namespace n ON w.kind = 'type' AND n.nspname = w.schema
    JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = w.name CROSS JOIN here
  UNION ALL SELECT w.*, pg_get_userbyid(m.lomowner)::text FROM wanted w
    JOIN pg_largeobject_metadata m ON m.oid = CASE w.kind WHEN 'largeObject' THEN w.name::oid END),
role_rows AS (
  ${roleFacts(facts)} WHERE r.rolname IN (
    SELECT owner FROM owner_rows UNION SELECT unnest(${textArray(roles)}) UNION SELECT pg_get_userbyid(datdba) FROM here))
SELECT coalesce((SELECT json_agg(x) FROM owner_rows x), '[]') AS owners,
  coalesce((SELECT json_agg(x) FROM role_rows x), '[]') AS roles,
  (SELECT pg_get_userbyid(datdba)::text FROM here) AS database_owner,
  has_database_privilege(current_database(), 'CREATE') AS creates_schemas,
  ${grantableParameters(facts, parameters)} AS parameters`;

/** Who owns what is about to be touched, and what the login may do with those owners. One row: a `ResolvedRow`. */
export function resolveQuery(facts: Facts, subjects: Subjects): string {
  const wanted = new Map<string, Subject>();
  const add = (...subject: Subject): void => void wanted.set(subjectKey(...subject), subject);
  const roles = new Set(subjects.roles);
  for (const item of subjects.items) {
    const subject = subjectOf(item);
    if (subject !== undefined) add(...subject);
    if (item.grantor !== undefined) roles.add(item.grantor);
    if (item.creator !== undefined) roles.add(item.creator);
  }
  for (const schema of subjects.schemas) add("schema", "", schema);
  for (const database of subjects.databases) add("database", "", database);
  const parameters = subjects.items.filter((item) => item.kind === "parameter").map((item) => item.object);
  return textOf(facts, [...wanted.values()], [...roles], [...new Set(parameters)]);
}

/** One message. */
export async function resolve(connection: Connection, facts: Facts, subjects: Subjects): Promise<Resolved> {
  const [row] = await connection.query<ResolvedRow>(resolveQuery(facts, subjects), [], {
    step: `looking up owners in database ${connection.database}`,
  });
  return resolvedOf(row);
}

export const resolvedOf = (row: ResolvedRow): Resolved => ({
  owners: new Map(row.owners.map(({ kind, schema, name, owner }) => [subjectKey(kind, schema, name), owner])),
  roles: new Map(row.roles.map((role) => [role.name, role])),
  databaseOwner: row.database_owner,
  createsSchemas: row.creates_schemas,
  ...(row.parameters === null
    ? {}
    : { parameters: new Map(row.parameters.map(({ name, privileges }) => [name, privileges])) }),
});
