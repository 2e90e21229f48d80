import * as assert from "node:assert/strict";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import type { ClaimRecord } from "../../../provisioner/access/record";
import { codeIs, createLogin, everywhere, ledgerQuery, readQuery, rows, run, type Lab } from "./server";

const record = (fields: Partial<ClaimRecord>): ClaimRecord => ({
  id: "mysql/lab/principal/app",
  owner: "acme/urn:pulumi:dev::shop::DbUser::app",
  kind: "login",
  grantee: "app",
  database: "",
  state: "done",
  generation: 1,
  adopted: false,
  retained: false,
  claim: { kind: "login", name: "app", auth: { kind: "password" }, deletion: "drop" },
  items: [],
  ...fields,
});

export function connectionTests(lab: Lab): void {
  describe("a connection", () => {
    it("knows its server", async () => {
      const { facts } = await lab.connect();
      assert.equal(facts.family, "mysql");
      assert.equal(facts.product, lab.isMariaDb ? "mariadb" : "mysql");
      assert.equal(facts.version, lab.server.version);
      assert.deepEqual(facts.admin, everywhere(lab.server.admin.user));
      assert.equal(facts.maxNameLength, lab.isMariaDb ? 128 : 32);
      assert.equal(facts.cachingSha2, !lab.isMariaDb);
    });

    it("trusts only the right certificate for the right name", async () => {
      const other = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
      await assert.rejects(lab.connect({ ca: [] }), codeIs("TlsUntrusted", /authority/));
      await assert.rejects(lab.connect({ ca: [other] }), codeIs("TlsUntrusted"));
      await assert.rejects(lab.connect({ tlsServerName: "db.example.com" }), codeIs("TlsUntrusted", /another name/));
      await assert.rejects(lab.connect({ host: "127.0.0.1" }), codeIs("TlsUntrusted", /tlsServerName/));
      await lab.connect({ host: "127.0.0.1", tlsServerName: "localhost" });
    });

    it("says which step of the way failed", async () => {
      const { host, port } = lab.server;
      await assert.rejects(lab.connect({ password: "wrong" }), codeIs("AdminLoginRefused"));
      await assert.rejects(lab.connect({ host: "db.invalid" }), codeIs("NetworkPathDatabase", /db\.invalid.*resolve/));
      const silent = net.createServer(() => undefined);
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const silentPort = (silent.address() as AddressInfo).port;
      const soon = { port: silentPort, deadline: Date.now() + 300 };
      await assert.rejects(
        lab.connect(soon),
        codeIs("NetworkPathDatabase", new RegExp(`${host}:${silentPort}.*in time`)),
      );
      await new Promise((resolve) => silent.close(resolve));
      const refused = { port: silentPort, deadline: Date.now() + 500 };
      await assert.rejects(lab.connect(refused), codeIs("NetworkPathDatabase", /ECONNREFUSED/));
      assert.notEqual(port, silentPort);
    });

    it("runs nothing after its deadline", async () => {
      const session = await lab.connect({ deadline: Date.now() + 1500 });
      await new Promise((resolve) => setTimeout(resolve, 1600));
      await assert.rejects(run(session, createLogin(everywhere("too_late"))), codeIs("DeadlineExceeded"));
      const other = await lab.connect();
      assert.equal((await other.read(readQuery({ names: ["too_late"] }))).principals.size, 0);
    });

    it("that is cut says so and closes quietly", async () => {
      const session = await lab.connect();
      await session.lock(Date.now() + 5000);
      const admin = await lab.as(lab.server.superuser);
      const [own] = await rows(admin, "SELECT IS_USED_LOCK('db-access:v1') AS id");
      await admin.query("KILL ?", [own?.id]);
      await assert.rejects(session.read(readQuery({ names: ["app"] })), codeIs("NetworkPathDatabase"));
      await assert.rejects(session.read(readQuery({ names: ["app"] })), codeIs("NetworkPathDatabase", /lost/));
      await session.unlock();
    });
  });

  describe("the cluster's lock", () => {
    it("is held by one, and the others are told by whom", async () => {
      const [first, second] = [await lab.connect(), await lab.connect()];
      await first.lock(Date.now() + 5000);
      await assert.rejects(
        second.lock(Date.now() + 1200),
        codeIs("LockTimeout", new RegExp(`connection \\d+ of ${lab.server.admin.user} from .* since \\d{4}-`)),
      );
      const waiting = second.lock(Date.now() + 10_000);
      await first.unlock();
      await waiting;
      await second.unlock();
      await first.lock(Date.now());
    });

    it("ends with its session", async () => {
      const first = await lab.connect();
      await first.lock(Date.now() + 5000);
      await first.close();
      const second = await lab.connect();
      await second.lock(Date.now() + 5000);
    });
  });
}

export function ledgerTests(lab: Lab): void {
  describe("the ledger", () => {
    it("is nothing until the first claim is written, under the lock", async () => {
      const session = await lab.connect();
      assert.deepEqual(await session.ledger.read(ledgerQuery({ owners: [record({}).owner] })), []);
      await assert.rejects(session.ledger.write([record({})]), /lock/);
      const { databases } = await session.read(readQuery({ databases: ["db_access"] }));
      assert.equal(databases.size, 0);
      await session.lock(Date.now() + 5000);
      await session.ledger.remove(["nothing"]);
      await session.ledger.write([record({})]);
      assert.deepEqual(await session.ledger.read(ledgerQuery({ ids: [record({}).id] })), [record({})]);
    });

    it("finds claims by id, beginning, owner and grantee", async () => {
      const session = await lab.connect();
      await session.lock(Date.now() + 5000);
      const full = record({
        id: "mysql/lab/grant/zo%C3%AB/tables/my_db//abc",
        kind: "grant",
        owner: `acme/${"ö".repeat(300)}`,
        grantee: "zoë",
        database: "my_db",
        state: "intent",
        generation: 7,
        adopted: true,
        retained: true,
        claim: { kind: "grant", grantee: "zoë", on: { kind: "database", database: "my_db" }, mode: "additive" },
        items: [
          { before: true, item: { ...itemOf("zoë"), database: "d'`\\\"%" } },
          { before: false, item: itemOf("zoë") },
        ],
        credentials: { secretArn: "arn", secretVersionId: "v", passwordVersion: 2, passwordLastChanged: "2026-01-01" },
      });
      const near = record({ id: "mysql/lab/grant/zo_C3_AB/tables/my_db//abc", grantee: "Zoë" });
      await session.ledger.write([full, near]);
      const ids = async (fields: Parameters<typeof ledgerQuery>[0]) =>
        (await session.ledger.read(ledgerQuery(fields))).map((each) => each.id).sort();
      assert.deepEqual(await session.ledger.read(ledgerQuery({ grantees: ["zoë"] })), [full]);
      assert.deepEqual(await ids({ owners: [full.owner] }), [full.id]);
      assert.deepEqual(await ids({ idPrefixes: ["mysql/lab/grant/zo%C3%AB/tables/"] }), [full.id]);
      assert.deepEqual(await ids({ ids: [near.id], idPrefixes: ["mysql/lab/grant/"], owners: [full.owner] }), [
        full.id,
        near.id,
      ]);
      assert.deepEqual(await ids({}), []);
      await session.ledger.write([{ ...full, state: "done", credentials: undefined }]);
      const [again] = await session.ledger.read(ledgerQuery({ ids: [full.id] }));
      assert.equal(again?.state, "done");
      assert.ok(again !== undefined && !("credentials" in again));
      await session.ledger.remove([full.id, near.id]);
      assert.deepEqual(await ids({ idPrefixes: ["mysql/lab/grant/"] }), []);
    });

    it("of a newer provisioner is left alone", async () => {
      const admin = await lab.as(lab.server.superuser);
      await admin.query("UPDATE db_access.meta SET format = 99");
      const session = await lab.connect();
      await assert.rejects(session.ledger.read(ledgerQuery({ owners: ["x"] })), codeIs("LedgerTooNew", /99/));
      await assert.rejects(session.begin(ledgerQuery({}), Date.now() + 5000), codeIs("LedgerTooNew"));
      const other = await lab.connect();
      await other.lock(Date.now() + 5000);
      await other.unlock();
      await session.lock(Date.now() + 5000);
      await assert.rejects(session.ledger.write([record({})]), codeIs("LedgerTooNew"));
      await assert.rejects(session.ledger.remove([record({}).id]), codeIs("LedgerTooNew"));
      await admin.query("UPDATE db_access.meta SET format = 1");
    });

    it("ends claims together with writing others, and forgets them", async () => {
      const session = await lab.connect();
      const ids = ["a", "b", "c"].map((name) => `mysql/lab/principal/ending-${name}`);
      const [first, second, third] = ids.map((id) => record({ id }));
      const found = async () =>
        (await session.ledger.read(ledgerQuery({ idPrefixes: ["mysql/lab/principal/ending-"] }))).map(({ id }) => id);
      await session.lock(Date.now() + 5000);
      await session.ledger.write([first, second]);
      await session.end({ write: [third], remove: [first.id] });
      assert.deepEqual((await found()).sort(), [second.id, third.id]);
      await session.lock(Date.now() + 5000);
      await session.ledger.write([first]);
      assert.deepEqual((await found()).sort(), ids, "an id can come back");
      await session.end({ write: [second], remove: [first.id] });
      await session.lock(Date.now() + 5000);
      await session.end({ write: [], remove: [second.id, third.id] });
      const admin = await lab.as(lab.server.superuser);
      const left = await rows(admin, "SELECT id FROM db_access.claims WHERE id LIKE '%ending-%'");
      assert.deepEqual(left, []);
      await session.lock(Date.now());
    });

    it("of a cluster that has another name now shows both names' rows, and takes the new name when it is written", async () => {
      const id = (cluster: string, rest: string) => `mysql/${cluster}/${rest}`;
      const old = await lab.connect();
      const grant = "grant/app/database/my_db//abc";
      await old.lock(Date.now() + 5000);
      await old.ledger.write([
        record({ id: id("lab", "principal/restored") }),
        record({ id: id("lab", grant), kind: "grant", grantee: "app" }),
        record({ id: id("lab", "principal/other") }),
        record({ id: id("laboratory", "principal/restored") }),
      ]);
      await old.unlock();
      const ids = async (cluster: string, fields: Parameters<typeof ledgerQuery>[0]) => {
        const session = await lab.connect({ cluster });
        return (await session.ledger.read(ledgerQuery(fields))).map((each) => each.id).sort();
      };
      const both = (cluster: string) => ({
        ids: [id(cluster, "principal/restored")],
        idPrefixes: [id(cluster, "grant/app/database/my_db//")],
      });
      const ofLab = [id("lab", grant), id("lab", "principal/restored")];
      assert.deepEqual(await ids("lab", both("lab")), ofLab);
      assert.deepEqual(await ids("blue", both("blue")), ofLab);
      const meta = async () => {
        const [row] = await rows(await lab.as(lab.server.superuser), "SELECT cluster, former FROM db_access.meta");
        return [String(row?.cluster), JSON.parse(String(row?.former)) as string[]];
      };
      assert.deepEqual(await meta(), ["lab", []], "reading changes nothing");

      const blue = await lab.connect({ cluster: "blue" });
      assert.deepEqual(await blue.begin(ledgerQuery({ ids: [id("blue", "x")] }), Date.now() + 5000), []);
      await blue.ledger.write([record({ id: id("blue", "principal/restored") })]);
      await blue.unlock();
      assert.deepEqual(await meta(), ["blue", ["lab"]]);
      const all = [id("blue", "principal/restored"), ...ofLab];
      assert.deepEqual(await ids("blue", both("blue")), all);
      assert.deepEqual(await ids("green", both("green")), all);
      assert.deepEqual(await ids("lab", both("lab")), all);
      await blue.lock(Date.now() + 5000);
      await blue.ledger.remove(all);
      await blue.unlock();
      await old.lock(Date.now() + 5000);
      await old.ledger.remove([id("lab", "principal/other"), id("laboratory", "principal/restored")]);
      const again = await lab.connect();
      await old.unlock();
      await again.lock(Date.now() + 5000);
      await again.ledger.write([record({})]);
      assert.deepEqual(await meta(), ["lab", ["blue"]]);
      assert.deepEqual(await ids("lab", { ids: [record({}).id], idPrefixes: [id("lab", "principal/r")] }), [
        record({}).id,
      ]);
    });

    it("that somebody else could write is not believed", async () => {
      const admin = await lab.as(lab.server.superuser);
      const owner = everywhere("ledger_intruder");
      await run(await lab.connect(), createLogin(owner));
      const who = `'${owner.name}'@'%'`;
      const distrusted = async (by: string, undo: string, pattern: RegExp): Promise<void> => {
        await admin.query(by);
        const session = await lab.connect();
        await assert.rejects(
          session.ledger.read(ledgerQuery({ owners: ["x"] })),
          codeIs("LedgerUntrusted", pattern),
          by,
        );
        await session.lock(Date.now() + 5000);
        await assert.rejects(session.ledger.write([record({})]), codeIs("LedgerUntrusted"), by);
        await session.unlock();
        await admin.query(undo);
      };
      for (const level of ["`db_access`.*", "`db\\_access`.*", "`db\\_%`.*", "`%`.*", "db_access.claims"])
        await distrusted(
          `GRANT SELECT ON ${level} TO ${who}`,
          `REVOKE SELECT ON ${level} FROM ${who}`,
          /ledger_intruder@%/,
        );
      await distrusted(
        `GRANT SELECT (id) ON db_access.claims TO ${who}`,
        `REVOKE SELECT (id) ON db_access.claims FROM ${who}`,
        /ledger_intruder@%/,
      );
      await distrusted(
        "CREATE TRIGGER db_access.spy BEFORE INSERT ON db_access.claims FOR EACH ROW SET @x = 1",
        "DROP TRIGGER db_access.spy",
        /trigger spy/,
      );
      await distrusted("CREATE VIEW db_access.fake AS SELECT 1 AS one", "DROP VIEW db_access.fake", /fake/);
      await admin.query(`GRANT SELECT ON \`db\\_acces\`.* TO ${who}`);
      const session = await lab.connect();
      assert.deepEqual(await session.ledger.read(ledgerQuery({ owners: ["x"] })), []);
    });
  });
}

const itemOf = (name: string) => ({
  grantee: everywhere(name),
  kind: "database" as const,
  database: "my_db",
  schema: "",
  object: "",
  column: "",
  privilege: "SELECT",
  grantable: false,
});
