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

    it("runs nothing that somebody else has put in its place", async () => {
      const superuser = await lab.superuser();
      await superuser.query(`
        CREATE ROLE trapper NOLOGIN; GRANT CREATE ON DATABASE postgres TO trapper; SET ROLE trapper;
        CREATE SCHEMA db_access; GRANT USAGE ON SCHEMA db_access TO PUBLIC;
        CREATE TABLE db_access.caught (who text); GRANT ALL ON db_access.caught TO PUBLIC;
        CREATE TABLE db_access.meta AS SELECT 1 AS format, 'lab' AS cluster, '{}'::text[] AS former;
        CREATE FUNCTION db_access.trap() RETURNS text LANGUAGE sql AS
          'INSERT INTO db_access.caught SELECT current_user RETURNING who';
        CREATE VIEW db_access.claims AS SELECT db_access.trap() AS id, 'o'::text AS owner, 'x'::text AS grantee;
        GRANT SELECT ON db_access.meta, db_access.claims TO PUBLIC; RESET ROLE`);
      try {
        for (const read of [
          (session: EngineSession) => session.ledger.read(anything),
          (session: EngineSession) => session.begin(anything, Date.now() + 1000),
        ])
          await assert.rejects(read(await lab.connect()), codeIs("LedgerUntrusted", /belongs to trapper/));
        assert.equal((await superuser.query("SELECT FROM db_access.caught")).rowCount, 0);
        await (await lab.connect()).lock(Date.now() + 100);
      } finally {
        await superuser.query("DROP OWNED BY trapper CASCADE; DROP ROLE trapper");
      }
    });

    it("of a newer format is left alone", async () => {
      const session = await locked();
      await session.ledger.write([first]);
      await session.close();
      const superuser = await lab.superuser();
      await superuser.query("UPDATE db_access.meta SET format = 2");
      const old = await lab.connect();
      await assert.rejects(old.begin(anything, Date.now() + 1000), codeIs("LedgerTooNew", /format 2/));
      await old.lock(Date.now() + 100);
      await superuser.query("ALTER TABLE db_access.claims RENAME COLUMN owner TO holder");
      await assert.rejects(old.ledger.read(anything), codeIs("LedgerTooNew"));
      await assert.rejects(old.ledger.remove([first.id]), codeIs("LedgerTooNew"));
      await assert.rejects(old.end({ write: [first], remove: [] }), codeIs("LedgerTooNew"));
      const newer = await lab.connect();
      await assert.rejects(newer.begin(anything, Date.now() + 1000), codeIs("LedgerTooNew"));
      await (await locked()).close();
    });

    it("of a cluster by another name is found, taken over by the first writing, and found ever after", async () => {
      const under = (cluster: string, { id }: ClaimRecord): string => id.replace("/lab/", `/${cluster}/`);
      const lab1 = await locked("lab");
      await lab1.ledger.write([login, first, second, neighbour]);
      await lab1.close();
      const by = (session: EngineSession, cluster: string): Promise<string[]> =>
        session.ledger
          .read(
            ledgerQuery({
              ids: [under(cluster, login), under(cluster, neighbour)],
              idPrefixes: [`postgresql/${cluster}/grant/orders_api/tables/orders/public/`],
            }),
          )
          .then(ids);
      const all = ids([login, first, second, neighbour]);
      const restored = await locked("restored");
      assert.deepEqual(await by(restored, "restored"), all);
      assert.deepEqual(ids(await restored.ledger.read(ledgerQuery({ ids: [under("restored", first)] }))), [first.id]);
      assert.deepEqual(ids(await restored.ledger.read(ledgerQuery({ grantees: ["somebody"] }))), [neighbour.id]);
      assert.deepEqual(await restored.ledger.read(ledgerQuery({ ids: ["postgresql/restored/principal/api"] })), []);
      // What only ends claims is not a taking over.
      await restored.ledger.remove([second.id]);
      const meta = async (): Promise<unknown[]> =>
        (await (await lab.superuser()).query("SELECT cluster, former FROM db_access.meta")).rows;
      assert.deepEqual(await meta(), [{ cluster: "lab", former: [] }]);
      const own = { ...first, id: under("restored", first) };
      await restored.ledger.write([own]);
      assert.deepEqual(await meta(), [{ cluster: "restored", former: ["lab"] }]);
      assert.deepEqual(await by(restored, "restored"), ids([login, first, neighbour, own]));
      await restored.close();

      const third = await locked("third");
      assert.deepEqual(await by(third, "third"), ids([login, first, neighbour, own]));
      await third.end({ write: [{ ...login, id: under("third", login) }], remove: [login.id] });
      assert.deepEqual(await meta(), [{ cluster: "third", former: ["lab", "restored"] }]);
      await third.close();
      const again = await locked("lab");
      assert.deepEqual(await by(again, "lab"), ids([first, neighbour, own, { ...login, id: under("third", login) }]));
      await again.ledger.write([first]);
      assert.deepEqual(await meta(), [{ cluster: "lab", former: ["restored", "third"] }]);
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
    afterEach(async () => {
      const superuser = await lab.superuser();
      await superuser.query("DROP SCHEMA IF EXISTS db_access CASCADE");
    });

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

    it("ends with the last writing, which whoever waits for it then reads", async () => {
      const holder = await lab.connect();
      assert.deepEqual(await holder.begin(ledgerQuery({ ids: [first.id] }), Date.now() + 1000), []);
      const waiter = await lab.connect();
      const waiting = waiter.begin(ledgerQuery({ ids: [first.id] }), Date.now() + 10_000);
      await holder.ledger.write([first]);
      await holder.end({ write: [{ ...first, state: "done" }], remove: [second.id] });
      assert.deepEqual(await waiting, [{ ...first, state: "done" }]);
      await waiter.end({ write: [], remove: [first.id] });
      assert.deepEqual(await holder.begin(ledgerQuery({ ids: [first.id] }), Date.now() + 1000), []);
    });

    it("ends also when the last writing fails", async () => {
      const session = await lab.connect();
      await session.begin(anything, Date.now() + 1000);
      await session.ledger.write([first]);
      const broken = { ...second, generation: 0.5 };
      await assert.rejects(session.end({ write: [broken], remove: [first.id] }));
      const other = await lab.connect();
      assert.deepEqual(ids(await other.begin(ledgerQuery({ grantees: ["orders_api"] }), Date.now() + 100)), [first.id]);
    });

    for (const isolation of ["read committed", "repeatable read"])
      it(`lets no writer miss what another has written, even where the login defaults to ${isolation}`, async () => {
        const superuser = await lab.superuser();
        await superuser.query(`ALTER ROLE dbadmin SET default_transaction_isolation = '${isolation}'`);
        const rounds = 10;
        const writers = 6;
        try {
          const count = async (): Promise<void> => {
            const session = await lab.connect();
            for (let round = 0; round < rounds; round++) {
              const [known] = await session.begin(ledgerQuery({ ids: [first.id] }), Date.now() + 30_000);
              const generation = ((known as ClaimRecord | undefined)?.generation ?? 0) + 1;
              await session.end({ write: [{ ...first, generation }], remove: [] });
            }
          };
          await Promise.all(Array.from({ length: writers }, count));
          const [{ generation }] = await (await lab.connect()).ledger.read(ledgerQuery({ ids: [first.id] }));
          assert.equal(generation, rounds * writers);
        } finally {
          await superuser.query("ALTER ROLE dbadmin RESET ALL; DROP SCHEMA IF EXISTS db_access CASCADE");
        }
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
