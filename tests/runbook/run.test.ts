import assert from "node:assert/strict";
import { attempt, byHand, secretOf, type Login, type Outcome } from "../support/world";
import { actionsIn } from "./actions";
import { runInLocations, type Execution } from "./automation";
import { stackSuite } from "./stack-suite";
import { document, runIn, startOrganisation, type DatabaseAccount, type Organisation } from "./place";

const succeeded = (execution: Execution): Execution => {
  assert.equal(execution.status, "Success", execution.failureMessage);
  return execution;
};
const arnOf = ({ outputs }: Execution): string => String(outputs["answer.secretArn"]);

/** What each level may do, by the first letters of the statements. */
const statements = {
  SELECT: "SELECT id FROM items",
  INSERT: "INSERT INTO items VALUES (1)",
  DELETE: "DELETE FROM items",
  CREATE: "CREATE TABLE made (id int)",
};
const allowed: Record<string, string[]> = {
  readonly: ["SELECT"],
  readwrite: ["SELECT", "INSERT", "DELETE"],
  admin: ["SELECT", "INSERT", "DELETE", "CREATE"],
};

const loginOf = async ({ world }: DatabaseAccount, secretArn: string): Promise<Login> => {
  const { username, password } = await secretOf(world, secretArn);
  return { user: username, password };
};

/** Tries everything that a level decides about. */
async function assertLevel({ world }: DatabaseAccount, login: Login, level: string): Promise<void> {
  for (const [kind, sql] of Object.entries(statements)) {
    const outcome: Outcome = await attempt(world, login, "shop", sql);
    assert.equal(outcome === "ok", allowed[level].includes(kind), `${level}: ${kind} ended with ${outcome}`);
    if (kind === "CREATE" && outcome === "ok") await attempt(world, login, "shop", "DROP TABLE made");
  }
}

describe("the runbook, run by an interpreter against real provisioners", function () {
  this.timeout(120_000);
  let organisation: Organisation;

  before(async () => {
    organisation = await startOrganisation();
  });
  after(() => organisation?.stop());

  for (const family of ["postgresql", "mysql"] as const) {
    describe(family, () => {
      const place = (): DatabaseAccount => organisation[family];
      let secretArn: string;

      for (const level of Object.keys(allowed))
        it(`create_user at ${level}: its secret logs in, and may do no more`, async () => {
          const parameters = { Action: "create_user", Username: `app_${level}`, Database: "shop", Level: level };
          const execution = succeeded(await runIn(place(), parameters));
          assert.deepEqual(execution.steps, ["invoke", "answer"]);
          assert.equal(execution.outputs["answer.username"], `app_${level}`);
          secretArn = arnOf(execution);
          await assertLevel(place(), await loginOf(place(), secretArn), level);
        });

      it("update_grant takes everything down to readonly", async () => {
        const login = await loginOf(place(), secretArn);
        succeeded(await runIn(place(), { Action: "update_grant", Username: "app_admin", Level: "readonly" }));
        await assertLevel(place(), login, "readonly");
      });

      it("delete_user: nobody logs in any more", async () => {
        const login = await loginOf(place(), secretArn);
        const execution = succeeded(await runIn(place(), { Action: "delete_user", Username: "app_admin" }));
        assert.equal(arnOf(execution), "");
        assert.match(await attempt(place().world, login, "shop", "SELECT 1"), /^(28P01|1045)$/);
      });
    });
  }

  it("reset_password: the former one is refused, and MySQL itself says that it was changed", async () => {
    const place = organisation.mysql;
    const { outputs } = await runIn(place, { Action: "create_user", Username: "reset_me" });
    const former = await loginOf(place, String(outputs["answer.secretArn"]));
    // The server keeps whole seconds.
    const ago = "UPDATE mysql.user SET password_last_changed = NOW() - INTERVAL 1 DAY WHERE user = 'reset_me'";
    await byHand(place.world, undefined, `${ago}; FLUSH PRIVILEGES`);
    const lastChanged = async (): Promise<string> => {
      const sql = "SELECT password_last_changed AS at FROM mysql.user WHERE user = 'reset_me'";
      return (await byHand(place.world, undefined, sql)).map(({ at }) => (at as Date).toISOString()).join();
    };
    const before = await lastChanged();
    const reset = succeeded(await runIn(place, { Action: "reset_password", Username: "reset_me" }));
    assert.notEqual(await lastChanged(), before);
    assert.equal(new Date(String(reset.outputs["answer.passwordLastChanged"])).toISOString(), await lastChanged());
    assert.equal(await attempt(place.world, former, undefined, "SELECT 1"), "1045");
    assert.equal(await attempt(place.world, await loginOf(place, arnOf(reset)), undefined, "SELECT 1"), "ok");
  });

  it("the same name at different hosts is several users to change and one to ask for", async () => {
    const place = organisation.mysql;
    const user = { Username: "many", Database: "shop" };
    const hosts = { Hosts: ["10.0.0.%", "%"] };
    const made = succeeded(await runIn(place, { Action: "create_user", ...user, ...hosts, Level: "readwrite" }));
    const login = await loginOf(place, arnOf(made));
    succeeded(await runIn(place, { Action: "update_grant", ...user, Hosts: ["10.0.0.%"], Level: "readonly" }));
    await assertLevel(place, login, "readwrite");
    succeeded(await runIn(place, { Action: "update_grant", ...user, Level: "readonly" }));
    await assertLevel(place, login, "readonly");
  });

  for (const functionErrors of ["are outputs", "fail the step"] as const)
    it(`a failed action fails the execution with the reason, where errors of functions ${functionErrors}`, async () => {
      const parameters = { Action: "update_grant", Username: "nobody", Level: "readonly" };
      const execution = await runIn(organisation.postgresql, parameters, { functionErrors });
      assert.equal(execution.status, "Failed");
      assert.match(String(execution.failureMessage), /ObjectMissing: No user nobody was made by an action/);
      assert.deepEqual(execution.outputs, {});
    });

  it("what the function refuses to read fails it too, and so does another cluster's name", async () => {
    const place = organisation.postgresql;
    const surplus = await runIn(place, { Action: "reset_password", Username: "app_readonly", Level: "admin" });
    assert.match(String(surplus.failureMessage), /InvalidInput: .*level/s);
    const other = await runIn(place, { Action: "delete_user", Username: "app_readonly", Cluster: "payments" });
    assert.match(String(other.failureMessage), /not authorized to perform: lambda:InvokeFunction on .*payments/);
  });

  it("what no parameter may be is refused before anything runs", async () => {
    for (const [parameters, message] of [
      [{ Action: "drop_database", Username: "x" }, /Action must be one of create_user/],
      [{ Action: "delete_user", Username: "x; DROP" }, /Username must match/],
      [{ Action: "delete_user", Username: "{{ Action }}" }, /Username must match/],
      [{ Action: "create_user", Username: "x", Level: "owner" }, /Level must match/],
      [{ Action: "create_user", Username: "x", Cluster: "*" }, /Cluster must match/],
      [{ Action: "create_user", Username: "x", AutomationAssumeRole: "" }, /AutomationAssumeRole must match/],
      [{ Action: "create_user" }, /Username is missing/],
    ] as [Record<string, string>, RegExp][])
      await assert.rejects(runIn(organisation.postgresql, parameters), message);
  });

  describe("made by the tooling account's example, under the real engine", () => {
    stackSuite(() => organisation.postgresql);
  });

  it("one command runs it in two accounts and Regions, each with its own role", async () => {
    const { postgresql, mysql } = organisation;
    const places = [postgresql, mysql];
    const given = {
      AutomationAssumeRole: ["arn:aws:iam::999900001111:role/db-access-runbook-administration"],
      Action: ["create_user"],
      Cluster: ["orders"],
      Username: ["everywhere"],
      Database: ["shop"],
      Level: ["readonly"],
    };
    const locations = places.map(({ world: { stack } }) => ({
      Accounts: [stack.account],
      Regions: [stack.region],
      ExecutionRoleName: "db-access-runbook-execution",
    }));
    const runs = await runInLocations(document, given, locations, (account, region, roleArn) => {
      const place = places.find(({ world: { stack } }) => stack.account === account && stack.region === region);
      assert.ok(place !== undefined);
      return actionsIn(place.world.stack, roleArn);
    });
    for (const [index, { execution }] of runs.entries()) {
      const place = places[index];
      assert.equal(succeeded(execution).assumeRole, place.roleArn);
      assert.ok(arnOf(execution).includes(`:${place.world.stack.region}:${place.world.stack.account}:`));
      await assertLevel(place, await loginOf(place, arnOf(execution)), "readonly");
    }
  });
});
