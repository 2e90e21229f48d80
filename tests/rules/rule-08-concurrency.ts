import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { GrantClaim } from "../../provisioner/protocol";
import { openSession } from "../support/session";
import { ask as askWorld, type Ask } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { isPostgresql, remove } from "./steps";

const owners = ["stack/one", "stack/two"];
const names = Array.from({ length: 64 }, (_, at) => `r8_g${at + 1}`);

/** Many writers at the same time, on the same rows of the server's catalog. */
export function ruleConcurrency(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 8: one writer, whoever comes at once", () => {
    const on: Record<string, [GrantClaim["on"], string[]]> = postgresql
      ? {
          schema: [{ kind: "schema", database: "shop", schema: "r8_app" }, ["USAGE"]],
          database: [{ kind: "database", database: "shop" }, ["CONNECT", "TEMPORARY"]],
          "default ACL": [
            {
              kind: "tables",
              database: "shop",
              schema: "r8_app",
              tables: "*",
              future: { createdBy: ["shop_owner"] },
            },
            ["SELECT"],
          ],
        }
      : {
          table: [{ kind: "tables", database: "shop", tables: ["r8_t"] }, ["SELECT"]],
          database: [{ kind: "database", database: "shop" }, ["EXECUTE"]],
          membership: [{ kind: "role", role: "r8_group" }, []],
        };
    const batches = (owner: string, action: Ask["action"]): Ask[][] =>
      Object.values(on).map(([target, privileges]) =>
        names.map((name) => ({ claim: grantOf(name, target, privileges), owner, action })),
      );
    const atOnce = async (all: Ask[][]): Promise<void> => {
      const ended = await Promise.all(all.map((asks) => place().ask("apply", ...asks)));
      const failed = ended.flat().filter(({ status }) => status !== "done" && status !== "unchanged");
      assert.deepEqual(failed, []);
    };

    /** How many of the 64 hold each of the three, as the server's own catalog has it. */
    const holders = async (): Promise<Record<string, number>> => {
      const count = async (sql: string): Promise<number> => {
        const [{ n }] = await place().byHand(sql);
        return Number(n);
      };
      const roles = "FROM pg_roles r WHERE rolname LIKE 'r8\\_g%' AND rolname <> 'r8_group'";
      const acl = (source: string, privilege: string): string =>
        `SELECT count(DISTINCT a.grantee) AS n FROM ${source}, pg_roles r WHERE a.grantee = r.oid AND r.rolname LIKE 'r8\\_g%' AND a.privilege_type = '${privilege}'`;
      return postgresql
        ? {
            schema: await count(acl("pg_namespace s, aclexplode(nspacl) a", "USAGE")),
            database: await count(acl("pg_database s, aclexplode(datacl) a", "TEMPORARY")),
            "default ACL": await count(acl("pg_default_acl s, aclexplode(defaclacl) a", "SELECT")),
            table: await count(`SELECT count(*) AS n ${roles} AND has_table_privilege(oid, 'r8_app.r8_t', 'SELECT')`),
          }
        : {
            table: await count(
              "SELECT COUNT(*) AS n FROM mysql.tables_priv WHERE User LIKE 'r8\\_g%' AND Table_name = 'r8_t'",
            ),
            database: await count(
              "SELECT COUNT(*) AS n FROM mysql.db WHERE User LIKE 'r8\\_g%' AND Db = 'shop' AND Execute_priv = 'Y'",
            ),
            membership: await count(
              place().world.product === "mariadb"
                ? "SELECT COUNT(*) AS n FROM mysql.roles_mapping WHERE Role = 'r8_group' AND User LIKE 'r8\\_g%'"
                : "SELECT COUNT(*) AS n FROM mysql.role_edges WHERE FROM_USER = 'r8_group'",
            ),
          };
    };
    const all = (n: number): Record<string, number> =>
      postgresql ? { schema: n, database: n, "default ACL": n, table: n } : { table: n, database: n, membership: n };

    before(async () => {
      const { apply, asOwner } = place();
      await apply(...names.map((name): Ask => ({ claim: { kind: "role", name, deletion: "drop" } })));
      await apply({ claim: { kind: "role", name: "r8_group", deletion: "drop" } });
      if (postgresql) await asOwner("CREATE SCHEMA r8_app; CREATE TABLE r8_app.r8_t (id int)");
      else await asOwner("CREATE TABLE r8_t (id INT PRIMARY KEY)");
    });
    after(async () => {
      const { asOwner } = place();
      await remove(place(), ...names.map((name): Ask => ({ claim: { kind: "role", name, deletion: "drop" } })));
      await remove(place(), { claim: { kind: "role", name: "r8_group", deletion: "drop" } });
      await asOwner(postgresql ? "DROP SCHEMA r8_app CASCADE" : "DROP TABLE r8_t");
    });

    it(`64 grants at once on one ${Object.keys(on).join(", one ")}, from two stacks at the same time, end exact`, async () => {
      await atOnce(owners.flatMap((owner) => batches(owner, "ensure")));
      assert.deepEqual(await holders(), all(64));
      const mine = (owner: string): Ask[] => batches(owner, "ensure").flatMap((asks) => asks.slice(0, 16));
      assert.deepEqual(await place().changedBy(() => place().apply(...mine(owners[0]))), []);
      // Each stack's end takes only what no other claims.
      await atOnce(batches(owners[0], "remove"));
      assert.deepEqual(await holders(), all(64));
      await atOnce(batches(owners[1], "remove"));
      assert.deepEqual(await holders(), all(0));
    });

    it("a writer that cannot wait any longer is told who is in the way", async () => {
      const { world, login } = place();
      await login("r8_held");
      await login("r8_late");
      const { functionName } = world.target;
      const other = await openSession(world, world.server.superuser);
      for (const sql of postgresql
        ? ["BEGIN", "ALTER ROLE r8_held CONNECTION LIMIT 9"]
        : [`LOCK TABLES mysql.${world.product === "mariadb" ? "global_priv" : "user"} READ`])
        assert.equal(await other.run(sql), true, sql);
      const limit = (name: string): Ask => ({ claim: loginClaim(name, { connectionLimit: 7 }) });
      // A second function of the cluster, so that the first one's time can be made short.
      const second = "db-access-second-access";
      await world.stack.lambda.registerFunction({ ...world.stack.lambda.get(functionName).spec, name: second });
      const slow = askWorld({ ...world, target: { ...world.target, functionName: second } }, "apply", [
        limit("r8_held"),
      ]);
      const intents = (): Promise<unknown[]> =>
        place().byHand(
          "SELECT 1 FROM db_access.claims WHERE grantee = 'r8_held' AND state = 'intent'",
          postgresql ? "postgres" : "db_access",
        );
      while ((await intents()).length === 0) await sleep(20);
      // Five seconds are kept for the answer.
      await world.stack.lambda.updateFunction(functionName, { timeoutSeconds: 7 });
      const reply = await place()
        .ask("apply", limit("r8_late"))
        .then(
          () => undefined,
          (error: Error) => error.message,
        );
      await world.stack.lambda.updateFunction(functionName, { timeoutSeconds: 300 });
      assert.match(reply ?? "", /"LockTimeout"/);
      assert.match(
        reply ?? "",
        postgresql ? /db-access\/[0-9a-f-]+ \(login dbadmin, pid \d+/ : /connection \d+ of \w+ from/,
      );
      await other.run(postgresql ? "ROLLBACK" : "UNLOCK TABLES");
      await other.close();
      assert.deepEqual(
        (await slow).map(({ status }) => status),
        ["done"],
      );
      await place().apply(limit("r8_late"));
      await remove(place(), limit("r8_held"), limit("r8_late"));
    });
  });
}
