import assert from "node:assert/strict";
import type { AccessCheck } from "../../local/aws";
import { functionArn } from "../../local/lambda";
import type { Engine } from "../support/engine";
import { attempt, type Login, type Outcome } from "../support/world";
import { example, startTeams, stepsOf, type Teams } from "./teams";

const functionNames = ["access", "migrate", "rotate"].map((kind) => `db-access-orders-${kind}`);
const elsewhere = "eu-west-1";

describe("the stacks of two teams, under the real engine", function () {
  this.timeout(300_000);
  let teams: Teams;
  let database: Engine;
  let application: Engine;
  let login: Login;
  let checks: AccessCheck[] = [];

  before(async () => {
    teams = await startTeams("postgresql@17");
    database = await teams.database(example("database-team"));
    application = await teams.application(example("application-team"), {
      databaseStack: "organization/database-team/prod",
    });
    teams.stack.aws.roles.observe((check) => checks.push(check));
  });
  after(() => teams?.stop());

  const server = () => ({ server: teams.server, family: "postgresql" as const });
  const tryIt = (sql: string): Promise<Outcome> => attempt(server(), login, "shop", sql);
  const placeOf = (region: string) => ({ account: teams.stack.account, region });
  const secretNames = (region: string): string[] => teams.stack.aws.secrets.of(placeOf(region)).map(({ name }) => name);
  const functionsIn = (region: string): string[] =>
    functionNames.map((name) => functionArn({ name, ...placeOf(region) }));

  /** As an application does it: what stands in the secret that its own stack exports. */
  async function readSecret(): Promise<Login> {
    const SecretId = String((await application.outputs()).secretArn);
    const region = SecretId.split(":")[3];
    const { SecretString } = await teams.stack.aws.direct(
      "secretsmanager",
      "GetSecretValue",
      { SecretId },
      placeOf(region),
    );
    const { username, password } = JSON.parse(String(SecretString)) as Record<string, string>;
    return { user: username, password };
  }

  it("the second, when it comes too early, is told once what it waits for", async () => {
    const { messages } = await application.failing("preview");
    assert.deepEqual(
      messages.filter(({ severity }) => severity === "error").map(({ text }) => text),
      [
        'The output "provisioner" of stack organization/database-team/prod does not exist; deploy that stack first and export provisioner.ref there.',
      ],
    );
  });

  it("the first makes the provisioner: AWS resources, and one that guards their end", async () => {
    const run = await database.up();
    const types = new Set(run.steps.map(({ type }) => (type.startsWith("aws:") ? "aws" : type)));
    assert.deepEqual([...types].sort(), [
      "aws",
      "db-access:index:Provisioner",
      "pulumi-nodejs:dynamic/db-access:ProvisionerGuard",
      "pulumi:providers:aws",
      "pulumi:providers:pulumi-nodejs",
      "pulumi:pulumi:Stack",
    ]);
    assert.equal(run.steps.filter(({ type }) => !type.startsWith("pulumi:")).at(-1)?.name, "orders-guard");
    assert.deepEqual(teams.stack.lambda.names().sort(), functionNames);
    const { provisioner } = await database.outputs();
    const { functions, discovery } = provisioner as { functions: { access: string }; discovery: { parameter: string } };
    assert.match(functions.access, /:function:db-access-orders-access:live$/);
    assert.equal(discovery.parameter, "/db-access/orders");
  });

  it("the second makes a login with it, whose secret opens the database and no more than was granted", async () => {
    checks = [];
    await application.up();
    login = await readSecret();
    const migration = "SET ROLE shop_owner; CREATE TABLE public.orders (id int)";
    assert.equal(await attempt(server(), teams.server.superuser, "shop", migration), "ok");
    assert.equal(await tryIt("INSERT INTO public.orders VALUES (1)"), "ok");
    assert.equal(await tryIt("TRUNCATE public.orders"), "42501");
  });

  it("the function has worked with the role of the stack, which allows everything that it asked for", () => {
    const own = checks.filter(({ action }) => action.startsWith("secretsmanager:"));
    assert.ok(own.some(({ action }) => action === "secretsmanager:CreateSecret"));
    for (const { role, action, decision } of own) {
      assert.match(role, /:role\/db-access\/orders-access-role-[0-9a-f]{7}$/);
      assert.equal(decision.effect, "allow", action);
    }
  });

  it("neither has anything to do afterwards, and a refresh finds everything", async () => {
    await Promise.all([database, application].map((engine) => engine.expectNoChanges({ args: ["--refresh"] })));
  });

  it("other code, more memory, and a change by hand that is taken back: the second team notices nothing", async () => {
    const access = functionNames[0];
    const before = teams.stack.lambda.get(access).codeSha256;
    await teams.stack.lambda.updateFunction("db-access-orders-rotate", { memoryMb: 256 });
    database.configure({ memoryMb: 1024, ca: `${teams.ca}\n` });
    const run = await database.up({ args: ["--refresh"] });
    const changed = stepsOf(run).filter((step) => step.startsWith("update ") && !step.endsWith("-dashboard"));
    assert.deepEqual(changed, [
      "update orders-access",
      "update orders-access-live",
      "update orders-migrate",
      "update orders-migrate-live",
      "update orders-rotate",
    ]);
    assert.equal(teams.stack.lambda.get(access).spec.memoryMb, 1024);
    assert.equal(teams.stack.lambda.get("db-access-orders-rotate").spec.memoryMb, 512);
    assert.notEqual(teams.stack.lambda.get(access).codeSha256, before);
    await application.expectNoChanges();
    assert.equal(await tryIt("TABLE public.orders"), "ok");
  });

  it("in the wrong order the first is refused, with whom to talk to, before anything is deleted", async () => {
    const resources = (await database.exported()).deployment.resources?.length;
    const { output } = await database.failing("destroy");
    assert.match(
      output,
      /ClaimsRemain: The provisioner of orders stays, because 4 claims there can be ended through it alone: organization\/application-team\/prod \(4\)\. Destroy those stacks first; or set forceDestroy: true/,
    );
    assert.equal((await database.exported()).deployment.resources?.length, resources);
    assert.deepEqual(teams.stack.lambda.names().sort(), functionNames);
    assert.equal(await tryIt("TABLE public.orders"), "ok");
  });

  it("with forceDestroy it goes, and the second is told what is missing, and loses nothing", async () => {
    database.configure({ forceDestroy: true });
    const run = await database.up();
    assert.deepEqual(stepsOf(run), ["update orders-guard"]);
    await database.destroy();
    assert.deepEqual(teams.stack.lambda.names(), []);
    const { output } = await application.failing("destroy");
    assert.match(
      output,
      /FunctionMissing: The function \S+ does not exist in \S+; deploy the provisioner's stack first/,
    );
    assert.equal(await tryIt("TABLE public.orders"), "ok");
  });

  it("made again in another Region it serves the second on, which only writes down where: all but the secret stays", async () => {
    const moved = await teams.database(example("database-team"), { name: "moved", region: elsewhere });
    await moved.up();
    assert.deepEqual(teams.stack.lambda.arns().sort(), functionsIn(elsewhere));
    application.configure({ databaseStack: "organization/database-team/moved" });
    const run = await application.up();
    assert.deepEqual(stepsOf(run), ["update api", "update api-write", "update owner", "update shop"]);
    // The function has no rights in the former Region, so the login has a secret, and a password, of its own here.
    assert.deepEqual(secretNames(elsewhere).sort(), ["orders-admin", "orders/shop_api"]);
    assert.equal(await tryIt("TABLE public.orders"), "28P01");
    login = await readSecret();
    assert.equal(await tryIt("TABLE public.orders"), "ok");
    await application.expectNoChanges();
    database = moved;
  });

  it("in the right order both end, and neither leaves a trace", async () => {
    await application.destroy();
    assert.equal(await tryIt("SELECT 1"), "28P01");
    assert.deepEqual(secretNames(elsewhere), ["orders-admin"]);
    await database.destroy();
    assert.deepEqual(teams.stack.lambda.names(), []);
    assert.deepEqual(teams.stack.aws.parameters.save(), []);
    for (const engine of [database, application])
      assert.deepEqual((await engine.exported()).deployment.resources ?? [], []);
  });
});
