import fc from "fast-check";
import type { Claim, GrantClaim, Target } from "../../provisioner/protocol";
import { byHand, type World } from "../support/world";
import type { Fact, Meaning } from "./reference";
import type { ByHand, Slot, Universe } from "./universe";

const people = ["ann", "team"];
const tables = ["t1", "t2"];
const routines = ["FUNCTION f", "PROCEDURE p"];
const onTables = ["SELECT", "INSERT", "UPDATE"];
const onRoutines = ["EXECUTE", "ALTER ROUTINE"];
const onDatabase = [...onTables, "EXECUTE", "CREATE", "EVENT"];
const global = ["PROCESS", "SHOW DATABASES"];
/** Holds these on the whole server, by somebody's hand, so that they can be taken back for one database. */
const warden = { name: "warden", holds: ["SELECT", "INSERT"], database: "vault" };

type Place = Pick<Fact, "kind" | "object">;

const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });

const maybe = fc.option(fc.boolean(), { nil: undefined });
const never = fc.constant(undefined);

const grant = (
  grantee: string,
  on: fc.Arbitrary<Target>,
  privileges: readonly string[],
  option: fc.Arbitrary<boolean | undefined> = maybe,
): fc.Arbitrary<GrantClaim> =>
  fc.record({
    kind: fc.constant("grant" as const),
    grantee: fc.constant(grantee),
    on,
    privileges: some(privileges),
    mode: fc.constantFrom("additive" as const, "additive" as const, "exclusive" as const),
    withGrantOption: option,
  });

/** A table and its columns are one level, which has one option for all that is held there. */
const levelOf = ({ kind, object }: Place): string => `${kind === "column" ? "table" : kind} ${object.split(".")[0]}`;
const optionAt = (grantee: string, place: Place): Fact => {
  const [kind, ...object] = levelOf(place).split(" ");
  return { grantee, kind, object: object.join(" "), privilege: "everything", option: true };
};

const named = <T extends string>(kind: T, field: string, names: readonly unknown[]): fc.Arbitrary<Target> =>
  fc
    .oneof(some(names), fc.constant("*"))
    .map((list) => ({ kind, database: "shop", [field]: list })) as unknown as fc.Arbitrary<Target>;

const routineNames = [
  { type: "function", name: "f" },
  { type: "procedure", name: "p" },
] as const;

const grants = (grantee: string): Record<string, fc.Arbitrary<GrantClaim>> => ({
  global: grant(grantee, fc.constant({ kind: "global" }), global, never),
  database: grant(grantee, fc.constant({ kind: "database", database: "shop" }), onDatabase),
  tables: grant(grantee, named("tables", "tables", tables), onTables),
  columns: grant(
    grantee,
    some(["id", "note"]).map((columns) => ({ kind: "columns", database: "shop", table: "t1", columns })),
    ["SELECT", "UPDATE"],
  ),
  routines: grant(grantee, named("routines", "routines", routineNames), onRoutines),
  role: fc.constant({ kind: "grant", grantee, on: { kind: "role", role: "club" }, mode: "additive" }),
});

const partialRevokes: fc.Arbitrary<GrantClaim> = some(warden.holds).map((privileges) => ({
  kind: "grant",
  grantee: warden.name,
  on: { kind: "database", database: warden.database },
  privileges,
  effect: "revoke",
  mode: "additive",
}));

const slotsOf = (grantee: string, claims: Record<string, fc.Arbitrary<GrantClaim>>): Slot[] =>
  ["one", "two"].flatMap((owner) =>
    Object.entries(claims).map(([kind, claim]) => ({ owner, name: `${kind} for ${grantee}, by ${owner}`, claim })),
  );

const routineObject = (routine: string | { type: string; name: string }): string =>
  typeof routine === "string" ? routine : `${routine.type.toUpperCase()} ${routine.name}`;

function placesOf(on: Target): Place[] {
  switch (on.kind) {
    case "global":
      return [{ kind: "global", object: "" }];
    case "database":
      return [{ kind: "database", object: on.database }];
    case "tables":
      return on.tables === "*"
        ? [{ kind: "database", object: "shop" }]
        : on.tables.map((object) => ({ kind: "table", object }));
    case "columns":
      return on.columns.map((column) => ({ kind: "column", object: `${on.table}.${column}` }));
    case "routines":
      return on.routines === "*"
        ? [{ kind: "database", object: "shop" }]
        : on.routines.map((routine) => ({ kind: "routine", object: routineObject(routine) }));
    case "role":
      return [{ kind: "role", object: on.role }];
    default:
      throw new Error(`not in this universe: ${on.kind}`);
  }
}

/** Everything that a target means, beside the objects it names: a table's columns, a database's tables. */
function covers(on: Target, { kind, object, privilege, option: isOption }: Fact): boolean {
  const places = placesOf(on);
  if (isOption === true) return places.some((place) => levelOf(place) === levelOf({ kind, object }));
  const isNamed = places.some((place) => place.kind === kind && place.object === object);
  if (on.kind === "tables" && on.tables === "*")
    return ["table", "column"].includes(kind) || (isNamed && [...onTables, "CREATE"].includes(privilege));
  if (on.kind === "routines" && on.routines === "*")
    return kind === "routine" || (isNamed && onRoutines.includes(privilege));
  if (on.kind === "tables" && kind === "column") return on.tables.includes(object.split(".")[0]);
  return isNamed;
}

function meaning({ grantee, on, privileges = ["MEMBER"], effect, mode, withGrantOption }: GrantClaim): Meaning {
  const plain = placesOf(on).flatMap((place) =>
    privileges.map((privilege): Fact => ({
      grantee: String(grantee),
      ...place,
      privilege,
      ...(effect === "revoke" ? { absent: true } : {}),
    })),
  );
  const options = withGrantOption === true ? placesOf(on).map((place) => optionAt(String(grantee), place)) : [];
  const wanted = [...plain, ...options];
  return mode === "exclusive"
    ? { wanted, decides: (fact) => fact.grantee === grantee && covers(on, fact) }
    : { wanted };
}

const facts: Fact[] = people.flatMap((grantee): Fact[] => {
  const each = (kind: string, objects: readonly string[], privileges: readonly string[]): Fact[] =>
    objects.flatMap((object) => privileges.map((privilege) => ({ grantee, kind, object, privilege })));
  return [
    ...each("global", [""], global),
    ...each("database", ["shop"], onDatabase),
    ...each("table", tables, [...onTables, "DELETE"]),
    ...each("column", ["t1.id", "t1.note"], ["SELECT", "UPDATE"]),
    ...each("routine", routines, onRoutines),
    ...each("role", ["club"], ["MEMBER"]),
  ];
});

const optionFacts = people.flatMap((grantee) =>
  [
    { kind: "database", object: "shop" },
    { kind: "table", object: "t1" },
  ].map((place) => optionAt(grantee, place)),
);

const wardenFacts = warden.holds.map((privilege): Fact => ({
  grantee: warden.name,
  kind: "database",
  object: warden.database,
  privilege,
}));

const nameIn = (column: string): string => `REPLACE(SUBSTRING_INDEX(${column}, '@', 1), '''', '')`;

/** Where the server says who holds what: grantee, kind, object and privileges, one statement each. */
const catalogQueries = (mariadb: boolean): string[] => [
  ...[
    ["global", "''", "USER"],
    ["database", "TABLE_SCHEMA", "SCHEMA"],
    ["table", "TABLE_NAME", "TABLE"],
    ["column", "CONCAT(TABLE_NAME, '.', COLUMN_NAME)", "COLUMN"],
  ].map(
    ([kind, object, source]) =>
      `SELECT ${nameIn("GRANTEE")} AS grantee, '${kind}' AS kind, ${object} AS object, PRIVILEGE_TYPE AS privileges, IS_GRANTABLE AS grantable FROM information_schema.${source}_PRIVILEGES`,
  ),
  "SELECT User AS grantee, 'routine' AS kind, CONCAT(Routine_type, ' ', Routine_name) AS object, UPPER(CONVERT(Proc_priv USING utf8mb4)) AS privileges FROM mysql.procs_priv",
  mariadb
    ? "SELECT User AS grantee, 'role' AS kind, Role AS object, 'MEMBER' AS privileges FROM mysql.roles_mapping"
    : "SELECT TO_USER AS grantee, 'role' AS kind, FROM_USER AS object, 'MEMBER' AS privileges FROM mysql.role_edges",
];

async function catalog(world: World): Promise<Fact[]> {
  const mariadb = world.product === "mariadb";
  const held: Fact[] = [];
  for (const sql of catalogQueries(mariadb))
    for (const row of await byHand(world, undefined, sql)) {
      const [grantee, kind, object] = [row.grantee, row.kind, row.object].map(String);
      if (!people.includes(grantee)) continue;
      const privileges = String(row.privileges).split(",");
      for (const privilege of privileges)
        if (!["USAGE", "GRANT"].includes(privilege)) held.push({ grantee, kind, object, privilege });
      if (row.grantable === "YES" || privileges.includes("GRANT")) held.push(optionAt(grantee, { kind, object }));
    }
  return [...held, ...(await (mariadb ? rolesOnServer(world) : notTakenBack(world)))];
}

/** MariaDB's own views leave out what a role holds on the whole server. */
async function rolesOnServer(world: World): Promise<Fact[]> {
  const lines = (await byHand(world, undefined, "SHOW GRANTS FOR 'team'")).flatMap((row) =>
    Object.values(row).map(String),
  );
  const lists = lines.flatMap((line) => /^GRANT (.*) ON \*\.\* TO /.exec(line)?.slice(1) ?? []);
  return lists
    .flatMap((list) => list.split(", "))
    .filter((privilege) => privilege !== "USAGE")
    .map((privilege) => ({ grantee: "team", kind: "global", object: "", privilege }));
}

/** What the warden holds everywhere and, unless it was taken back, in the one database; and what it holds there alone. */
async function notTakenBack(world: World): Promise<Fact[]> {
  const sql = `SELECT CAST(JSON_EXTRACT(User_attributes, '$.Restrictions') AS CHAR) AS taken FROM mysql.user WHERE User = '${warden.name}'`;
  const [{ taken }] = await byHand(world, undefined, sql);
  const restrictions = JSON.parse(String(taken ?? "[]")) as { Database: string; Privileges: string[] }[];
  const own = await byHand(world, undefined, `SELECT * FROM mysql.db WHERE User = '${warden.name}'`);
  const gone = restrictions.flatMap((each) => (each.Database === warden.database ? each.Privileges : []));
  return [
    ...wardenFacts.filter(({ privilege }) => !gone.includes(privilege)),
    // What is given back is not given a second time, to stay when the server-wide privilege goes.
    ...own.map((): Fact => ({ grantee: warden.name, kind: "row", object: warden.database, privilege: "of its own" })),
  ];
}

function change(verb: "GRANT" | "REVOKE", fact: Fact, mariadb: boolean): ByHand {
  const { grantee, kind, object, option } = fact;
  const privilege = option !== true ? fact.privilege : verb === "GRANT" ? "DELETE" : "GRANT OPTION";
  // Left alone, the option of a level would be held on where no view shows it. MySQL 9 wants to be told that it may be missing.
  const tidy =
    verb === "REVOKE" && option !== true && kind !== "global" && grantee !== warden.name ? ", GRANT OPTION" : "";
  const name = mariadb && grantee === "team" ? `'${grantee}'` : `'${grantee}'@'%'`;
  const to = `${verb === "GRANT" ? "TO" : "FROM"} ${name}`;
  if (kind === "row") return { sql: `DELETE FROM mysql.db WHERE User = '${grantee}'; FLUSH PRIVILEGES` };
  // MariaDB lets only those grant a role who administer it, which its creator does.
  if (kind === "role") return { admin: true, sql: membership(verb, object, name, mariadb) };
  const [table, column] = object.split(".");
  const level = {
    global: "*.*",
    database: `${object}.*`,
    table: `shop.${object}`,
    column: `shop.${table}`,
    routine: object.replace(" ", " shop."),
  }[kind];
  return {
    sql: `${verb}${verb === "REVOKE" && !mariadb ? " IF EXISTS" : ""} ${privilege}${kind === "column" ? ` (${column})` : ""}${tidy} ON ${level} ${to}${verb === "GRANT" && option === true ? " WITH GRANT OPTION" : ""}`,
  };
}

/** As the provisioner gives one: active at login where there is a login. */
function membership(verb: "GRANT" | "REVOKE", role: string, name: string, mariadb: boolean): string {
  const given = mariadb ? `'${role}'` : `'${role}'@'%'`;
  const isLogin = name.startsWith("'ann'");
  const active = mariadb
    ? `SET DEFAULT ROLE ${verb === "GRANT" ? given : "NONE"} FOR ${name}`
    : `SET DEFAULT ROLE ${given} TO ${name}`;
  if (verb === "GRANT") return `GRANT ${given} TO ${name}${mariadb && !isLogin ? "" : `; ${active}`}`;
  return `${mariadb && isLogin ? `${active}; ` : ""}REVOKE ${given} FROM ${name}`;
}

const role = (name: string): Claim => ({ kind: "role", name, deletion: "drop" });
const login = (name: string): Claim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { recoveryDays: 0 } },
  deletion: "drop",
});
const database = (name: string): Claim => ({ kind: "database", name, deletion: "drop" });

export function mysqlUniverse(mariadb: boolean): Universe {
  return {
    settings: mariadb ? {} : { "partial-revokes": "ON" },
    claims: [
      ...[role("team"), role("club"), login("ann"), database("shop")],
      ...(mariadb ? [] : [login(warden.name), database(warden.database)]),
    ],
    setUp: [
      {
        database: "shop",
        sql: `CREATE TABLE t1 (id int, note text); CREATE TABLE t2 (id int);
          CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1; CREATE PROCEDURE p() SELECT 1`,
      },
      ...(mariadb ? [] : [{ sql: `GRANT ${warden.holds.join(", ")} ON *.* TO '${warden.name}'@'%'` }]),
    ],
    slots: [
      ...people.flatMap((grantee) => slotsOf(grantee, grants(grantee))),
      ...(mariadb ? [] : slotsOf(warden.name, { "partial revoke": partialRevokes })),
    ],
    facts: [...facts, ...optionFacts, ...(mariadb ? [] : wardenFacts)],
    grant: (fact) => change("GRANT", fact, mariadb),
    revoke: (fact) => change("REVOKE", fact, mariadb),
    accidents: {
      "the login dropped": [{ sql: "DROP USER 'ann'@'%'" }],
      "the login altered": [{ sql: "ALTER USER 'ann'@'%' WITH MAX_USER_CONNECTIONS 3" }],
      "a table made anew": [{ database: "shop", sql: "DROP TABLE t2; CREATE TABLE t2 (id int)" }],
    },
    catalog,
    optionOf: (option, held) =>
      held.grantee === option.grantee && levelOf(held) === levelOf(option) && held.kind !== "role",
    meaning,
    tables: () => Promise.resolve([]),
  };
}
