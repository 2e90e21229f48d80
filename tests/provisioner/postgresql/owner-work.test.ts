import assert from "node:assert/strict";

import type { Facts } from "../../../provisioner/engines/postgresql/facts";
import { OwnerWork } from "../../../provisioner/engines/postgresql/owner-work";
import type { RoleFacts } from "../../../provisioner/engines/postgresql/resolve";
import { plainStatement } from "../../../provisioner/engines/postgresql/statements";
import { codeIs } from "./server";

const facts = (memberOptions: boolean): Facts => ({
  family: "postgresql",
  product: "postgresql",
  version: memberOptions ? "17.1" : "15.1",
  versionNumber: memberOptions ? 170001 : 150001,
  admin: { name: "admin" },
  adminDatabase: "postgres",
  forcesTls: true,
  iamAvailable: true,
  maxNameLength: 63,
  memberOptions,
  parameterAcls: true,
  adminCreatesRoles: true,
  iamExists: true,
});

const role = (fields: Partial<RoleFacts> = {}): RoleFacts => ({
  name: "owner",
  superuser: false,
  iam: false,
  canSet: false,
  inherits: false,
  adminThrough: "admin",
  held: [],
  ...fields,
});

function work(fields: Partial<RoleFacts>, memberOptions = true, adminUsesIam = false): OwnerWork {
  return new OwnerWork(facts(memberOptions), new Map([["owner", role(fields)]]), adminUsesIam);
}

const texts = (owner: OwnerWork): string[] => owner.finish().map((statement) => statement.text);
const act = (owner: OwnerWork, name = "owner"): OwnerWork => {
  owner.addAs(name, [plainStatement("one"), plainStatement("two")]);
  return owner;
};

describe("PostgreSQL work as an owner", () => {
  it("borrows a membership and gives it back", () => {
    assert.deepEqual(texts(act(work({}))), [
      `GRANT "owner" TO CURRENT_USER WITH INHERIT FALSE, SET TRUE GRANTED BY "admin"`,
      `SET LOCAL ROLE "owner"`,
      "one",
      "two",
      "RESET ROLE",
      `REVOKE "owner" FROM CURRENT_USER GRANTED BY "admin"`,
    ]);
    assert.deepEqual(texts(act(work({ adminThrough: null }, false))), [
      `GRANT "owner" TO CURRENT_USER`,
      `SET LOCAL ROLE "owner"`,
      "one",
      "two",
      "RESET ROLE",
      `REVOKE "owner" FROM CURRENT_USER`,
    ]);
  });

  it("borrows nothing that is there already", () => {
    for (const memberOptions of [true, false])
      assert.deepEqual(texts(act(work({ canSet: true, iam: true }, memberOptions))), [
        `SET LOCAL ROLE "owner"`,
        "one",
        "two",
        "RESET ROLE",
      ]);
    assert.deepEqual(texts(act(work({}), "admin")), ["one", "two"]);
    const inheriting = work({ inherits: true });
    inheriting.inheritFrom("owner");
    assert.deepEqual(texts(inheriting), []);
  });

  it("puts a membership back as it was, with the options it had", () => {
    const held = [
      { grantor: "rdsadmin", admin: true, inherit: false, set: false },
      { grantor: "admin", admin: false, inherit: true, set: false },
    ];
    assert.deepEqual(texts(act(work({ inherits: true, held }))), [
      `GRANT "owner" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE GRANTED BY "admin"`,
      `SET LOCAL ROLE "owner"`,
      "one",
      "two",
      "RESET ROLE",
      `GRANT "owner" TO CURRENT_USER WITH INHERIT TRUE, SET FALSE GRANTED BY "admin"`,
    ]);
  });

  it("widens what is borrowed and switches as seldom as it can", () => {
    const owner = work({ adminThrough: "group" });
    owner.inheritFrom("owner");
    owner.giveTo("owner");
    owner.addAs("owner", [plainStatement("one")]);
    owner.addAs("owner", [plainStatement("two")]);
    owner.add(plainStatement("three"));
    assert.deepEqual(texts(owner), [
      `GRANT "owner" TO CURRENT_USER WITH INHERIT TRUE, SET FALSE GRANTED BY "group"`,
      `GRANT "owner" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE GRANTED BY "group"`,
      `SET LOCAL ROLE "owner"`,
      "one",
      "two",
      "RESET ROLE",
      "three",
      `REVOKE "owner" FROM CURRENT_USER GRANTED BY "group"`,
    ]);
  });

  it("knows a role that is made in the same transaction", () => {
    const owner = work({});
    owner.giveTo("fresh");
    assert.deepEqual(texts(owner), [
      `GRANT "fresh" TO CURRENT_USER WITH INHERIT FALSE, SET TRUE GRANTED BY "admin"`,
      `REVOKE "fresh" FROM CURRENT_USER GRANTED BY "admin"`,
    ]);
  });

  it("refuses superusers, IAM users and roles it cannot administer", () => {
    assert.throws(() => act(work({ superuser: true })), codeIs("NotAuthorized", /owner is a superuser/));
    assert.throws(() => act(work({ iam: true })), codeIs("OwnerIsIamUser", /owner is an IAM user/));
    assert.ok(
      texts(act(work({ iam: true }, true, true))).length > 0,
      "a provisioner that logs in by IAM loses nothing",
    );
    assert.throws(
      () => act(work({ adminThrough: null })),
      codeIs("NotAuthorized", /admin cannot act for owner.*ADMIN OPTION/),
    );
  });
});
