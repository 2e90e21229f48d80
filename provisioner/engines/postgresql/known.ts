import type { ReadQuery, RelationState, ServerState } from "../../access/server";
import type { Facts } from "./facts";
import { textArray } from "./literals";
import { roleFacts, subjectKey, subjectOf, type Resolved, type RoleFacts, type Subjects } from "./resolve";

export interface KnownRow {
  roles: RoleFacts[];
  database_owner: string;
  creates_schemas: boolean;
}

/** The server's first role: what it owns is in no list of dependencies. */
const bootstrapRole = "10::oid";

/**
 * What the login may do with the roles that whoever acts on this reading may have to become: those it names, the
 * owners of the databases it names and of everything in this one, and those who have granted the memberships it finds.
 * One row: a `KnownRow`.
 */
export const knownQuery = (facts: Facts, { names, databases }: ReadQuery): string => `
WITH here AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database()),
named AS (SELECT oid FROM pg_roles WHERE rolname = ANY (${textArray(names)})),
role_rows AS (${roleFacts(facts)} WHERE r.oid IN (
  SELECT oid FROM named UNION SELECT ${bootstrapRole} UNION SELECT datdba FROM here
  UNION SELECT datdba FROM pg_database WHERE datname = ANY (${textArray(databases)})
  UNION SELECT m.grantor FROM pg_auth_members m JOIN named ON named.oid = m.member
  UNION SELECT s.refobjid FROM pg_shdepend s JOIN here ON s.dbid = here.oid
    WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'))
SELECT (SELECT json_agg(x) FROM role_rows x) AS roles, (SELECT pg_get_userbyid(datdba)::text FROM here) AS database_owner,
  has_database_privilege(current_database(), 'CREATE') AS creates_schemas`;

interface Place {
  query: ReadQuery;
  resolved: Resolved;
}

/** What a transaction makes itself, so that nobody can know it before. */
export interface Made {
  roles: readonly string[];
}

const databaseOwnerRole = "pg_database_owner";

/**
 * What the last reading of the session found out about owners, by database. Whatever is done makes it forget: owners
 * and memberships may then be others.
 */
export class Known {
  private readonly places = new Map<string, Place>();

  constructor(private readonly facts: Facts) {}

  /** A database that was read: where a transaction that can run anywhere finds what it has to know. */
  get database(): string | undefined {
    return [...this.places.keys()].at(0);
  }

  forget(): void {
    this.places.clear();
  }

  learn(database: string, query: ReadQuery, state: ServerState, row: KnownRow): void {
    const ownerOf = (owner: string): string => (owner === databaseOwnerRole ? row.database_owner : owner);
    const owners = new Map<string, string>();
    for (const { name, owner } of state.databases.values())
      if (owner !== undefined) owners.set(subjectKey("database", "", name), owner);
    for (const schema of state.schemas.values())
      if (schema.database === database) owners.set(subjectKey("schema", "", schema.name), ownerOf(schema.owner));
    for (const { database: place, kind, schema, name, owner } of state.relations)
      if (place === database && owner !== undefined)
        owners.set(subjectKey(subjectKindOf(kind), schema, name), ownerOf(owner));
    this.places.set(database, {
      query,
      resolved: {
        owners,
        roles: new Map(row.roles.map((role) => [role.name, role])),
        databaseOwner: row.database_owner,
        createsSchemas: row.creates_schemas,
        ...(state.parameters === undefined ? {} : { parameters: state.parameters }),
      },
    });
  }

  /** Undefined when one of the subjects has not been read. The result is the caller's own. */
  resolve(database: string, subjects: Subjects, made: Made): Resolved | undefined {
    const place = this.places.get(database);
    if (place === undefined) return undefined;
    const { query, resolved } = place;
    const roles = new Set([resolved.databaseOwner, ...subjects.roles]);
    const seen = (key: string): boolean => {
      const owner = resolved.owners.get(key);
      if (owner !== undefined) roles.add(owner);
      return owner !== undefined;
    };
    const asked = (schema: string): boolean =>
      query.schemas.some((each) => each.database === database && each.schema === schema);
    for (const item of subjects.items) {
      const subject = subjectOf(item);
      if (subject !== undefined && !seen(subjectKey(...subject)) && !(item.kind === "schema" && asked(item.schema)))
        return undefined;
      if (item.kind === "parameter" && resolved.parameters?.has(item.object) !== true) return undefined;
      if (item.grantor !== undefined && item.grantor !== databaseOwnerRole) roles.add(item.grantor);
      if (item.creator !== undefined) roles.add(item.creator);
    }
    for (const schema of subjects.schemas)
      if (!seen(subjectKey("schema", "", schema)) && !asked(schema)) return undefined;
    for (const name of subjects.databases) if (!seen(subjectKey("database", "", name))) return undefined;
    const nobody = [this.facts.admin.name, ...made.roles, ...query.names];
    if ([...roles].some((role) => !resolved.roles.has(role) && !nobody.includes(role))) return undefined;
    return { ...resolved, owners: new Map(resolved.owners) };
  }
}

const subjectKindOf = (kind: RelationState["kind"]): "routine" | "type" | "largeObject" | "relation" =>
  kind === "routine" || kind === "type" || kind === "largeObject" ? kind : "relation";
