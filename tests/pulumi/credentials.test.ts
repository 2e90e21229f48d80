import assert from "node:assert/strict";
import { Engine } from "../support/engine";
import { attempt, byHand, secretOf, startWorld, type Login, type World } from "../support/world";
import { declare, programOf } from "./program";

describe("a rotated user with a secret of its own, on PostgreSQL 17", () => {
  let world: World;
  let engine: Engine;
  const path = "/orders/app";

  const write = (username: string, passwordVersion: number): void =>
    engine.write(
      programOf(
        declare("DbUser", "app", {
          username: JSON.stringify(username),
          auth: `{ kind: "password", secret: { name: "orders/app", recoveryDays: 0, readers: ["111122223333"], replicas: [{ region: "eu-west-1" }] } }`,
          rotation: `{ strategy: "alternating", days: 30, graceSeconds: 0 }`,
          parameterPath: JSON.stringify(path),
          passwordVersion: String(passwordVersion),
        }),
      ),
    );
  const outputs = async (): Promise<Record<string, unknown>> => (await engine.resources()).app.outputs;
  const login = async (): Promise<Login> => {
    const { username, password } = await secretOf(world, "orders/app");
    return { user: username, password };
  };
  const enter = (who: Login): Promise<string> => attempt(world, who, undefined, "SELECT 1");
  const roles = async (): Promise<unknown[]> =>
    (await byHand(world, undefined, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%' ORDER BY 1")).map(
      ({ rolname }) => rolname,
    );
  const parameters = async (): Promise<Record<string, string>> => {
    const found = (await world.stack.aws.direct("ssm", "GetParametersByPath", { Path: path })) as {
      Parameters: { Name: string; Value: string }[];
    };
    return Object.fromEntries(found.Parameters.map(({ Name, Value }) => [Name.slice(path.length + 1), Value]));
  };
  const secrets = () => world.stack.aws.secrets.save().filter(({ name }) => name === "orders/app");
  const assertNothingToDo = async (): Promise<void> => {
    const { changes, output } = await engine.preview();
    assert.deepEqual(changes, { same: 2 }, output);
  };

  before(async () => {
    world = await startWorld("postgresql@17");
    engine = await Engine.start({ program: { code: "" }, env: world.stack.env() });
  });
  after(async () => {
    await engine?.stop();
    await world?.stop();
  });

  it("is made with all its settings, and then there is nothing to do", async () => {
    write("shop", 1);
    await engine.up();
    assert.deepEqual(await roles(), ["shop", "shop_a", "shop_b"]);
    const { secretArn, parameterNames } = await outputs();
    assert.deepEqual(
      secrets()
        .map(({ arn, region, rotation, policy }) => [
          arn === secretArn,
          region,
          rotation?.rules?.AutomaticallyAfterDays,
          policy !== undefined,
        ])
        .sort(),
      [
        [false, "eu-west-1", undefined, true],
        [true, world.stack.region, 30, true],
      ],
    );
    const { user } = await login();
    assert.equal((await parameters()).username, user);
    assert.deepEqual(
      parameterNames,
      ["host", "port", "username", "secretArn"].map((name) => `${path}/${name}`),
    );
    assert.equal(await enter(await login()), "ok");
    await assertNothingToDo();
  });

  it("a rotation is no drift: a refresh shows it, and the next preview is empty", async () => {
    const before = await outputs();
    const former = await login();
    const { aws } = world.stack;
    await aws.direct("secretsmanager", "RotateSecret", { SecretId: "orders/app" });
    assert.equal(await world.stack.rotationEnded(String(before.secretArn)), "done");
    const now = await login();
    assert.notEqual(now.user, former.user);
    assert.equal(await enter(now), "ok");
    await assertNothingToDo();
    await engine.refresh();
    const after = await outputs();
    assert.notEqual(after.secretVersionId, before.secretVersionId);
    assert.notEqual(after.passwordLastChanged, before.passwordLastChanged);
    assert.deepEqual(after.drift, []);
    assert.equal((await parameters()).username, now.user);
    await assertNothingToDo();
  });

  it("another passwordVersion resets the password once", async () => {
    const former = await login();
    write("shop", 2);
    await engine.up();
    const now = await login();
    assert.equal(now.user, former.user);
    assert.notEqual(await enter(former), "ok");
    assert.equal(await enter(now), "ok");
    await assertNothingToDo();
  });

  it("is replaced, and the secret under its fixed name goes over to the next", async () => {
    const former = await login();
    write("shopper", 2);
    await engine.up();
    assert.deepEqual(await roles(), ["shopper", "shopper_a", "shopper_b"]);
    const now = await login();
    assert.match(now.user, /^shopper_[ab]$/);
    assert.equal(await enter(now), "ok");
    assert.notEqual(await enter(former), "ok");
    assert.equal((await parameters()).username, now.user);
    await assertNothingToDo();
  });

  it("leaves nothing when it is destroyed", async () => {
    await engine.destroy();
    assert.deepEqual([await roles(), secrets(), await parameters()], [[], [], {}]);
  });
});
