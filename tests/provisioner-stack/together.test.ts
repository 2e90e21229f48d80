import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { AwsTransport, createClient } from "../../components/client";
import { protocolRange, provisionerRefSchema, type ClaimRequest } from "../../provisioner/protocol";
import { migrationRequest } from "../migrations/request";
import type { Engine } from "../support/engine";
import { attempt, invokeRaw, query, secretOf, type Login, type Outcome } from "../support/world";
import { startTeams, stepsOf, type Teams } from "./teams";

/** A provisioner and what is made with it, in one program. */
const code = `
const pulumi = require("@pulumi/pulumi");
const db = require("pulumi-db-access");
const config = new pulumi.Config();
const provisioner = new db.Provisioner("orders", {
  clusterName: "orders",
  cluster: {
    engine: "mysql",
    endpoint: config.require("endpoint"),
    port: config.requireNumber("port"),
    adminSecretArn: config.require("adminSecretArn"),
  },
  network: { vpcId: config.require("vpcId"), subnetIds: config.requireObject("subnetIds") },
  tls: { ca: config.require("ca") },
  monitoring: { alarms: false, dashboard: false },
  migrations: { bucket: true },
});
const shop = new db.DbDatabase("shop", { provisioner, name: "shop" });
const api = new db.DbUser("api", {
  provisioner,
  username: "shop_api",
  auth: { kind: "password", secret: { recoveryDays: 0 } },
});
new db.DbGrant("api-read", {
  provisioner,
  grantee: api.username,
  on: { kind: "database", database: shop.name },
  privileges: ["SELECT"],
});
exports.secretArn = api.secretArn;
exports.ref = provisioner.ref;
`;

const made = ["api", "api-read", "shop"];

describe("a provisioner and its logins in one program, on MySQL", function () {
  this.timeout(300_000);
  let teams: Teams;
  let engine: Engine;
  let login: Login;
  let bucket = "";

  before(async () => {
    teams = await startTeams("mysql@8.0");
    engine = await teams.database({ code });
  });
  after(() => teams?.stop());

  const server = () => ({ server: teams.server, family: "mysql" as const });
  const tryIt = (sql: string): Promise<Outcome> => attempt(server(), login, "shop", sql);

  /** As a stack of another team would. */
  async function another(action: ClaimRequest["action"]): Promise<void> {
    const target = { functionName: "db-access-orders-access" } as never;
    const { error, results } = await invokeRaw(
      { stack: teams.stack, target },
      {
        protocols: { ...protocolRange },
        requestId: action,
        mode: "apply",
        cluster: "orders",
        claims: [
          {
            operationId: action,
            action,
            owner: "acme/urn:pulumi:prod::reports::pulumi-nodejs:dynamic/db-access:DbRole::readers",
            claim: { kind: "role", name: "readers", deletion: "drop" },
          },
        ],
      },
    );
    assert.deepEqual([error, results[0]?.status], [undefined, "done"]);
  }

  it("makes the guard before everything that is claimed, and a login that can do what was granted", async () => {
    const run = await engine.up();
    const order = run.steps.map(({ name }) => name);
    for (const name of made) assert.ok(order.indexOf(name) > order.indexOf("orders-guard"), order.join(" "));
    const { username, password } = await secretOf(teams, String((await engine.outputs()).secretArn));
    login = { user: username, password };
    await query(server(), teams.server.superuser, "shop", "CREATE TABLE orders (id int)");
    assert.equal(await tryIt("TABLE orders"), "ok");
    assert.equal(await tryIt("INSERT INTO orders VALUES (2)"), "1142");
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("has a bucket, through which files reach the function that are too large for a request", async () => {
    const ref = provisionerRefSchema.parse((await engine.outputs()).ref);
    const { operation, owner, migration, files, texts } = migrationRequest(
      "orders",
      "plan",
      { "0001_large.sql": `-- ${randomBytes(2_500_000).toString("hex")}\nCREATE TABLE large (id int);` },
      { database: "shop", runAs: "shop_owner" },
    );
    assert.ok(texts.length > 3_000_000);
    const call = { operation, owner, migration, files, texts };
    const client = createClient(new AwsTransport());
    const { pending } = await client.migrations({ ...ref, endpointUrl: teams.stack.url }, call);
    assert.deepEqual(pending, ["0001_large.sql"]);
    const { objects } = teams.stack.aws;
    bucket = ref.migrationsBucket ?? "";
    assert.match(bucket, /^db-access-orders-\d+$/);
    assert.equal(objects.named(bucket)?.objects.size, 1);
  });

  it("tells whoever may invoke the function who claims how much, and nobody else", async () => {
    const request = { protocols: { ...protocolRange }, requestId: "r", mode: "inventory", cluster: "orders" };
    const ask = (name: string, over: object = {}) =>
      invokeRaw({ stack: teams.stack, target: { functionName: name } as never }, { ...request, ...over });
    const { error, inventory, results } = await ask("db-access-orders-access");
    assert.deepEqual([error, results], [undefined, []]);
    assert.deepEqual(inventory?.owners, [{ owner: "organization/database-team/prod", claims: 3 }]);
    assert.equal(inventory.claims, 3);
    const refused = [
      [await ask("db-access-orders-migrate"), "WrongFunction"],
      [await ask("db-access-orders-rotate"), "WrongFunction"],
      [await ask("db-access-orders-access", { cluster: "bills" }), "WrongCluster"],
      [await ask("db-access-orders-access", { claims: [] }), "InvalidInput"],
      [await ask("db-access-orders-access", { protocols: { min: 90, max: 91 } }), "ProtocolMismatch"],
    ] as const;
    for (const [answer, code] of refused) assert.deepEqual([answer.error?.code, answer.inventory], [code, undefined]);
  });

  it("ends its own claims before it asks for those of others, which it names", async () => {
    await another("ensure");
    const run = await engine.failing("destroy");
    assert.match(run.output, /ClaimsRemain: .* because 1 claim there .*: acme\/reports\/prod \(1\)\. Destroy/);
    assert.deepEqual(
      stepsOf(run).filter((step) => !step.endsWith(" orders-guard")),
      made.map((name) => `delete ${name}`),
    );
    assert.equal(await tryIt("SELECT 1"), "1045");
    assert.equal(teams.stack.lambda.names().length, 3);
  });

  it("goes once nobody claims anything; what was retained is nobody's", async () => {
    await another("remove");
    await engine.destroy();
    assert.deepEqual(teams.stack.lambda.names(), []);
    assert.equal(teams.stack.aws.objects.named(bucket), undefined);
    await query(server(), teams.server.superuser, "shop", "TABLE orders");
    const kept = "SELECT kind, retained FROM db_access.claims WHERE state = 'done'";
    assert.deepEqual(await query(server(), teams.server.superuser, undefined, kept), [
      { kind: "database", retained: 1 },
    ]);
    assert.deepEqual((await engine.exported()).deployment.resources ?? [], []);
  });
});
