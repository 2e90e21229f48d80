import fc from "fast-check";
import type { Claim, GrantClaim, Target } from "../../provisioner/protocol";
import { byHand } from "../support/world";
import { factKey, type Fact, type Meaning } from "./reference";
import type { ByHand, Slot, Universe } from "./universe";

const owner = "shop_owner";
const people = ["ann", "team"];
const at = { database: "shop", schema: "app" };
const tables = ["t1", "t2"];
const sequences = ["t1_id_seq", "s1"];
const routines = ["f(integer)", "f(text)"];

const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });
const maybe = fc.option(fc.boolean(), { nil: undefined });

const grant = (grantee: string, on: fc.Arbitrary<Target>, privileges: readonly string[]): fc.Arbitrary<GrantClaim> =>
  fc.record({
    kind: fc.constant("grant" as const),
    grantee: fc.constant(grantee),
    on,
    privileges: some(privileges),
    mode: fc.constantFrom("additive" as const, "additive" as const, "exclusive" as const),
    withGrantOption: maybe,
    reach: maybe,
  });

const future = fc.option(fc.constant({ createdBy: [owner] }), { nil: undefined });
const named = <T extends string>(kind: T, field: string, names: readonly string[]): fc.Arbitrary<Target> =>
  fc.oneof(
    some(names).map((list) => ({ kind, ...at, [field]: list })),
    future.map((of) => ({ kind, ...at, [field]: "*", future: of })),
  ) as fc.Arbitrary<Target>;

const grants = (grantee: string): Record<string, fc.Arbitrary<GrantClaim>> => ({
  database: grant(grantee, fc.constant({ kind: "database", database: "shop" }), ["CONNECT", "CREATE", "TEMPORARY"]),
  schema: grant(grantee, fc.constant({ kind: "schema", ...at }), ["USAGE", "CREATE"]),
  tables: grant(grantee, named("tables", "tables", tables), ["SELECT", "INSERT", "UPDATE"]),
  columns: grant(
    grantee,
    some(["id", "note"]).map((columns) => ({ kind: "columns", ...at, table: "t1", columns })),
    ["SELECT", "UPDATE"],
  ),
  sequences: grant(grantee, named("sequences", "sequences", sequences), ["USAGE", "SELECT"]),
  routines: grant(grantee, named("routines", "routines", routines), ["EXECUTE"]),
  types: grant(grantee, named("types", "types", ["mood"]), ["USAGE"]),
  role: fc.constant({ kind: "grant", grantee, on: { kind: "role", role: "club" }, mode: "additive" }),
});

const publicClaims: Record<string, fc.Arbitrary<GrantClaim>> = {
  tables: some(["SELECT", "INSERT"]).map((privileges) => ({
    kind: "grant",
    grantee: "PUBLIC",
    on: { kind: "tables", ...at, tables: ["t1"] },
    privileges,
    mode: "additive",
  })),
  routines: some(routines).map((list) => ({
    kind: "grant",
    grantee: "PUBLIC",
    on: { kind: "routines", ...at, routines: list },
    privileges: ["EXECUTE"],
    effect: "revoke",
    mode: "additive",
  })),
};

const slotsOf = (grantee: string, claims: Record<string, fc.Arbitrary<GrantClaim>>): Slot[] =>
  ["one", "two"].flatMap((name) =>
    Object.entries(claims).map(([kind, claim]) => ({ owner: name, name: `${kind} for ${grantee}, by ${name}`, claim })),
  );

const defaults: Record<string, string> = {
  table: "tables",
  sequence: "sequences",
  routine: "functions",
  type: "types",
};
const all: Record<string, readonly string[]> = { sequence: sequences, routine: routines, type: ["mood"] };

/** Objects of one class, with the default privileges where there are creators. */
function ofClass(kind: string, names: "*" | readonly string[], has: readonly string[], on: Target): Omit<Fact, "grantee" | "privilege">[] {
  const there = kind === "table" ? has : all[kind];
  const objects = (names === "*" ? there : names).map((object) => ({ kind, object }));
  return "future" in on && on.future !== undefined ? [...objects, { kind: "default", object: defaults[kind] }] : objects;
} // prettier-ignore

function objectsOf(on: Target, has: readonly string[]): Omit<Fact, "grantee" | "privilege">[] {
  switch (on.kind) {
    case "database":
    case "schema":
      return [{ kind: on.kind, object: "" }];
    case "tables":
      return ofClass("table", on.tables, has, on);
    case "columns":
      return on.columns.map((column) => ({ kind: "column", object: `${on.table}.${column}` }));
    case "sequences":
      return ofClass("sequence", on.sequences, has, on);
    case "routines":
      return ofClass("routine", on.routines as "*" | string[], has, on);
    case "types":
      return ofClass("type", on.types, has, on);
    case "role":
      return [{ kind: "role", object: on.role }];
    default:
      throw new Error(`not in this universe: ${on.kind}`);
  }
}

/** What has to be held to get at the objects at all. */
function reachOf({ grantee, on, reach, privileges = [], effect }: GrantClaim, has: readonly string[]): Fact[] {
  if (reach === false || effect === "revoke") return [];
  const to = { grantee: String(grantee) };
  const connect: Fact = { ...to, kind: "database", object: "", privilege: "CONNECT" };
  if (on.kind === "database" || on.kind === "role") return [];
  if (on.kind === "schema") return [connect];
  // PUBLIC is let into nothing; what it may do there still has to work.
  const way: Fact[] = grantee === "PUBLIC" ? [] : [connect, { ...to, kind: "schema", object: "", privilege: "USAGE" }];
  if (on.kind !== "tables" || !privileges.includes("INSERT")) return way;
  // A serial column's sequence; with creators, all of theirs.
  const inserts = on.tables === "*" ? has : on.tables;
  const needed = on.future === undefined ? (inserts.includes("t1") ? ["t1_id_seq"] : []) : sequences;
  const objects = [
    ...needed.map((object) => ({ kind: "sequence", object })),
    ...(on.future === undefined ? [] : [{ kind: "default", object: "sequences" }]),
  ];
  return [...way, ...objects.map((object): Fact => ({ ...to, ...object, privilege: "USAGE" }))];
}

function meaning(claim: GrantClaim, extra: readonly string[]): Meaning {
  const { grantee, on, privileges = ["MEMBER"], withGrantOption, effect } = claim;
  const has = [...tables, ...extra];
  const objects = objectsOf(on, has);
  const to = { grantee: String(grantee) };
  const plain = objects.flatMap((object) => privileges.map((privilege): Fact => ({ ...to, ...object, privilege })));
  const wanted = [
    ...plain.map((fact): Fact => (effect === "revoke" ? { ...fact, absent: true } : fact)),
    ...(withGrantOption === true ? plain.map((fact): Fact => ({ ...fact, option: true })) : []),
    ...reachOf(claim, has),
  ];
  if (claim.mode !== "exclusive") return { wanted };
  const targets = new Set(objects.map(({ kind, object }) => `${kind} ${object}`));
  // Whoever owns the tables owns their columns.
  const covers = ({ kind, object }: Fact): boolean =>
    targets.has(`${kind} ${object}`) || (kind === "column" && targets.has(`table ${object.split(".")[0]}`));
  return { wanted, decides: (fact) => fact.grantee === grantee && covers(fact) };
}

const universeFacts: Fact[] = people.flatMap((grantee): Fact[] => {
  const each = (kind: string, objects: readonly string[], privileges: readonly string[]): Fact[] =>
    objects.flatMap((object) => privileges.map((privilege) => ({ grantee, kind, object, privilege })));
  return [
    ...each("database", [""], ["CONNECT", "CREATE"]),
    ...each("schema", [""], ["USAGE", "CREATE"]),
    ...each("table", tables, ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ...each("column", ["t1.id", "t1.note"], ["SELECT", "UPDATE"]),
    ...each("sequence", sequences, ["USAGE", "SELECT"]),
    ...each("routine", routines, ["EXECUTE"]),
    ...each("type", ["mood"], ["USAGE"]),
    ...each("default", ["tables"], ["SELECT", "INSERT"]),
    ...each("role", ["club"], ["MEMBER"]),
  ];
});

const publicFacts: Fact[] = [
  ...routines.map((object): Fact => ({ grantee: "PUBLIC", kind: "routine", object, privilege: "EXECUTE" })),
  ...["SELECT", "INSERT"].map((privilege): Fact => ({ grantee: "PUBLIC", kind: "table", object: "t1", privilege })),
];

const options = universeFacts.filter(({ kind }) => kind !== "role").map((fact): Fact => ({ ...fact, option: true }));

const keyword: Record<string, string> = { table: "TABLE", sequence: "SEQUENCE", routine: "FUNCTION", type: "TYPE" };

function change(verb: "GRANT" | "REVOKE", fact: Fact): ByHand {
  const { grantee, kind, object, privilege, option } = fact;
  const name = `${verb === "GRANT" ? "TO" : "FROM"} ${grantee}`;
  const before = verb === "REVOKE" && option === true ? "GRANT OPTION FOR " : "";
  const after = verb === "GRANT" && option === true ? " WITH GRANT OPTION" : "";
  // Memberships are the provisioner's login's to give: what a superuser gave, only he could take.
  if (kind === "role") return { admin: true, sql: `${verb} ${object} ${name}` };
  const asOwner = (sql: string): ByHand => ({ database: "shop", sql: `SET ROLE ${owner}; ${sql}` });
  if (kind === "default")
    return asOwner(`ALTER DEFAULT PRIVILEGES IN SCHEMA app ${verb} ${before}${privilege} ON ${object.toUpperCase()} ${name}${after}`);
  const [table, column] = object.split(".");
  const on =
    kind === "database"
      ? "DATABASE shop"
      : kind === "schema"
        ? "SCHEMA app"
        : kind === "column"
          ? `app.${table}`
          : `${keyword[kind]} app.${object}`;
  return asOwner(`${verb} ${before}${privilege}${kind === "column" ? ` (${column})` : ""} ON ${on} ${name}${after}`);
} // prettier-ignore

const catalogQuery = `
WITH who AS (SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname IN ('ann', 'team') UNION ALL SELECT 0, 'PUBLIC'),
acls AS (
  SELECT 'database' AS kind, '' AS object, coalesce(datacl, acldefault('d', datdba)) AS acl FROM pg_database WHERE datname = 'shop'
  UNION ALL SELECT 'schema', '', coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'app'
  UNION ALL SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, relname, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner))
    FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'S')
  UNION ALL SELECT 'column', relname || '.' || attname, attacl FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'app'::regnamespace
  UNION ALL SELECT 'routine', proname || '(' || oidvectortypes(proargtypes) || ')', coalesce(proacl, acldefault('f', proowner)) FROM pg_proc WHERE pronamespace = 'app'::regnamespace
  UNION ALL SELECT 'type', typname, coalesce(typacl, acldefault('T', typowner)) FROM pg_type WHERE typnamespace = 'app'::regnamespace AND typname = 'mood'
  UNION ALL SELECT 'default', CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' ELSE 'types' END, defaclacl
    FROM pg_default_acl WHERE defaclrole = '${owner}'::regrole AND defaclnamespace = 'app'::regnamespace)
SELECT DISTINCT who.name AS grantee, kind, object, a.privilege_type AS privilege, a.is_grantable AS option
FROM acls CROSS JOIN LATERAL aclexplode(acl) a JOIN who ON who.oid = a.grantee
UNION ALL SELECT member::regrole::text, 'role', roleid::regrole::text, 'MEMBER', admin_option FROM pg_auth_members WHERE roleid = 'club'::regrole AND member::regrole::text IN ('ann', 'team')`; // prettier-ignore

const role = (name: string): Claim => ({ kind: "role", name, deletion: "drop" });

export const postgresqlUniverse: Universe = {
  claims: [
    role(owner),
    role("team"),
    role("club"),
    { kind: "login", name: "ann", auth: { kind: "password", secret: { recoveryDays: 0 } }, deletion: "drop" },
    { kind: "database", name: "shop", owner, deletion: "drop" },
    { kind: "schema", database: at.database, name: at.schema, owner, deletion: "drop" },
  ],
  setUp: [
    {
      database: "shop",
      sql: `SET ROLE ${owner}; SET search_path = app; CREATE TABLE t1 (id serial, note text); CREATE TABLE t2 (id int);
        CREATE SEQUENCE s1; CREATE TYPE mood AS ENUM ('fine'); CREATE FUNCTION f(integer) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    },
  ],
  slots: [...people.flatMap((grantee) => slotsOf(grantee, grants(grantee))), ...slotsOf("PUBLIC", publicClaims)],
  facts: [...universeFacts, ...publicFacts, ...options],
  grant: (fact) => change("GRANT", fact),
  revoke: (fact) => change("REVOKE", fact),
  accidents: {
    "the login dropped": [
      { database: "shop", sql: "DROP OWNED BY ann" },
      { sql: "DROP ROLE ann" },
    ],
    "the login altered": [{ sql: "ALTER ROLE ann CONNECTION LIMIT 3" }],
    "everything revoked": [
      { database: "shop", sql: "REVOKE ALL ON ALL TABLES IN SCHEMA app FROM ann, team; REVOKE ALL ON SCHEMA app FROM ann" },
    ],
    "a table made": [{ database: "shop", sql: `SET ROLE ${owner}; CREATE TABLE IF NOT EXISTS app.t3 (id int)` }],
    "a table dropped": [{ database: "shop", sql: "DROP TABLE IF EXISTS app.t3" }],
  },
  catalog: async (world) =>
    (await byHand(world, "shop", catalogQuery)).flatMap(({ grantee, kind, object, privilege, option }) => {
      const fact = { grantee, kind, object, privilege } as Fact;
      return option === true ? [fact, { ...fact, option: true }] : [fact];
    }),
  // Each privilege has an option of its own.
  optionOf: (option, held) => factKey(option) === factKey({ ...held, option: true }),
  meaning,
  tables: async (world) =>
    (await byHand(world, "shop", "SELECT tablename FROM pg_tables WHERE schemaname = 'app' AND tablename = 't3'")).map(
      (row) => String(row.tablename),
    ),
}; // prettier-ignore
