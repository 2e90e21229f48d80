import assert from "node:assert/strict";

import type { Operation } from "../../../provisioner/access/operation";
import { assertNothingBorrowed } from "./privileges";
import {
  codeIs,
  createLogin,
  createRole,
  drop,
  grant,
  item,
  readQuery,
  run,
  standingMemberships,
  type Lab,
} from "./server";

const databases = ["owned_one", "owned_two"];

export function ownedTests(lab: Lab): void {
  const reassign = (name: string, to: string): Operation => ({ op: "reassignOwned", account: { name }, to });
  const dropAll = (name: string): Operation => ({ op: "dropOwned", account: { name } });
  const ownerOf = async (database: string, what: string): Promise<string | undefined> => {
    const client = await lab.superuser(database);
    const { rows } = await client.query<{ owner: string | null }>(`SELECT ${what}::text AS owner`);
    await client.end();
    return rows[0]?.owner ?? undefined;
  };
  const ownerOfTable = (database: string, table: string): Promise<string | undefined> =>
    ownerOf(database, `(SELECT relowner::regrole FROM pg_class WHERE oid = to_regclass('${table}'))`);
  /** A login with a schema, and in somebody else's schema a table and a function of its own, in both databases. */
  const owning = async (name: string, fields: Partial<Operation & { op: "createLogin" }> = {}): Promise<void> => {
    const session = await lab.connect();
    await run(session, createLogin(name, fields));
    for (const database of databases) {
      const client = await lab.superuser(database);
      await client.query(`CREATE SCHEMA ${name}_own AUTHORIZATION ${name};
        CREATE TABLE app.${name}_t (id serial); ALTER TABLE app.${name}_t OWNER TO ${name};
        CREATE FUNCTION app.${name}_f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION app.${name}_f() OWNER TO ${name};
        CREATE FUNCTION ${name}_own.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION ${name}_own.f() OWNER TO ${name};
        GRANT SELECT ON app.t TO ${name}`);
      await client.end();
    }
  };
  const exists = async (name: string): Promise<boolean> =>
    (await (await lab.connect()).read(readQuery({ names: [name] }))).principals.size > 0;

  describe("what a dropped login owns", () => {
    before(async () => {
      for (const database of databases) await lab.database(database, `${database}_owner`);
    });
    afterEach(() => assertNothingBorrowed(lab));

    it("goes to another role in every database", async () => {
      await owning("mover");
      const session = await lab.connect();
      await run(session, createRole("heir"), { op: "createDatabase", database: "moved_db" });
      await run(session, { op: "setDatabaseOwner", database: "moved_db", owner: "mover" });
      await run(session, reassign("mover", "heir"), drop("mover"));
      for (const database of databases) {
        assert.equal(await ownerOfTable(database, "app.mover_t"), "heir");
        assert.equal(await ownerOfTable(database, "app.mover_t_id_seq"), "heir");
        assert.equal(
          await ownerOf(database, "(SELECT proowner::regrole FROM pg_proc WHERE proname = 'mover_f')"),
          "heir",
        );
        assert.equal(
          await ownerOf(database, "(SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'mover_own')"),
          "heir",
        );
        assert.equal(
          await ownerOf(database, "has_schema_privilege('heir', 'app', 'CREATE')"),
          "false",
          "what it was lent is gone",
        );
      }
      assert.equal(
        await ownerOf("postgres", "(SELECT datdba::regrole FROM pg_database WHERE datname = 'moved_db')"),
        "heir",
      );
      assert.equal(await exists("mover"), false);
      assert.deepEqual(
        await run(session, reassign("mover", "heir"), dropAll("mover"), drop("mover")),
        [],
        "already gone",
      );
      await run(session, { op: "dropDatabase", database: "moved_db" });
    });

    it("is only a database, or nothing", async () => {
      const session = await lab.connect();
      await run(session, createRole("landlord"), createRole("next_landlord"), {
        op: "createDatabase",
        database: "let",
      });
      await run(session, reassign("landlord", "next_landlord"));
      await run(session, { op: "setDatabaseOwner", database: "let", owner: "landlord" });
      await assert.rejects(run(session, dropAll("landlord")), codeIs("OwnsObjects", /landlord.*database let/));
      await run(session, reassign("landlord", "next_landlord"), dropAll("landlord"), drop("landlord"));
      assert.equal(
        await ownerOf("postgres", "(SELECT datdba::regrole FROM pg_database WHERE datname = 'let')"),
        "next_landlord",
      );
      await run(session, { op: "dropDatabase", database: "let" });
    });

    it("is dropped in every database", async () => {
      await owning("wiper");
      const session = await lab.connect();
      await run(session, dropAll("wiper"), drop("wiper"));
      for (const database of databases) {
        assert.equal(await ownerOfTable(database, "app.wiper_t"), undefined);
        assert.equal(await ownerOf(database, "(SELECT count(*) FROM pg_namespace WHERE nspname = 'wiper_own')"), "0");
        assert.equal(await ownerOf(database, "(SELECT count(*) FROM pg_proc WHERE proname = 'wiper_f')"), "0");
        assert.ok((await ownerOfTable(database, "app.t")) !== undefined);
      }
      assert.equal(await exists("wiper"), false);
    });

    it("is not dropped together with what others have built on it", async () => {
      await owning("founder");
      const superuser = await lab.superuser("owned_two");
      await superuser.query("CREATE VIEW app.built AS SELECT * FROM app.founder_t");
      const session = await lab.connect();
      await assert.rejects(run(session, dropAll("founder")), codeIs("OwnsObjects", /founder.*view app\.built/));
      assert.equal(await ownerOfTable("owned_two", "app.founder_t"), "founder");
      await superuser.query("DROP VIEW app.built");
      await run(session, dropAll("founder"), drop("founder"));
    });

    it("never goes to the provisioner, nor to nobody", async () => {
      await owning("stayer");
      const session = await lab.connect();
      const { user } = lab.server.admin;
      await assert.rejects(run(session, reassign("stayer", user)), codeIs("InvalidInput", /provisioner's login/));
      await assert.rejects(run(session, reassign("stayer", "nobody_there")), codeIs("ObjectMissing", /nobody_there/));
      for (const role of ["rdsadmin", "rds_superuser", "pg_monitor"])
        await assert.rejects(run(session, reassign("stayer", role)), codeIs("ReservedName", new RegExp(role)));
      assert.equal(await ownerOfTable("owned_one", "app.stayer_t"), "stayer");
      await run(session, dropAll("stayer"), drop("stayer"));
    });

    it("leaves IAM first when its owner is an IAM user", async () => {
      await owning("iam_mover", { auth: "iam" });
      const session = await lab.connect();
      await run(session, createRole("iam_heir"), reassign("iam_mover", "iam_heir"), drop("iam_mover"));
      assert.equal(await ownerOfTable("owned_one", "app.iam_mover_t"), "iam_heir");
      assert.equal(await exists("iam_mover"), false);
      await owning("iam_wiper", { auth: "iam" });
      await run(session, dropAll("iam_wiper"), drop("iam_wiper"));
      assert.equal(await ownerOfTable("owned_one", "app.iam_wiper_t"), undefined);
    });

    it("is found again when a run ends in the middle", async () => {
      await owning("half");
      const setUp = await lab.connect();
      await run(setUp, createRole("half_heir"));
      const session = await lab.connect({ applicationName: "db-access/half" });
      const blocker = await lab.superuser("owned_two");
      await blocker.query("BEGIN; LOCK TABLE app.half_t IN ACCESS SHARE MODE");
      const failed = assert.rejects(run(session, reassign("half", "half_heir")), codeIs("NetworkPathDatabase"));
      const observer = await lab.superuser("owned_two");
      const waiting = "FROM pg_stat_activity WHERE application_name = 'db-access/half' AND wait_event_type = 'Lock'";
      while ((await observer.query(`SELECT ${waiting}`)).rowCount !== 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      await observer.query(`SELECT pg_terminate_backend(pid) ${waiting}`);
      await failed;
      await blocker.query("ROLLBACK");
      assert.deepEqual(await standingMemberships(observer, lab.server.admin.user), []);
      assert.equal(await ownerOfTable("owned_one", "app.half_t"), "half_heir");
      assert.equal(await ownerOfTable("owned_two", "app.half_t"), "half");
      await run(await lab.connect(), reassign("half", "half_heir"), drop("half"));
      assert.equal(await ownerOfTable("owned_two", "app.half_t"), "half_heir");
    });

    it("names the schema that its next owner may not be given anything in", async () => {
      const superuser = await lab.superuser("owned_one");
      const session = await lab.connect();
      await run(session, createLogin("lodger"), createRole("lodger_heir"));
      await superuser.query(`CREATE SCHEMA locked; CREATE FUNCTION locked.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        ALTER FUNCTION locked.f() OWNER TO lodger`);
      await assert.rejects(run(session, reassign("lodger", "lodger_heir")), codeIs("NotAuthorized", /rdsadmin|locked/));
      await superuser.query("DROP SCHEMA locked CASCADE");
      await run(session, grant(item("lodger", { kind: "role", object: "lodger_heir", privilege: "MEMBER" })));
      await run(session, reassign("lodger", "lodger_heir"), drop("lodger"));
    });
  });
}
