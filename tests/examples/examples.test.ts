import assert from "node:assert/strict";
import { evaluate, readIdentityPolicy } from "../../local/aws/iam";
import type { RunningServer } from "../../local/servers";
import type { Engine } from "../support/engine";
import { attempt, query, secretOf, type Login, type Outcome } from "../support/world";
import { adminSecret, startExamples, type ExampleWorld } from "./world";

const network = { vpcId: "vpc-0orders", subnetIds: ["subnet-0a", "subnet-0b"] };

/** Each line is an invocation of the real engine, which takes some seconds: those of different stacks run together. */
describe("the examples, under the real engine", () => {
  let world: ExampleWorld;
  let oneStack: Engine;
  let mysql: Engine;
  let later: Record<"iam" | "migration" | "fleet", Engine>;

  before(async () => {
    world = await startExamples();
    const { stack } = world;
    const ca = world.postgresql.ca;
    [oneStack, mysql] = await Promise.all([
      world.project("one-stack", { ...network, ca }),
      world.project("mysql", {
        ...network,
        ca: world.mysql.ca,
        endpoint: world.mysql.host,
        port: world.mysql.port,
        adminSecretArn: await adminSecret(stack, world.mysql, "shop-admin"),
        hosts: ["localhost", "127.0.0.1"],
      }),
    ]);
    const [iam, migration, fleet] = await Promise.all([
      world.project("iam-only", { cluster: "orders" }),
      world.project("migration-and-application", { cluster: "orders" }),
      world.project("fleet", { provisioner: "/db-access/orders", database: "orders" }),
    ]);
    later = { iam, migration, fleet };
    await Promise.all([oneStack.up(), mysql.up()]);
    await Promise.all(Object.values(later).map((engine) => engine.up()));
  });
  after(() => world?.stop());

  const onPostgresql = () => ({ server: world.postgresql, family: "postgresql" as const });
  const onMysql = () => ({ server: world.mysql, family: "mysql" as const });
  const loginOf = async (secretArn: unknown): Promise<Login> => {
    const { username, password } = await secretOf(world, String(secretArn));
    return { user: username, password };
  };
  const byHand = (server: RunningServer, database: string, sql: string) =>
    query({ server, family: server === world.mysql ? "mysql" : "postgresql" }, server.superuser, database, sql);
  /** What the statements come to, in order. */
  const outcomes = async (tryIt: (sql: string) => Promise<Outcome>, statements: string[]): Promise<Outcome[]> => {
    const all: Outcome[] = [];
    for (const sql of statements) all.push(await tryIt(sql));
    return all;
  };

  it("one-stack: the database, its provisioner and a login that reads and writes, in one deployment", async () => {
    const { secretArn } = await oneStack.outputs();
    const api = await loginOf(secretArn);
    assert.equal(api.user, "orders_api");
    await byHand(world.postgresql, "orders", "SET ROLE orders_owner; CREATE TABLE lines (id int)");
    assert.deepEqual(
      await outcomes(
        (sql) => attempt(onPostgresql(), api, "orders", sql),
        ["INSERT INTO lines VALUES (1)", "DELETE FROM lines", "TRUNCATE lines", "CREATE TABLE mine (id int)"],
      ),
      ["ok", "ok", "42501", "42501"],
    );
    assert.equal(await attempt(onPostgresql(), api, "postgres", "TABLE db_access.claims"), "42501");
  });

  it("fleet: a login of the support team reads what is there", async () => {
    const { secretArn } = await later.fleet.outputs();
    const support = await loginOf(secretArn);
    assert.equal(support.user, "support");
    assert.equal(await attempt(onPostgresql(), support, "orders", "SELECT 1"), "ok");
    assert.equal(await attempt(onPostgresql(), support, "orders", "CREATE TABLE mine (id int)"), "42501");
  });

  it("iam-only: members of rds_iam without a password, and policies that each let in one login", async () => {
    const names = world.stack.aws.secrets.of(world.stack).map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.includes("stock")),
      [],
    );
    const { policies } = (await later.iam.outputs()) as { policies: Record<string, string> };
    assert.deepEqual(Object.keys(policies).sort(), ["stock_api", "stock_reports"]);
    const accountOf = (login: string): string =>
      String((JSON.parse(policies[login]) as { Statement: { Resource: string }[] }).Statement[0].Resource);
    for (const login of Object.keys(policies)) {
      const role = await byHand(
        world.postgresql,
        "stock",
        `SELECT pg_has_role('${login}', 'rds_iam', 'MEMBER') AS member, rolpassword FROM pg_authid WHERE rolname = '${login}'`,
      );
      assert.deepEqual(role, [{ member: true, rolpassword: null }]);
      assert.match(
        accountOf(login),
        new RegExp(`^arn:aws:rds-db:us-east-1:111122223333:dbuser:db-[0-9A-F]{26}/${login}$`),
      );
    }
    const policy = readIdentityPolicy(JSON.parse(policies.stock_api) as object);
    const connect = (resource: string): string =>
      evaluate([policy], { action: "rds-db:connect", resource, context: {} }).effect;
    assert.equal(connect(accountOf("stock_api")), "allow");
    assert.notEqual(connect(accountOf("stock_reports")), "allow");
    await byHand(world.postgresql, "stock", "SET ROLE stock_owner; CREATE TABLE items (id int)");
    const may = (privilege: string): Promise<Record<string, unknown>[]> =>
      byHand(
        world.postgresql,
        "stock",
        `SELECT login FROM unnest(ARRAY['stock_api', 'stock_reports']) AS login
         WHERE has_table_privilege(login, 'items', '${privilege}') ORDER BY login`,
      );
    assert.deepEqual(await may("SELECT"), [{ login: "stock_api" }, { login: "stock_reports" }]);
    assert.deepEqual(await may("DELETE"), [{ login: "stock_api" }]);
  });

  it("migration-and-application: one login creates, alters and drops, the other only reads and writes", async () => {
    const { migrationSecretArn, applicationSecretArn } = await later.migration.outputs();
    const [migration, application] = [await loginOf(migrationSecretArn), await loginOf(applicationSecretArn)];
    const as = (login: Login) => (sql: string) => attempt(onPostgresql(), login, "billing", sql);
    assert.deepEqual(
      await outcomes(as(migration), [
        "CREATE TABLE invoices (id bigint GENERATED ALWAYS AS IDENTITY, total numeric)",
        "ALTER TABLE invoices ADD COLUMN due date",
        "CREATE INDEX ON invoices (due)",
        "CREATE TABLE wrong (id int)",
        "DROP TABLE wrong",
        "CREATE FUNCTION billing.vat(numeric) RETURNS numeric LANGUAGE sql RETURN $1 * 0.19",
      ]),
      ["ok", "ok", "ok", "ok", "ok", "ok"],
    );
    assert.deepEqual(
      await outcomes(as(application), [
        "INSERT INTO invoices (total) VALUES (1)",
        "UPDATE invoices SET total = vat(total)",
        "DELETE FROM invoices",
        "TABLE invoices",
      ]),
      ["ok", "ok", "ok", "ok"],
    );
    const refused = [
      "CREATE TABLE mine (id int)",
      "CREATE TABLE public.mine (id int)",
      "CREATE SCHEMA mine",
      "CREATE TEMPORARY TABLE mine (id int)",
      "CREATE VIEW mine AS TABLE invoices",
      "CREATE DATABASE mine",
      "CREATE ROLE mine",
      "ALTER TABLE invoices ADD COLUMN mine int",
      "DROP TABLE invoices",
      "TRUNCATE invoices",
      "DROP SCHEMA billing CASCADE",
      "SET ROLE billing_owner",
      "SET ROLE billing_migration",
    ];
    assert.deepEqual(
      await outcomes(as(application), refused),
      refused.map(() => "42501"),
    );
    assert.equal(await attempt(onPostgresql(), migration, "orders", "SELECT 1"), "42501");
  });

  it("mysql: accounts for each host, with the privileges of their templates", async () => {
    const { appSecretArn, reportsSecretArn } = await mysql.outputs();
    const [app, reports] = [await loginOf(appSecretArn), await loginOf(reportsSecretArn)];
    const hosts = await byHand(world.mysql, "mysql", "SELECT host FROM user WHERE user = 'shop_app' ORDER BY host");
    assert.deepEqual(
      hosts.map((row) => row.host ?? row.Host),
      ["127.0.0.1", "localhost"],
    );
    await byHand(world.mysql, "shop", "CREATE TABLE orders (id int, total int)");
    const as = (login: Login) => (sql: string) => attempt(onMysql(), login, "shop", sql);
    const tried = [
      "INSERT INTO orders VALUES (1, 2)",
      "SELECT * FROM orders",
      "DELETE FROM orders",
      "DROP TABLE orders",
    ];
    assert.deepEqual(await outcomes(as(app), tried), ["ok", "ok", "ok", "1142"]);
    assert.deepEqual(await outcomes(as(reports), tried), ["1142", "ok", "1142", "1142"]);
  });

  it("none has anything to do afterwards", async () => {
    const args = ["--refresh"];
    await Promise.all([oneStack, mysql].map((engine) => engine.expectNoChanges({ args })));
    // Not the fleet's: its grant is on the tables that are there, and by now there is another one.
    await Promise.all([later.iam, later.migration].map((engine) => engine.expectNoChanges({ args })));
  });

  it("all end, and leave no login, function or secret behind", async () => {
    await Promise.all([mysql, ...Object.values(later)].map((engine) => engine.destroy()));
    await oneStack.destroy();
    assert.deepEqual(world.stack.lambda.names(), []);
    assert.deepEqual(
      world.stack.aws.secrets.of(world.stack).map(({ name }) => name),
      ["shop-admin"],
    );
    const logins = "SELECT rolname FROM pg_roles WHERE rolname ~ '^((orders|stock|billing)_|support$)'";
    assert.deepEqual(await byHand(world.postgresql, "postgres", logins), []);
    assert.deepEqual(await byHand(world.mysql, "mysql", "SELECT user FROM user WHERE user LIKE 'shop%'"), []);
  });
});
