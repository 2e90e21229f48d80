import assert from "node:assert/strict";
import type { DatabaseCreatedAnswer } from "../../provisioner/doors/database-created/answer";
import { versionsToTest } from "../support/versions";
import { attempt, byHand, startWorld, type World } from "../support/world";
import { act, answered, loginOf, refused } from "./place";

const denied = "1142";

/** The front doors besides Pulumi, on MySQL: levels are on databases, and a user may have several hosts. */
for (const version of versionsToTest("mysql@8.0"))
  describe(`front doors on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    before(async () => {
      const key = "arn:aws:kms:us-east-1:111122223333:key/passwords";
      world = await startWorld(version, { functionEnv: { DB_ACCESS_PARAMETER_KEY_ARN: key } });
      await byHand(
        world,
        undefined,
        "CREATE DATABASE shop; CREATE TABLE shop.orders (id int); CREATE DATABASE depot; CREATE TABLE depot.parts (id int)",
      );
    });
    after(() => world.stop());

    const grantsAt = async (host: string): Promise<string[]> => {
      const rows = await byHand(world, undefined, `SHOW GRANTS FOR 'ada'@'${host}'`);
      return rows
        .map((row) => String(Object.values(row)[0]))
        .filter((line) => line.includes(" ON `"))
        .sort();
    };

    it("gives a user each level on databases, and takes it down everywhere at once", async () => {
      const made = await act(world, { action: "create_user", username: "eve", database: "shop", level: "readonly" });
      const login = await loginOf(world, made);
      const tries = async (): Promise<string[]> => [
        await attempt(world, login, "shop", "SELECT * FROM orders"),
        await attempt(world, login, "shop", "INSERT INTO orders VALUES (1)"),
        await attempt(world, login, "shop", "CREATE TABLE tmp (id int); DROP TABLE tmp"),
      ];
      assert.deepEqual(await tries(), ["ok", denied, denied]);
      await act(world, { action: "update_grant", username: "eve", database: "shop", level: "readwrite" });
      assert.deepEqual(await tries(), ["ok", "ok", denied]);
      await act(world, { action: "create_user", username: "eve", database: "depot", level: "admin" });
      await act(world, { action: "update_grant", username: "eve", database: "shop", level: "admin" });
      assert.deepEqual(await tries(), ["ok", "ok", "ok"]);
      assert.equal(await attempt(world, login, "depot", "DROP TABLE parts; CREATE TABLE parts (id int)"), "ok");
      await act(world, { action: "update_grant", username: "eve", level: "readonly" });
      assert.deepEqual(await tries(), ["ok", denied, denied]);
      assert.equal(await attempt(world, login, "depot", "INSERT INTO parts VALUES (1)"), denied);
      assert.equal(await attempt(world, login, "depot", "SELECT * FROM parts"), "ok");

      const reset = await act(world, { action: "reset_password", username: "eve" });
      assert.equal(reset.passwordLastChangedSource, "server");
      const [row] = await byHand(
        world,
        undefined,
        "SELECT password_last_changed AS t FROM mysql.user WHERE user = 'eve'",
      );
      assert.equal(Date.parse(reset.passwordLastChanged ?? ""), (row.t as Date).getTime());
      assert.equal(await attempt(world, login, "shop", "SELECT 1"), "1045");
      const fresh = await loginOf(world, reset);
      assert.equal(await attempt(world, fresh, "shop", "SELECT 1"), "ok");
      await act(world, { action: "delete_user", username: "eve" });
      assert.equal(await attempt(world, fresh, "shop", "SELECT 1"), "1045");
    });

    it("keeps accounts of one name at different hosts apart", async () => {
      const create = { action: "create_user", username: "ada", database: "shop" };
      await act(world, { ...create, hosts: ["10.0.%"], level: "readonly" });
      const made = await act(world, { ...create, hosts: ["localhost", "127.0.0.1"], level: "readwrite" });
      const hosts = async (): Promise<unknown[]> =>
        (await byHand(world, undefined, "SELECT host AS h FROM mysql.user WHERE user = 'ada' ORDER BY host")).map(
          ({ h }) => h,
        );
      assert.deepEqual(await hosts(), ["10.0.%", "127.0.0.1", "localhost"]);
      const reading = (host: string): string => `GRANT SELECT ON \`shop\`.* TO \`ada\`@\`${host}\``;
      assert.deepEqual(await grantsAt("10.0.%"), [reading("10.0.%")]);
      assert.match((await grantsAt("localhost"))[0], /^GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`/);
      const login = await loginOf(world, made);
      assert.equal(await attempt(world, login, "shop", "INSERT INTO orders VALUES (3)"), "ok");
      assert.equal((await act(world, { ...create, level: "readwrite", hosts: ["localhost"] })).status, "unchanged");

      await act(world, {
        action: "update_grant",
        username: "ada",
        hosts: ["localhost", "127.0.0.1"],
        level: "readonly",
      });
      assert.equal(await attempt(world, login, "shop", "INSERT INTO orders VALUES (3)"), denied);
      assert.match(
        await refused(world, { action: "update_grant", username: "ada", hosts: ["%"], level: "admin" }),
        /^ObjectMissing: ada has no account at %/,
      );
      await act(world, { action: "delete_user", username: "ada", hosts: ["10.0.%", "192.168.%"] });
      assert.deepEqual(await hosts(), ["127.0.0.1", "localhost"]);
      assert.equal(await attempt(world, login, "shop", "SELECT * FROM orders"), "ok");
      await act(world, { action: "delete_user", username: "ada", hosts: ["localhost", "127.0.0.1"] });
      assert.deepEqual(await hosts(), []);
      const rows = await byHand(world, undefined, "SELECT id FROM db_access.claims WHERE owner = 'action/ada'");
      assert.deepEqual(rows, []);
    });

    it("makes the application user of a new database, within MySQL's length of names", async () => {
      const { host, port } = world.server;
      const event = {
        event: "database_created",
        database_type: "mysql",
        database_name: "shop",
        endpoint: `${host}:${port}`,
        account: world.target.ref.account,
        application_name: "a-rather-long-name-of-an-application",
        level: "readonly",
      };
      const made = await answered<DatabaseCreatedAnswer>(world, event);
      assert.ok(made.username.length <= 32, made.username);
      const login = await loginOf(world, { secretArn: made.secret_arn });
      assert.equal(await attempt(world, login, "shop", "SELECT * FROM orders"), "ok");
      assert.equal(await attempt(world, login, "shop", "INSERT INTO orders VALUES (4)"), denied);
      const Names = Object.values(made.parameter_names);
      const { Parameters } = await world.stack.aws.direct("ssm", "GetParameters", { Names, WithDecryption: true });
      const stored = (Parameters as { Name: string; Value: string; Type: string }[]).map(({ Name, Value, Type }) => {
        const [kind] = Object.entries(made.parameter_names).find(([, name]) => name === Name) ?? [];
        return [kind, `${Type} ${Value}`];
      });
      assert.deepEqual(Object.fromEntries(stored), {
        host: `String ${host}`,
        port: `String ${port}`,
        database: "String shop",
        username: `String ${login.user}`,
        secret_arn: `String ${made.secret_arn}`,
        password: `SecureString ${login.password}`,
      });
      assert.equal((await answered<DatabaseCreatedAnswer>(world, event)).status, "unchanged");
    });
  });
