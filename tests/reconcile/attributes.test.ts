import assert from "node:assert/strict";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { openSession } from "../support/session";
import { versionsToTest } from "../support/versions";
import {
  apply,
  ask,
  attempt,
  byHand,
  changeWords,
  changingStatements,
  logMark,
  secretOf,
  startWorld,
  type Login,
  type World,
} from "../support/world";

const base: LoginClaim = {
  kind: "login",
  name: "api",
  auth: { kind: "password", secret: { name: "orders/api", recoveryDays: 0 } },
  deletion: "drop",
};

/** What the catalog says of the login, in the terms of the claim. */
const catalog = {
  postgresql: `SELECT rolcanlogin AS login, rolconnlimit AS "limit", rolvaliduntil AT TIME ZONE 'UTC' AS until,
    pg_has_role(oid, 'rds_iam', 'MEMBER') AS iam FROM pg_roles WHERE rolname = 'api'`,
  mysql: `SELECT account_locked AS locked, max_user_connections AS \`limit\`, password_lifetime AS days, ssl_type AS tls
    FROM mysql.user WHERE user = 'api' AND host = '%'`,
  mariadb: `SELECT JSON_VALUE(Priv, '$.account_locked') AS locked, JSON_VALUE(Priv, '$.max_user_connections') AS \`limit\`,
    JSON_VALUE(Priv, '$.password_lifetime') AS days, JSON_VALUE(Priv, '$.ssl_type') AS tls
    FROM mysql.global_priv WHERE User = 'api' AND Host = '%'`,
};

interface Case {
  title: string;
  claim: Partial<LoginClaim>;
  words: RegExp;
  /** Columns of `catalog` while the attribute is set. */
  column: string;
  /** Somebody changes it by hand. */
  byHand: string;
}

const postgresqlCases: Case[] = [
  {
    title: "connectionLimit",
    claim: { connectionLimit: 3 },
    words: /at most 3 connections/,
    column: "limit",
    byHand: "ALTER ROLE api CONNECTION LIMIT 9",
  },
  {
    title: "validUntil",
    claim: { validUntil: "2031-02-03T04:05:06+01:00" },
    words: /valid until 2031-02-03T03:05:06/,
    column: "until",
    byHand: "ALTER ROLE api VALID UNTIL '2040-01-01'",
  },
  {
    title: "locked",
    claim: { locked: true },
    words: /lock login api and end its sessions/,
    column: "login",
    byHand: "ALTER ROLE api LOGIN",
  },
];

const mysqlCases: Case[] = [
  {
    title: "connectionLimit",
    claim: { connectionLimit: 3 },
    words: /at most 3 connections/,
    column: "limit",
    byHand: "ALTER USER 'api'@'%' WITH MAX_USER_CONNECTIONS 9",
  },
  {
    title: "passwordExpires",
    claim: { passwordExpires: 90 },
    words: /expires after 90 days/,
    column: "days",
    byHand: "ALTER USER 'api'@'%' PASSWORD EXPIRE INTERVAL 5 DAY",
  },
  {
    title: "passwordExpires never",
    claim: { passwordExpires: 0 },
    words: /never expires/,
    column: "days",
    byHand: "ALTER USER 'api'@'%' PASSWORD EXPIRE INTERVAL 5 DAY",
  },
  {
    title: "requireTls",
    claim: { requireTls: false },
    words: /TLS not required/,
    column: "tls",
    byHand: "ALTER USER 'api'@'%' REQUIRE SSL",
  },
  {
    title: "locked",
    claim: { locked: true },
    words: /lock login api and end its sessions/,
    column: "locked",
    byHand: "ALTER USER 'api'@'%' ACCOUNT UNLOCK",
  },
];

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`attributes of a login on ${version}`, () => {
    let world: World;
    const postgresql = version.startsWith("postgresql");

    const now = async (): Promise<Record<string, unknown>> =>
      (await byHand(world, undefined, catalog[world.product]))[0];
    /** Applies twice: the second time nothing is done. */
    const settle = async (...claims: Claim[]): Promise<string> => {
      const results = await apply(world, ...claims.map((claim) => ({ claim })));
      const mark = logMark(world);
      for (const again of await apply(world, ...claims.map((claim) => ({ claim }))))
        assert.deepEqual([again.status, changeWords(again)], ["unchanged", []]);
      assert.deepEqual(changingStatements(world, mark), []);
      return results.flatMap(changeWords).join("; ");
    };
    const current = async (): Promise<Login> => {
      const { username, password } = await secretOf(world, "orders/api");
      return { user: username, password };
    };

    before(async () => {
      world = await startWorld(version);
      await settle(base);
    });
    after(() => world.stop());

    for (const { title, claim, words, column, byHand: change } of postgresql ? postgresqlCases : mysqlCases)
      it(`${title}: set, put right after a change by hand, and back to the default`, async () => {
        const usual = await now();
        const mark = logMark(world);
        assert.match(await settle({ ...base, ...claim }), words);
        assert.ok(changingStatements(world, mark).some((statement) => /^ALTER (ROLE|USER)/.test(statement)));
        const set = await now();
        assert.notDeepEqual(set[column], usual[column]);
        await byHand(world, undefined, change);
        const [read] = await ask(world, "read", [{ claim: { ...base, ...claim } }]);
        assert.equal(read.exists, true);
        assert.match(changeWords(read).join(), words);
        await settle({ ...base, ...claim });
        assert.deepEqual(await now(), set);
        assert.match(await settle(base), /change login api/);
        assert.deepEqual(await now(), usual);
        assert.equal(await attempt(world, await current(), undefined, "SELECT 1"), "ok");
      });

    it("locked refuses new sessions and ends those there are", async () => {
      const session = await openSession(world, await current());
      await settle({ ...base, locked: true });
      assert.equal(await session.run("SELECT 1"), false);
      assert.notEqual(await attempt(world, await current(), undefined, "SELECT 1"), "ok");
      await settle(base);
      assert.equal(await attempt(world, await current(), undefined, "SELECT 1"), "ok");
    });

    it("is created locked, and its password works once it is unlocked", async () => {
      const claim: LoginClaim = { ...base, name: "later", auth: { kind: "password" }, locked: true };
      const [result] = await apply(world, { claim });
      const { password } = await secretOf(world, result.outputs?.secretArn ?? "");
      const later = { user: "later", password };
      assert.notEqual(await attempt(world, later, undefined, "SELECT 1"), "ok");
      await settle(claim);
      await settle({ ...claim, locked: undefined });
      assert.equal(await attempt(world, later, undefined, "SELECT 1"), "ok");
    });

    if (postgresql)
      it("from password to IAM and back: never both", async () => {
        const before = await current();
        const iam: LoginClaim = { ...base, auth: { kind: "iam" } };
        const [planned] = await ask(world, "plan", [{ claim: iam }]);
        assert.match(changeWords(planned).join(), /to IAM authentication/);
        const [result] = await apply(world, { claim: iam });
        assert.match(result.outputs?.iamConnectArn ?? "", /:rds-db:.*:dbuser:cluster-.*\/api$/);
        assert.equal(result.outputs?.secretArn, undefined);
        assert.equal((await now()).iam, true);
        assert.notEqual(await attempt(world, before, undefined, "SELECT 1"), "ok");
        const [stored] = await byHand(world, undefined, "SELECT rolpassword FROM pg_authid WHERE rolname = 'api'");
        assert.equal(stored.rolpassword, null);
        await assert.rejects(secretOf(world, "orders/api"));
        await settle(iam);
        assert.match(await settle(base), /to a password/);
        assert.equal((await now()).iam, false);
        const after = await current();
        assert.notEqual(after.password, before.password);
        assert.equal(await attempt(world, after, undefined, "SELECT 1"), "ok");
      });
    else
      it("hosts come and go in place, and the grants follow", async () => {
        await byHand(world, undefined, "CREATE DATABASE shop; CREATE TABLE shop.first (id int)");
        await byHand(world, undefined, "CREATE USER 'api'@'10.9.9.9' IDENTIFIED BY 'Somebody-else-1'");
        const on: GrantClaim["on"] = { kind: "tables", database: "shop", tables: "*" };
        const grant: Claim = { kind: "grant", grantee: "api", on, privileges: ["SELECT"], mode: "exclusive" };
        const hosts = async (): Promise<string[]> =>
          (await byHand(world, undefined, "SELECT host AS name FROM mysql.user WHERE user = 'api' ORDER BY 1")).map(
            (row) => String(row.name),
          );
        const granted = async (): Promise<string[]> =>
          (await byHand(world, undefined, "SELECT host AS name FROM mysql.db WHERE user = 'api' ORDER BY 1")).map(
            (row) => String(row.name),
          );
        await settle(base, grant);
        assert.deepEqual(await granted(), ["%"]);
        const before = await current();
        const wider: LoginClaim = { ...base, hosts: ["%", "127.0.0.1", "192.0.2.%"] };
        const widened = await settle(wider);
        assert.match(widened, /create login api@127\.0\.0\.1/);
        assert.match(widened, /grant SELECT on database shop to api@127\.0\.0\.1/);
        assert.deepEqual(await hosts(), ["%", "10.9.9.9", "127.0.0.1", "192.0.2.%"]);
        assert.deepEqual(await current(), before, "the password is the same at every host");
        assert.equal(await attempt(world, before, undefined, "SELECT 1"), "ok");
        assert.deepEqual(await granted(), ["%", "127.0.0.1", "192.0.2.%"]);
        assert.equal((await apply(world, { claim: grant }))[0].status, "unchanged", "the grant's own row has followed");
        assert.equal(await attempt(world, before, "shop", "SELECT * FROM first"), "ok");
        const narrower: LoginClaim = { ...base, hosts: ["127.0.0.1"] };
        assert.match(await settle(narrower), /drop account api/);
        assert.deepEqual(await hosts(), ["10.9.9.9", "127.0.0.1"], "an account that nobody listed is left alone");
        assert.deepEqual(await granted(), ["127.0.0.1"]);
        assert.equal((await apply(world, { claim: grant }))[0].status, "unchanged");
        await settle({ ...narrower, passwordVersion: 2 });
        assert.notEqual(await attempt(world, before, undefined, "SELECT 1"), "ok");
        assert.equal(await attempt(world, await current(), "shop", "SELECT * FROM first"), "ok");
        await apply(world, { claim: narrower, action: "remove" });
        assert.deepEqual(await hosts(), ["10.9.9.9"]);
      });
  });
}
