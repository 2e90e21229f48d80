import * as assert from "node:assert/strict";
import type { Account } from "../../../provisioner/access/account";
import type { Item } from "../../../provisioner/access/item";
import type { Operation } from "../../../provisioner/access/operation";
import type { MySqlFacts } from "../../../provisioner/engines/mysql/facts";
import { roleAccount } from "../../../provisioner/engines/mysql/names";
import type { Holdings } from "../../../provisioner/engines/mysql/read";
import { statementsOf } from "../../../provisioner/engines/mysql/statements";
import { codeIs, createLogin, everywhere, grant, item, revoke, revokeOption } from "./server";

const facts = (fields: Partial<MySqlFacts> = {}): MySqlFacts => ({
  family: "mysql",
  product: "mysql",
  version: "8.0.36",
  versionNumber: 80036,
  admin: everywhere("dbadmin"),
  adminDatabase: "",
  forcesTls: false,
  iamAvailable: true,
  partialRevokes: false,
  lowerCaseTableNames: 0,
  cachingSha2: true,
  maxNameLength: 32,
  ...fields,
});
const mariadb = facts({ product: "mariadb", versionNumber: 101114, cachingSha2: false, maxNameLength: 128 });
const old = facts({ versionNumber: 80028 });

const app = everywhere("app");
const sha2 = `$A$005$${"s".repeat(20)}${"h".repeat(43)}`;
const native = `*${"A1".repeat(20)}`;

/** What accounts hold, with their default roles as their memberships say. */
const holding = (items: Item[], server: MySqlFacts): Holdings => ({
  items,
  defaults: items
    .filter((each) => each.options?.default === true)
    .map((each) => ({ grantee: each.grantee, role: roleAccount(each.object, server) })),
});
const nothing: Holdings = { items: [], defaults: [] };

function sql(operation: Operation, server: MySqlFacts = facts(), held: Item[] = []): string[] {
  const verifier = server.product === "mariadb" ? native : sha2;
  const verifiers = new Map([[`app\u0000%`, verifier]]);
  const context = { facts: server, verifiers, held: holding(held, server) };
  return statementsOf(operation, context).map((statement) => statement.sql);
}

const hex = Buffer.from(sha2).toString("hex").toUpperCase();

describe("MySQL statements for logins", () => {
  it("create a login with its clauses in the order of the grammar", () => {
    const attributes = { requireTls: true, connectionLimit: 20, passwordExpires: 0, locked: true };
    assert.deepEqual(sql(createLogin(app, { attributes, comment: "it's mine" })), [
      `CREATE USER 'app'@'%' IDENTIFIED WITH caching_sha2_password AS 0x${hex} REQUIRE SSL WITH MAX_USER_CONNECTIONS 20 PASSWORD EXPIRE NEVER ACCOUNT LOCK ATTRIBUTE '{\\"db-access\\":\\"it\\'s mine\\"}'`,
    ]);
  });

  it("create a login on MariaDB without what it does not know", () => {
    const attributes = { requireTls: false, connectionLimit: null, passwordExpires: 30, locked: false };
    assert.deepEqual(sql(createLogin(app, { attributes }), mariadb), [
      `CREATE USER 'app'@'%' IDENTIFIED VIA mysql_native_password USING '${native}' REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 PASSWORD EXPIRE INTERVAL 30 DAY ACCOUNT UNLOCK`,
    ]);
  });

  it("never create one without an authentication clause", () => {
    for (const verifier of ["", "$A$005$short", "*short", undefined]) {
      const verifiers = new Map(verifier === undefined ? [] : [["app\u0000%", verifier]]);
      for (const operation of [createLogin(app), { op: "setPassword", account: app } as const])
        assert.throws(
          () => statementsOf(operation, { facts: facts(), verifiers, held: nothing }),
          codeIs("Unexpected"),
        );
    }
  });

  it("add a password and end the old one, where accounts can have two", () => {
    const dual = facts({ dualPasswords: true });
    assert.deepEqual(sql({ op: "addPassword", account: app }, dual), [
      `ALTER USER 'app'@'%' IDENTIFIED WITH caching_sha2_password AS 0x${hex} RETAIN CURRENT PASSWORD`,
    ]);
    assert.deepEqual(sql({ op: "discardPassword", account: app }, dual), ["ALTER USER 'app'@'%' DISCARD OLD PASSWORD"]);
    assert.throws(
      () => statementsOf({ op: "addPassword", account: app }, { facts: dual, verifiers: new Map(), held: nothing }),
      codeIs("Unexpected"),
    );
    for (const server of [facts({ cachingSha2: false }), mariadb])
      assert.throws(() => sql({ op: "addPassword", account: app }, server), codeIs("NotSupported"));
  });

  it("always demand TLS of IAM logins", () => {
    assert.deepEqual(sql(createLogin(app, { auth: "iam", attributes: { requireTls: false }, comment: "" })), [
      "CREATE USER 'app'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL",
    ]);
    assert.deepEqual(sql({ op: "setAuth", account: app, auth: "iam" }), [
      "ALTER USER 'app'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL",
    ]);
    const without = facts({ iamAvailable: false });
    assert.throws(() => sql(createLogin(app, { auth: "iam" }), without), codeIs("IamUnavailable", /cluster/));
    assert.throws(() => sql({ op: "setAuth", account: app, auth: "iam" }, without), codeIs("IamUnavailable"));
  });

  it("set a password without keeping the old one", () => {
    const expected = [
      "ALTER USER 'app'@'%' DISCARD OLD PASSWORD",
      `ALTER USER 'app'@'%' IDENTIFIED WITH caching_sha2_password AS 0x${hex}`,
    ];
    assert.deepEqual(sql({ op: "setPassword", account: app }), expected);
    assert.deepEqual(sql({ op: "setAuth", account: app, auth: "password" }), expected);
    assert.deepEqual(sql({ op: "setPassword", account: app }, mariadb), [
      `ALTER USER 'app'@'%' IDENTIFIED VIA mysql_native_password USING '${native}'`,
    ]);
  });

  it("change only what is asked", () => {
    const alter = (attributes: object): string[] => sql({ op: "alterLogin", account: app, attributes });
    assert.deepEqual(alter({}), []);
    assert.deepEqual(alter({ locked: false }), ["ALTER USER 'app'@'%' ACCOUNT UNLOCK"]);
    assert.deepEqual(alter({ passwordExpires: null }), ["ALTER USER 'app'@'%' PASSWORD EXPIRE DEFAULT"]);
    for (const value of [1.5, -1, 70000])
      assert.throws(() => alter({ connectionLimit: value }), codeIs("InvalidInput"));
  });

  it("set limits beside the connection limit, and know no settings", () => {
    const limits = { queriesPerHour: 1, updatesPerHour: 0, connectionsPerHour: 2147483647 };
    assert.deepEqual(sql({ op: "alterLogin", account: app, attributes: { limits, connectionLimit: 7 } }), [
      "ALTER USER 'app'@'%' WITH MAX_QUERIES_PER_HOUR 1 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 2147483647 MAX_USER_CONNECTIONS 7",
    ]);
    for (const queriesPerHour of [-1, 0.5, 2147483648, Number.NaN])
      assert.throws(
        () => sql({ op: "alterLogin", account: app, attributes: { limits: { ...limits, queriesPerHour } } }),
        codeIs("InvalidInput", /queries/),
      );
    const settings = { search_path: "app" };
    assert.throws(() => sql({ op: "alterLogin", account: app, attributes: { settings } }), codeIs("NotSupported"));
    assert.deepEqual(sql({ op: "alterLogin", account: app, attributes: { settings: {} } }), []);
  });

  it("rename one account, and on MariaDB tell the server again who may pass on roles", () => {
    const to: Account = { name: "app", host: "10.%" };
    const rename = { op: "renameAccount", account: app, to } as const;
    const held = ["r1", "r2"].map((object) =>
      item(app, { kind: "role", object, privilege: "MEMBER", grantable: object === "r1" }),
    );
    assert.deepEqual(sql(rename, facts(), held), ["RENAME USER 'app'@'%' TO 'app'@'10.%'"]);
    assert.deepEqual(sql(rename, mariadb, held), [
      "RENAME USER 'app'@'%' TO 'app'@'10.%'",
      "GRANT 'r1' TO 'app'@'10.%' WITH ADMIN OPTION",
    ]);
  });

  it("say that an account owns nothing", () => {
    for (const operation of [
      { op: "reassignOwned", account: app, to: "other" },
      { op: "dropOwned", account: app },
    ] as const)
      assert.throws(() => sql(operation), codeIs("NotSupported", /definer/));
  });

  it("lock, drop and create principals", () => {
    assert.deepEqual(sql({ op: "lockLogin", account: app }), ["ALTER USER IF EXISTS 'app'@'%' ACCOUNT LOCK"]);
    assert.deepEqual(sql({ op: "dropPrincipal", account: app }, mariadb), ["DROP USER IF EXISTS 'app'@'%'"]);
    const ro: Account = { name: "ro", host: "" };
    assert.deepEqual(sql({ op: "dropPrincipal", account: ro }, mariadb), ["DROP ROLE IF EXISTS 'ro'"]);
    assert.deepEqual(sql({ op: "createRole", account: ro, comment: "" }, mariadb), ["CREATE ROLE 'ro'"]);
    assert.deepEqual(sql({ op: "createRole", account: app, comment: "" }), ["CREATE ROLE 'app'@'%'"]);
  });

  it("refuse account names that quoting cannot be sure of", () => {
    for (const name of ["a'b", 'a"b', "a`b", "a\\b", "a\u0000b", "a\nb", "\ud800", "u😀", " a", "a ", ""])
      assert.throws(() => sql({ op: "lockLogin", account: everywhere(name) }), codeIs("InvalidInput"), name);
    assert.throws(() => sql({ op: "lockLogin", account: { name: "a", host: "%' OR '" } }), codeIs("InvalidInput"));
    assert.deepEqual(sql({ op: "lockLogin", account: { name: "zoë.ops-1", host: "10.0.%" } }), [
      "ALTER USER IF EXISTS 'zoë.ops-1'@'10.0.%' ACCOUNT LOCK",
    ]);
  });
});

describe("MySQL statements for databases", () => {
  it("create and drop", () => {
    assert.deepEqual(sql({ op: "createDatabase", database: "my_db" }), [
      "CREATE DATABASE `my_db` CHARACTER SET utf8mb4",
    ]);
    assert.deepEqual(sql({ op: "createDatabase", database: "a.b`c", charset: "latin1" }), [
      "CREATE DATABASE `a.b``c` CHARACTER SET latin1",
    ]);
    assert.deepEqual(sql({ op: "dropDatabase", database: "my_db" }), ["DROP DATABASE IF EXISTS `my_db`"]);
    assert.throws(() => sql({ op: "createDatabase", database: "x", charset: "utf8; DROP" }), codeIs("InvalidInput"));
  });

  it("know neither owners nor schemas", () => {
    const operations: Operation[] = [
      { op: "setDatabaseOwner", database: "d", owner: "o" },
      { op: "createSchema", database: "d", schema: "s" },
      { op: "setSchemaOwner", database: "d", schema: "s", owner: "o" },
      { op: "dropSchema", database: "d", schema: "s" },
    ];
    for (const operation of operations) assert.throws(() => sql(operation), codeIs("NotSupported"));
    assert.throws(() => sql(grant(item(app, { kind: "schema", database: "d" }))), codeIs("NotSupported"));
  });
});

describe("MySQL statements for grants", () => {
  const onDatabase = (database: string, privilege = "SELECT", grantable = false): Item =>
    item(app, { database, privilege, grantable });

  it("escape wildcards on the level of databases only, and only while they are wildcards", () => {
    const both = grant(onDatabase("my_d%b\\"), item(app, { kind: "table", database: "my_db", object: "a_t" }));
    assert.deepEqual(sql(both), [
      "GRANT SELECT ON `my\\_d\\%b\\\\`.* TO 'app'@'%'",
      "GRANT SELECT ON `my_db`.`a_t` TO 'app'@'%'",
    ]);
    assert.deepEqual(sql(grant(onDatabase("my_db")), facts({ partialRevokes: true })), [
      "GRANT SELECT ON `my_db`.* TO 'app'@'%'",
    ]);
    assert.deepEqual(sql(revoke(item(app, { database: "my_%", object: "pattern" })), old), [
      "REVOKE SELECT ON `my_%`.* FROM 'app'@'%'",
    ]);
  });

  it("name each account and level once", () => {
    const other: Account = { name: "app", host: "10.%" };
    const table = { kind: "table", database: "d", object: "t" } as const;
    const column = { kind: "column", database: "d", object: "t" } as const;
    assert.deepEqual(
      sql(
        grant(
          onDatabase("d"),
          onDatabase("d", "INSERT"),
          onDatabase("d", "UPDATE", true),
          item(other, { database: "d" }),
          item(app, table),
          item(app, { ...column, column: "a", privilege: "UPDATE" }),
          item(app, { ...column, column: "b", privilege: "UPDATE" }),
          item(app, { kind: "routine", database: "d", object: "PROCEDURE pay.it", privilege: "EXECUTE" }),
          item(app, { kind: "global", privilege: "PROCESS" }),
        ),
      ),
      [
        "GRANT SELECT, INSERT, UPDATE ON `d`.* TO 'app'@'%' WITH GRANT OPTION",
        "GRANT SELECT ON `d`.* TO 'app'@'10.%'",
        "GRANT SELECT, UPDATE (`a`, `b`) ON `d`.`t` TO 'app'@'%'",
        "GRANT EXECUTE ON PROCEDURE `d`.`pay.it` TO 'app'@'%'",
        "GRANT PROCESS ON *.* TO 'app'@'%'",
      ],
    );
  });

  it("let nothing but known words be a privilege", () => {
    for (const privilege of [
      "ALL",
      "ALL PRIVILEGES",
      "GRANT OPTION",
      "SYSTEM_USER",
      "SUPER",
      "select",
      "SELECT, DROP",
      "",
    ])
      assert.throws(() => sql(grant(onDatabase("d", privilege))), codeIs("UnknownPrivilege"), privilege);
    assert.throws(
      () => sql(grant(item(app, { kind: "routine", database: "d", object: "TABLE x" }))),
      codeIs("InvalidInput"),
    );
  });

  it("revoke so that what is gone already is no error", () => {
    assert.deepEqual(sql(revoke(onDatabase("d"))), [
      "REVOKE IF EXISTS SELECT ON `d`.* FROM 'app'@'%' IGNORE UNKNOWN USER",
    ]);
    for (const server of [old, mariadb]) {
      const [statement] = statementsOf(revoke(onDatabase("d")), { facts: server, verifiers: new Map(), held: nothing });
      assert.equal(statement?.sql, "REVOKE SELECT ON `d`.* FROM 'app'@'%'");
      for (const errno of [1141, 1147, 1403]) assert.ok(statement.ignore?.includes(errno));
    }
  });

  it("take the grant option with the last privilege of a level", () => {
    const held = [onDatabase("d", "SELECT", true), onDatabase("d", "INSERT", true)];
    assert.deepEqual(sql(revoke(onDatabase("d")), mariadb, held), ["REVOKE SELECT ON `d`.* FROM 'app'@'%'"]);
    assert.deepEqual(sql(revoke(onDatabase("d"), onDatabase("d", "INSERT")), mariadb, held), [
      "REVOKE SELECT, INSERT, GRANT OPTION ON `d`.* FROM 'app'@'%'",
    ]);
    assert.deepEqual(sql(revokeOption(onDatabase("d")), mariadb, held), [
      "REVOKE GRANT OPTION ON `d`.* FROM 'app'@'%'",
    ]);
  });

  it("give back what the server takes from columns along with their table", () => {
    const column = (privilege: string): Item =>
      item(app, { kind: "column", database: "d", object: "t", column: "a", privilege });
    const table = item(app, { kind: "table", database: "d", object: "t" });
    assert.deepEqual(sql(revoke(table), mariadb, [table, column("SELECT"), column("UPDATE")]), [
      "REVOKE SELECT ON `d`.`t` FROM 'app'@'%'",
      "GRANT SELECT (`a`) ON `d`.`t` TO 'app'@'%'",
    ]);
    assert.equal(sql(revoke(table, column("SELECT")), mariadb, [table, column("SELECT")]).length, 1);
  });

  it("keep grantable dynamic privileges away from MySQL's REVOKE GRANT OPTION", () => {
    const global = (privilege: string, grantable: boolean): Item => item(app, { kind: "global", privilege, grantable });
    const held = [global("PROCESS", true), global("XA_RECOVER_ADMIN", true), global("ROLE_ADMIN", false)];
    assert.deepEqual(sql(revokeOption(global("PROCESS", true)), old, held), [
      "REVOKE XA_RECOVER_ADMIN ON *.* FROM 'app'@'%'",
      "REVOKE GRANT OPTION ON *.* FROM 'app'@'%'",
      "GRANT XA_RECOVER_ADMIN ON *.* TO 'app'@'%' WITH GRANT OPTION",
    ]);
    assert.deepEqual(sql(revokeOption(global("XA_RECOVER_ADMIN", true)), old, held), [
      "REVOKE XA_RECOVER_ADMIN ON *.* FROM 'app'@'%'",
      "GRANT XA_RECOVER_ADMIN ON *.* TO 'app'@'%'",
    ]);
    assert.deepEqual(sql(revoke(global("PROCESS", true), global("XA_RECOVER_ADMIN", true)), old, held), [
      "REVOKE PROCESS, XA_RECOVER_ADMIN ON *.* FROM 'app'@'%'",
      "REVOKE GRANT OPTION ON *.* FROM 'app'@'%'",
    ]);
    assert.deepEqual(sql(revoke(global("ROLE_ADMIN", false)), old, held), ["REVOKE ROLE_ADMIN ON *.* FROM 'app'@'%'"]);
  });
});

describe("MySQL statements for memberships", () => {
  const member = (object: string, fields: Partial<Item> = {}): Item =>
    item(app, { kind: "role", object, privilege: "MEMBER", ...fields });
  const active = (object: string): Item => member(object, { options: { default: true } });
  const inactive = (object: string): Item => member(object, { options: { default: false } });

  it("add a default role to those there are", () => {
    assert.deepEqual(sql(grant(active("r2")), facts(), [active("r1"), inactive("r0")]), [
      "GRANT 'r2'@'%' TO 'app'@'%'",
      "SET DEFAULT ROLE 'r1'@'%', 'r2'@'%' TO 'app'@'%'",
    ]);
    assert.deepEqual(sql(grant(inactive("r1")), facts(), [active("r1")]), [
      "GRANT 'r1'@'%' TO 'app'@'%'",
      "SET DEFAULT ROLE NONE TO 'app'@'%'",
    ]);
    assert.deepEqual(sql(grant(member("r2", { grantable: true })), facts(), [active("r1")]), [
      "GRANT 'r2'@'%' TO 'app'@'%' WITH ADMIN OPTION",
    ]);
  });

  it("keep one default role on MariaDB and never a revoked one", () => {
    assert.deepEqual(sql(grant(active("r2")), mariadb, [active("r1")]), [
      "GRANT 'r2' TO 'app'@'%'",
      "SET DEFAULT ROLE 'r2' FOR 'app'@'%'",
    ]);
    assert.deepEqual(sql(revoke(member("r1")), mariadb, [active("r1")]), [
      "SET DEFAULT ROLE NONE FOR 'app'@'%'",
      "REVOKE 'r1' FROM 'app'@'%'",
    ]);
    assert.deepEqual(sql(revoke(member("r1")), old, [active("r1")]), ["REVOKE 'r1'@'%' FROM 'app'@'%'"]);
  });

  it("take the admin option", () => {
    assert.deepEqual(sql(revokeOption(member("r1")), mariadb), ["REVOKE ADMIN OPTION FOR 'r1' FROM 'app'@'%'"]);
    assert.deepEqual(sql(revokeOption(member("r1")), old, [active("r1"), active("r2")]), [
      "REVOKE 'r1'@'%' FROM 'app'@'%'",
      "GRANT 'r1'@'%' TO 'app'@'%'",
      "SET DEFAULT ROLE 'r1'@'%', 'r2'@'%' TO 'app'@'%'",
    ]);
  });
});
