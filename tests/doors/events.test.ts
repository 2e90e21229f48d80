import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";
import assert from "node:assert/strict";
import { actionDoor } from "../../provisioner/doors/action-door";
import { databaseCreatedDoor } from "../../provisioner/doors/database-created";
import type { DatabaseCreated } from "../../provisioner/doors/database-created/event";
import { eventSchemas } from "../../provisioner/doors/schemas";
import { applicationLogin, usernameOf } from "../../provisioner/doors/database-created/application";
import { parameterChangedDoor } from "../../provisioner/doors/parameter-changed";
import { unknownEventDoor } from "../../provisioner/doors/unknown-event";
import type { FunctionConfig } from "../../provisioner/config";
import { DbAccessError } from "../../provisioner/errors";
import { claimProblems } from "../../provisioner/access/validate";
import "../support/seed";

const doors = [actionDoor, databaseCreatedDoor, parameterChangedDoor, unknownEventDoor];

const events: Record<string, Record<string, unknown>> = {
  create: { action: "create_user", username: "ada", database: "shop", level: "readonly", hosts: ["%"], auth: "iam" },
  grant: { action: "update_grant", username: "ada", level: "admin", cluster: "orders", requestedBy: "me" },
  reset: { action: "reset_password", username: "ada" },
  delete: { action: "delete_user", username: "ada", hosts: ["10.0.%"] },
  created: {
    database_type: "postgres",
    database_name: "shop",
    endpoint: "db.example.org:5432",
    account: "111122223333",
    application_name: "api",
    groups: ["readers"],
    tf: { action: "create", prev_input: null },
  },
  changed: {
    source: "aws.ssm",
    "detail-type": "Parameter Store Change",
    account: "111122223333",
    region: "us-east-1",
    detail: { name: "/users", operation: "Update" },
  },
};

/** The doors that take the event; a door that says what is wrong has taken it, too. */
function taken(event: unknown): { name: string; message?: string }[] {
  return doors.flatMap(({ name, read }) => {
    try {
      return read(event) === undefined ? [] : [{ name }];
    } catch (error) {
      assert.ok(error instanceof DbAccessError, String(error));
      assert.equal(error.code, "InvalidInput");
      assert.match(error.message, /Nothing was changed\.$/);
      return [{ name, message: error.message }];
    }
  });
}

describe("events", () => {
  it("are each taken by one door", () => {
    const expected = ["action", "action", "action", "action", "database-created"];
    assert.deepEqual(
      Object.values(events).map((event) => taken(event)[0]),
      [...expected, "parameter-changed"].map((name) => ({ name })),
    );
    for (const none of [null, 1, "x", [], {}, { protocols: {} }, { Step: "createSecret" }, { source: "x" }])
      assert.deepEqual(taken(none), []);
  });

  it("are published as JSON Schemas, which a validator of others reads alike", () => {
    const { actionEvent, databaseCreatedEvent } = eventSchemas() as Record<string, object>;
    const ajv = new Ajv2020({ strict: false });
    const [isAction, isCreated] = [ajv.compile(actionEvent), ajv.compile(databaseCreatedEvent)];
    const { create, grant, reset, delete: remove, created } = events;
    for (const event of [create, grant, reset, remove]) assert.ok(isAction(event), JSON.stringify(isAction.errors));
    assert.ok(isCreated(created), JSON.stringify(isCreated.errors));
    for (const event of [{ ...reset, level: "admin" }, { ...grant, level: "owner" }, { action: "reset_password" }])
      assert.equal(isAction(event), false);
    for (const more of [{ account: "1" }, { master_password: "x" }, { level: "admin" }])
      assert.equal(isCreated({ ...created, ...more }), false);
  });

  it("that are anything at all are refused by no other error than InvalidInput, or are for no door", () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (event) => void taken(event)));
  });

  it("that are nearly in order are refused with the place, and never with a value", () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    const secret = fc.stringMatching(/^hunter2[a-z]{8}$/);
    const changed = fc
      .tuple(fc.constantFrom(...Object.values(events)), fc.nat(9), fc.oneof(value, secret), fc.string(), secret)
      .map(([event, index, other, key, hidden]) => {
        const keys = Object.keys(event);
        const known = keys[index % keys.length];
        return { event: { ...event, [known]: other, [key]: { inner: hidden } }, hidden };
      });
    fc.assert(
      fc.property(changed, ({ event, hidden }) => {
        for (const { message } of taken(event)) {
          assert.ok(message?.includes(hidden) !== true, message);
          assert.ok(message?.includes("hunter2") !== true, message);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("about databases give names that every server takes, the same again, and different ones for others", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/);
    const name = fc.string({ minLength: 1, maxLength: 64, unit: "grapheme" });
    const seen = new Map<string, string>();
    const config = { parameterPath: "/orders" } as FunctionConfig;
    fc.assert(
      fc.property(label, name, (application_name, database_name) => {
        const event = { application_name, database_name } as DatabaseCreated;
        const username = usernameOf(event);
        assert.match(username, /^app_[a-z0-9_]{1,28}$/);
        assert.ok(username.length <= 32);
        assert.equal(usernameOf({ ...event, environment: "prod" }), username);
        const key = JSON.stringify([application_name, database_name]);
        assert.equal(seen.get(username) ?? key, key);
        seen.set(username, key);
        const claim = applicationLogin(event, config);
        const problems = claimProblems(
          { ...claim, database: undefined },
          {
            product: "mysql",
            versionNumber: 80000,
            secretNamePrefixes: ["rds-"],
            allowGlobalPrivileges: [],
            admin: "admin",
            account: "111122223333",
            region: "us-east-1",
          },
        );
        assert.deepEqual(problems, []);
      }),
    );
  });
});
