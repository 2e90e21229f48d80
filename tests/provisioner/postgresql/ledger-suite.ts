import assert from "node:assert/strict";

import type { ClaimRecord } from "../../../provisioner/access/record";
import type { EngineSession } from "../../../provisioner/engines/engine";
import { codeIs, item, ledgerQuery, type Lab } from "./server";

const record = (id: string, fields: Partial<ClaimRecord> = {}): ClaimRecord => ({
  id,
  owner: "acme/urn:pulumi:prod::orders::db-access:index:DbGrant::api",
  kind: "grant",
  grantee: "orders_api",
  database: "orders",
  state: "intent",
  generation: 2,
  adopted: false,
  retained: false,
  claim: { kind: "grant", grantee: "orders_api", on: { kind: "database", database: "orders" }, mode: "additive" },
  items: ["t", "u"].flatMap((object) =>
    ["INSERT", "SELECT"].map((privilege) => ({
      item: item("orders_api", { database: "orders", schema: "public", object, privilege }),
      before: object === "u",
    })),
  ),
  ...fields,
});

const login = record("postgresql/lab/principal/api%2Fone", {
  kind: "login",
  owner: `acme/${"x".repeat(6000)}`,
  grantee: "api/one",
  claim: { kind: "login", name: "api/one", auth: { kind: "iam" }, deletion: "drop" },
  items: [],
  state: "done",
  adopted: true,
  retained: true,
  credentials: {
    secretArn: "arn:x",
    secretVersionId: "v",
    passwordVersion: 1,
    passwordLastChanged: "2026-01-02T03:04:05.000Z",
  },
});
const first = record("postgresql/lab/grant/orders_api/tables/orders/public/aaaa");
const second = record("postgresql/lab/grant/orders_api/tables/orders/public/bbbb", { owner: "acme/other" });
const neighbour = record("postgresql/lab/grant/orders_api/tables/orders/publicx/cccc", {
  owner: "acme/third",
  grantee: "somebody",
});

const ids = (records: readonly ClaimRecord[]): string[] => records.map((each) => each.id).sort();

export function ledgerTests(lab: Lab): void {
  const locked = async (cluster = "lab"): Promise<EngineSession> => {
    const session = await lab.connect({ cluster });
    await session.lock(Date.now() + 5000);
    return session;
  };
  const anything = ledgerQuery({ ids: ["x"] });

  describe("the ledger", () => {
    afterEach(async () => {
      const superuser = await lab.superuser();
      await superuser.query("DROP SCHEMA IF EXISTS db_access CASCADE");
      await superuser.end();
    });

    it("is nothing until something is written, and then gives back what was", async () => {
      const session = await locked();
      assert.deepEqual(await session.ledger.read(anything), []);
      await session.ledger.remove(["x"]);
      await session.ledger.write([login, first, second, neighbour]);
      const by = (fields: Parameters<typeof ledgerQuery>[0]): Promise<ClaimRecord[]> =>
        session.ledger.read(ledgerQuery(fields));
      assert.deepEqual(await by({ ids: [login.id] }), [login]);
      assert.deepEqual(await by({ ids: [first.id] }), [first]);
      assert.deepEqual(
        ids(await by({ idPrefixes: ["postgresql/lab/grant/orders_api/tables/orders/public/"] })),
        ids([first, second]),
      );
      assert.deepEqual(ids(await by({ owners: [login.owner] })), ids([login]));
      assert.deepEqual(ids(await by({ grantees: ["somebody", "api/one"] })), ids([login, neighbour]));
      assert.deepEqual(
        ids(await by({ ids: [first.id], idPrefixes: ["postgresql/"], grantees: ["orders_api"] })),
        ids([login, first, second, neighbour]),
      );
      await session.ledger.write([{ ...first, state: "done", generation: 3, items: [] }]);
      await session.ledger.remove([second.id]);
      const later = await lab.connect();
      assert.deepEqual(await later.ledger.read(ledgerQuery({ grantees: ["orders_api"] })), [
        { ...first, state: "done", generation: 3, items: [] },
      ]);
    });

    it("is written only under the lock", async () => {
      const session = await lab.connect();
      await assert.rejects(session.ledger.write([first]), codeIs("Unexpected", /lock/));
      await assert.rejects(session.ledger.remove([first.id]), codeIs("Unexpected", /lock/));
    });

    it("is not believed when somebody else could have written it", async () => {
      const ways: [string, RegExp][] = [
        ["GRANT USAGE ON SCHEMA db_access TO PUBLIC", /PUBLIC may use schema db_access/],
        ["GRANT SELECT ON db_access.claims TO rds_password", /rds_password may use table db_access\.claims/],
        ["GRANT UPDATE (owner) ON db_access.claims TO rds_password", /rds_password may use table db_access\.claims/],
        [
          "ALTER TABLE db_access.meta OWNER TO rdsadmin",
          /table db_access\.meta of database postgres belongs to rdsadmin/,
        ],
        ["ALTER SCHEMA db_access OWNER TO rdsadmin", /schema db_access of database postgres belongs to rdsadmin/],
        ["ALTER TABLE db_access.claims ENABLE ROW LEVEL SECURITY", /triggers, rules or row security/],
        ["DROP TABLE db_access.meta", /incomplete/],
        ["DELETE FROM db_access.meta", /no format record/],
      ];
      const superuser = await lab.superuser();
      for (const [statement, pattern] of ways) {
        const writer = await locked();
        await writer.ledger.write([first]);
        await writer.close();
        await superuser.query(statement);
        const session = await locked();
        await assert.rejects(session.ledger.read(anything), codeIs("LedgerUntrusted", pattern), statement);
        await assert.rejects(session.ledger.write([second]), codeIs("LedgerUntrusted", pattern), statement);
        await session.close();
        await superuser.query("DROP SCHEMA db_access CASCADE");
      }
    });

    it("is not created where the login's default privileges would open it", async () => {
      const client = await lab.as(lab.server.admin);
      await client.query("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO rds_password");
      const session = await locked();
      await assert.rejects(session.ledger.write([first]), codeIs("LedgerUntrusted", /rds_password/));
      await client.query("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM rds_password");
      assert.equal((await client.query("SELECT FROM pg_namespace WHERE nspname = 'db_access'")).rowCount, 0);
      await session.ledger.write([first]);
    });

    it("of a newer format or another cluster is left alone", async () => {
      const session = await locked();
      await session.ledger.write([first]);
      await session.close();
      const other = await locked("restored");
      await assert.rejects(other.ledger.read(anything), codeIs("NotOurs", /lab.*restored/));
      await assert.rejects(other.ledger.write([second]), codeIs("NotOurs"));
      await other.close();
      const superuser = await lab.superuser();
      await superuser.query("UPDATE db_access.meta SET format = 2");
      const old = await locked();
      await assert.rejects(old.ledger.read(anything), codeIs("LedgerTooNew", /format 2/));
      await superuser.query("ALTER TABLE db_access.claims RENAME COLUMN owner TO holder");
      await assert.rejects(old.ledger.read(anything), codeIs("LedgerTooNew"));
      await assert.rejects(old.ledger.remove([first.id]), codeIs("LedgerTooNew"));
    });

    it("needs CREATE on the admin database, which the error says", async () => {
      const superuser = await lab.superuser();
      await superuser.query(`REVOKE CREATE ON DATABASE postgres FROM ${lab.server.admin.user}`);
      const session = await locked();
      await assert.rejects(session.ledger.write([first]), codeIs("NotAuthorized", /CREATE on database postgres/));
      await superuser.query(`GRANT CREATE ON DATABASE postgres TO ${lab.server.admin.user}`);
    });
  });

  describe("the cluster's lock", () => {
    it("names its holder to who waits in vain, and is free afterwards", async () => {
      const holder = await lab.connect({ applicationName: "db-access/holder" });
      await holder.lock(Date.now() + 1000);
      await holder.lock(Date.now() + 1000);
      const waiter = await lab.connect();
      await assert.rejects(
        waiter.lock(Date.now() + 200),
        codeIs("LockTimeout", /db-access\/holder \(login dbadmin, pid \d+, connected since 20/),
      );
      const patient = waiter.lock(Date.now() + 10_000);
      await holder.unlock();
      await patient;
      await waiter.unlock();
      await holder.lock(Date.now() + 1000);
    });

    it("is known to be lost with its connection", async () => {
      const session = await lab.connect({ applicationName: "db-access/doomed" });
      await session.lock(Date.now() + 1000);
      const superuser = await lab.superuser();
      await superuser.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'db-access/doomed'",
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      const operations = [{ op: "createRole" as const, account: { name: "never" }, comment: "" }];
      await assert.rejects(
        session.run({ operations, verifiers: new Map() }),
        codeIs("NetworkPathDatabase", /lock was lost/),
      );
      await assert.rejects(session.ledger.write([first]), codeIs("NetworkPathDatabase", /lock was lost/));
    });
  });
}
