import assert from "node:assert/strict";
import { accessPolicy, type PolicyDocument } from "../../components/provisioner/policies";
import type { Claim, ClaimResult } from "../../provisioner/protocol";
import { refused } from "../support/refusal";
import { apply, ask, attempt, changeWords, secretOf, type Ask, type Login, type World } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertSettled, isPostgresql, withoutLedger } from "./steps";

/** The cluster's logical name is identity, and nothing else is. */
export function ruleLogicalName(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 13: the cluster's logical name", () => {
    const owner = "stack/before";
    const heir = "stack/after";
    let old: Login;
    /** The same server as it is seen by a function of another cluster: as after a restore under a new name. */
    let restored: World;

    const tables = {
      kind: "tables",
      database: "shop",
      ...(postgresql ? { schema: "public" } : {}),
      tables: ["r13_t"],
    } as const;
    const login = (cluster: string, more = {}): Claim =>
      loginClaim("r13_app", {
        auth: { kind: "password", secret: { name: `${cluster}/r13_app`, recoveryDays: 0 } },
        ...more,
      });
    const role = (more = {}): Claim => ({ kind: "role", name: "r13_role", deletion: "drop", ...more });
    const database = (more = {}): Claim => ({
      kind: "database",
      name: "r13_db",
      owner: "shop_owner",
      deletion: "drop",
      ...more,
    });
    const schema = (more = {}): Claim => ({
      kind: "schema",
      database: "shop",
      name: "r13_app",
      deletion: "drop",
      ...more,
    });
    const grant = (more = {}): Claim =>
      grantOf("r13_app", { ...tables, tables: ["r13_t"] }, ["INSERT", "SELECT"], more);
    const member = (more = {}): Claim => grantOf("r13_app", { kind: "role", role: "r13_role" }, [], more);
    const things = (cluster: string, more = {}): Claim[] => [
      login(cluster, more),
      role(more),
      database(more),
      ...(postgresql ? [schema(more)] : []),
    ];
    const all = (cluster: string, more = {}): Claim[] => [...things(cluster, more), member(more), grant(more)];
    const asks = (claims: Claim[], by: string, action: Ask["action"] = "ensure"): Ask[] =>
      claims.map((claim) => ({ claim, owner: by, action }));
    const on = (world: World): Place => ({
      ...place(),
      world,
      apply: (...all) => apply(world, ...all),
      ask: (mode, ...all) => ask(world, mode, all),
    });
    const take = asks(all("restored", { adopt: "fromLedger" }), heir);
    const can = (who: Login, sql: string): Promise<string> => attempt(place().world, who, "shop", sql);
    const insert = (id: number): string => `INSERT INTO r13_t VALUES (${id})`;
    const select = "SELECT * FROM r13_t";

    /** Another function on the same server: what `more` says differs, and nothing else. */
    async function functionLike(name: string, more: Record<string, string>): Promise<World> {
      const { world } = place();
      const { spec } = world.stack.lambda.get(world.target.functionName);
      const { region, account } = spec;
      const { adminSecretArn } = world.target;
      const cluster = more.DB_ACCESS_CLUSTER ?? world.cluster;
      // Its role is that of its own cluster: what belongs to the other one, it may not even read.
      const rolePolicies = (functionName: string): PolicyDocument[] => [
        accessPolicy({
          partition: "aws",
          region,
          account,
          clusterName: cluster,
          functionName,
          adminSecretArn,
          secretNamePrefixes: ["rds-", `${cluster}/`],
        }),
      ];
      await world.stack.lambda.registerFunction({ ...spec, name, env: { ...spec.env, ...more }, rolePolicies });
      return {
        ...world,
        cluster,
        target: { ...world.target, functionName: name },
      };
    }

    interface Row {
      cluster: string;
      rest: string;
      before: string[];
    }
    const rows = async (): Promise<Row[]> =>
      (
        await place().byHand(
          "SELECT id, items FROM db_access.claims WHERE id LIKE '%/r13\\_%' AND state <> 'ended' ORDER BY id",
          postgresql ? "postgres" : "db_access",
        )
      ).map(({ id, items }) => {
        const [, cluster, ...rest] = String(id).split("/");
        const text = typeof items === "string" ? items : JSON.stringify(items);
        return {
          cluster,
          rest: rest.join("/"),
          before: [...text.matchAll(/"before":\[?([^,}\]]*)/g)].map(([all]) => all),
        };
      });

    before(async () => {
      const { asOwner, byHand } = place();
      await asOwner("CREATE TABLE r13_t (id int PRIMARY KEY)");
      await place().apply(...asks(things("orders"), owner));
      const { password } = await secretOf(place().world, "orders/r13_app");
      old = { user: "r13_app", password };
      await byHand(postgresql ? "GRANT INSERT ON r13_t TO r13_app" : "GRANT INSERT ON shop.r13_t TO 'r13_app'@'%'");
      await place().apply(...asks([member(), grant()], owner));
      restored = await functionLike("db-access-restored-access", {
        DB_ACCESS_CLUSTER: "restored",
        DB_ACCESS_RESOURCE_ID: "cluster-RESTORED",
      });
    });
    after(() => place().asOwner("DROP TABLE r13_t"));

    it("another endpoint, resource id and function change nothing but the host in the login's secret", async () => {
      const moved = await functionLike("db-access-moved-access", {
        DB_ACCESS_HOST: "127.0.0.1",
        DB_ACCESS_TLS_SERVER_NAME: "localhost",
        DB_ACCESS_RESOURCE_ID: "cluster-MOVED",
      });
      const known = await place().apply(...asks(all("orders"), owner));
      let found: ClaimResult[] = [];
      const statements = await place().changedBy(async () => {
        found = await apply(moved, ...asks(all("orders"), owner));
      });
      assert.deepEqual(withoutLedger(statements), []);
      assert.deepEqual(
        found.map(({ id, status }) => [id, status]),
        known.map(({ id }, index) => [id, index === 0 ? "done" : "unchanged"]),
      );
      assert.deepEqual(changeWords(found[0]), [
        "write the secret of r13_app again (host, port, database or engine changed)",
      ]);
      const { endpoint, secretArn } = found[0].outputs ?? {};
      assert.equal(endpoint, "127.0.0.1");
      const { host, password } = await secretOf(moved, secretArn ?? "");
      assert.equal(host, "127.0.0.1");
      assert.equal(password, old.password);
      await assertSettled(on(moved), ...asks(all("orders"), owner));
      await place().apply(...asks(all("orders"), owner));
    });

    it("a restore under a new name inherits nothing: what is there belongs to the cluster it comes from", async () => {
      const codes = ["UserExists", "RoleExists", "DatabaseExists", "SchemaExists"] as const;
      for (const [index, claim] of things("restored", { adopt: true }).entries())
        await refused(
          restored,
          { claim, owner: heir },
          {
            code: codes[index],
            property: index === 0 ? "username" : "name",
            says: [/stack\/before/, /cluster orders/, /adopt: "fromLedger"/],
          },
        );
      assert.equal(await can(old, select), "ok");
    });

    it("an end under the new name, of what was not taken over, drops nothing", async () => {
      const statements = await place().changedBy(() => apply(restored, ...asks(all("restored"), heir, "remove")));
      assert.deepEqual(statements, []);
      assert.equal(await can(old, select), "ok");
    });

    it("a grant under the new name finds what the old one gave as there before, and its end leaves it", async () => {
      const mine = asks([member(), grant()], heir);
      assert.deepEqual(withoutLedger(await place().changedBy(() => apply(restored, ...mine))), []);
      await assertSettled(on(restored), ...mine);
      const end = asks([member(), grant()], heir, "remove");
      assert.deepEqual(withoutLedger(await place().changedBy(() => apply(restored, ...end))), []);
      for (const sql of [select, insert(1)]) assert.equal(await can(old, sql), "ok", sql);
    });

    it('adopt: "fromLedger" takes over rows, items and what was there before them', async () => {
      const before = await rows();
      assert.deepEqual([...new Set(before.map(({ cluster }) => cluster))], ["orders"]);
      for (const result of await ask(restored, "plan", take))
        assert.match(changeWords(result).join("; "), /take over what stack\/before claimed on cluster orders/);
      const statements = await place().changedBy(() => apply(restored, ...take));
      assert.deepEqual(
        withoutLedger(statements).filter((statement) => /^(GRANT|REVOKE|DROP|CREATE)/.test(statement)),
        [],
      );
      const after = await rows();
      const comparable = (list: Row[]): string[] =>
        // A grant's last part says who claims it.
        list.map(({ rest, before: had }) => `${rest.replace(/^(grant\/.*)\/\w+$/, "$1")} ${had.join()}`).sort();
      assert.deepEqual([...new Set(after.map(({ cluster }) => cluster))], ["restored"]);
      assert.deepEqual(comparable(after), comparable(before));
      assert.ok(
        after.some(({ before: had }) => had.length > 0),
        JSON.stringify(after),
      );
      await assertSettled(on(restored), ...take);
    });

    it("the login that was taken over has a secret and a password of its own", async () => {
      const { password } = await secretOf(restored, "restored/r13_app");
      assert.equal(await can({ user: "r13_app", password }, select), "ok");
      assert.notEqual(await can(old, select), "ok");
      // The other cluster goes on with its own server and secret.
      assert.equal((await secretOf(place().world, "orders/r13_app")).password, old.password);
      old = { user: "r13_app", password };
    });

    it("the end of the old half, under the old name, drops nothing on the new one", async () => {
      const end = asks(all("orders"), owner, "remove");
      assert.deepEqual(await place().changedBy(() => place().apply(...end)), []);
      for (const sql of [select, insert(2)]) assert.equal(await can(old, sql), "ok", sql);
      await assertSettled(on(restored), ...take);
    });

    it("the end under the new name is exact: what was there before the first claim stays", async () => {
      await apply(restored, ...asks([member(), grant()], heir, "remove"));
      assert.notEqual(await can(old, select), "ok");
      if (postgresql) await place().byHand("GRANT CONNECT ON DATABASE shop TO r13_app");
      assert.equal(await can(old, insert(3)), "ok");
      if (postgresql) await place().byHand("REVOKE CONNECT ON DATABASE shop FROM r13_app");
      await apply(restored, ...asks(things("restored").reverse(), heir, "remove"));
      assert.deepEqual(await rows(), []);
      const left = postgresql
        ? "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'r13\\_%' UNION SELECT datname::text FROM pg_database WHERE datname LIKE 'r13\\_%' UNION SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'r13\\_%'"
        : "SELECT User FROM mysql.user WHERE User LIKE 'r13\\_%' UNION SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'r13\\_%'";
      assert.deepEqual(await place().byHand(left), []);
    });
  });
}
