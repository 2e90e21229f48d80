import assert from "node:assert/strict";
import type { AccessCheck } from "../../local/aws";
import type { Run } from "../support/engine";
import { attempt, secretOf, type Login, type Outcome } from "../support/world";
import { startTwoTeams, type TwoTeams } from "./two-teams";

const accessFunction = "db-access-orders-access";

const stepsOf = (run: Run): string[] =>
  run.steps
    .filter(({ type }) => type.startsWith("aws:") || type.startsWith("pulumi-nodejs:"))
    .map(({ operation, name }) => `${operation} ${name}`)
    .sort();

describe("the stacks of two teams, under the real engine", function () {
  this.timeout(180_000);
  let teams: TwoTeams;
  let login: Login;
  let checks: AccessCheck[] = [];

  before(async () => {
    teams = await startTwoTeams("postgresql@17");
    teams.stack.aws.roles.observe((check) => checks.push(check));
  });
  after(() => teams?.stop());

  const server = () => ({ server: teams.server, family: "postgresql" as const });
  const tryIt = (sql: string): Promise<Outcome> => attempt(server(), login, "shop", sql);
  const secretNames = (): string[] => teams.stack.aws.secrets.of(teams.stack).map(({ name }) => name);

  it("the first makes the provisioner, with AWS resources alone", async () => {
    const run = await teams.database.up();
    const types = new Set(run.steps.map(({ type }) => type.split(":")[0]));
    assert.deepEqual([...types].sort(), ["aws", "db-access", "pulumi"]);
    assert.deepEqual(teams.stack.lambda.names().sort(), [
      accessFunction,
      "db-access-orders-migrate",
      "db-access-orders-rotate",
    ]);
    const { provisioner } = await teams.database.outputs();
    const { functions, discovery } = provisioner as { functions: { access: string }; discovery: { parameter: string } };
    assert.match(functions.access, /:function:db-access-orders-access:live$/);
    assert.equal(discovery.parameter, "/db-access/orders");
  });

  it("the second makes a login with it, whose secret opens the database and no more than was granted", async () => {
    checks = [];
    await teams.application.up();
    const { secretArn } = await teams.application.outputs();
    const secret = await secretOf(teams, String(secretArn));
    login = { user: secret.username, password: secret.password };
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
    await teams.database.expectNoChanges({ args: ["--refresh"] });
    await teams.application.expectNoChanges({ args: ["--refresh"] });
  });

  it("a change by hand is found by a refresh and taken back", async () => {
    await teams.stack.lambda.updateFunction(accessFunction, { memoryMb: 256 });
    const run = await teams.database.up({ args: ["--refresh"] });
    assert.deepEqual(
      stepsOf(run).filter((step) => step.startsWith("update")),
      ["update orders-access", "update orders-access-live"],
    );
    assert.equal(teams.stack.lambda.get(accessFunction).spec.memoryMb, 512);
  });

  it("other code and more memory change the functions in their place, and the second team notices nothing", async () => {
    const codeOf = (): string => teams.stack.lambda.get(accessFunction).codeSha256;
    const before = codeOf();
    teams.database.configure({ memoryMb: 1024, ca: `${teams.ca}\n` });
    const run = await teams.database.up();
    const changed = stepsOf(run).filter((step) => !step.endsWith("-dashboard"));
    assert.deepEqual(changed, [
      "update orders-access",
      "update orders-access-live",
      "update orders-migrate",
      "update orders-migrate-live",
      "update orders-rotate",
    ]);
    assert.equal(teams.stack.lambda.get(accessFunction).spec.memoryMb, 1024);
    assert.notEqual(codeOf(), before);
    await teams.application.expectNoChanges({ args: ["--refresh"] });
    assert.equal(await tryIt("TABLE public.orders"), "ok");
  });

  it("in the wrong order the second is told what is missing, and loses nothing", async () => {
    await teams.database.destroy();
    assert.deepEqual(teams.stack.lambda.names(), []);
    const { output } = await teams.application.failing("destroy");
    assert.match(
      output,
      /FunctionMissing: The function \S+ does not exist in \S+; deploy the provisioner's stack first/,
    );
    assert.equal(await tryIt("TABLE public.orders"), "ok");
  });

  it("once the first is there again, the second can end as well, and neither leaves a trace", async () => {
    await teams.database.up();
    await teams.application.destroy();
    assert.equal(await tryIt("SELECT 1"), "28P01");
    assert.deepEqual(secretNames(), ["orders-admin"]);
    await teams.database.destroy();
    assert.deepEqual(teams.stack.lambda.names(), []);
    assert.deepEqual(teams.stack.aws.parameters.save(), []);
    for (const engine of [teams.database, teams.application])
      assert.deepEqual((await engine.exported()).deployment.resources ?? [], []);
  });
});
