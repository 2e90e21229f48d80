import assert from "node:assert/strict";
import fc from "fast-check";
import { check } from "../../components/lifecycle/check";
import { kindNames, kinds } from "../../components/lifecycle/kinds";
import { hasUnknown, PROVIDER_KEY, UNKNOWN, valueAt, type Properties } from "../../components/lifecycle/wire";
import { mysqlRef, pathsOf, ref, valid, withValue } from "./support/inputs";

const reasons = (kind: keyof typeof kinds, inputs: Properties, olds: Properties = {}): string =>
  check(kinds[kind], olds, inputs)
    .failures.map(({ property, reason }) => `${property}|${reason}`)
    .join("\n");

const minimal = {
  DbUser: { provisioner: ref(), ownerKey: "o", username: "u", auth: { kind: "password" } },
  DbRole: { provisioner: ref(), ownerKey: "o", name: "r" },
  DbGrant: {
    provisioner: ref(),
    ownerKey: "o",
    grantee: "u",
    on: { kind: "database", database: "d" },
    privileges: ["CONNECT"],
  },
  DbDatabase: { provisioner: ref(), ownerKey: "o", name: "d" },
  DbSchema: { provisioner: ref(), ownerKey: "o", database: "d", name: "s" },
};

describe("check", () => {
  it("accepts every kind's valid inputs, and its own result", () => {
    for (const name of kindNames) {
      const first = check(kinds[name], {}, valid()[name]);
      assert.deepEqual(first.failures, [], name);
      const second = check(kinds[name], first.inputs, first.inputs);
      assert.deepEqual(second, { inputs: first.inputs, failures: [] }, name);
    }
  });

  it("fills in the defaults of the engine", () => {
    const { DbUser, DbRole, DbGrant, DbDatabase, DbSchema } = minimal;
    const on = (provisioner: unknown, kind: keyof typeof kinds, inputs: Properties): Properties => {
      const { inputs: result, failures } = check(kinds[kind], {}, { ...inputs, provisioner });
      assert.deepEqual(failures, []);
      for (const key of Object.keys(inputs)) delete result[key];
      return result;
    };
    assert.deepEqual(on(ref(), "DbUser", DbUser), { deletion: "drop", passwordVersion: 1 });
    assert.deepEqual(on(mysqlRef(), "DbUser", DbUser), {
      deletion: "drop",
      hosts: ["%"],
      passwordVersion: 1,
      requireTls: true,
    });
    assert.deepEqual(on(mysqlRef(), "DbUser", { ...DbUser, auth: { kind: "iam" } }), {
      deletion: "drop",
      hosts: ["%"],
    });
    assert.deepEqual(on(ref(), "DbUser", { ...DbUser, adopt: true }), { deletion: "retain", passwordVersion: 1 });
    assert.deepEqual(on(ref(), "DbRole", DbRole), { deletion: "drop" });
    assert.deepEqual(on(ref(), "DbGrant", DbGrant), { mode: "additive", reach: true });
    assert.deepEqual(on(mysqlRef(), "DbGrant", { ...DbGrant, privileges: ["SELECT"] }), { mode: "additive" });
    assert.deepEqual(on(ref(), "DbDatabase", DbDatabase), { deletion: "retain", revokePublic: true });
    assert.deepEqual(on(mysqlRef(), "DbDatabase", DbDatabase), { deletion: "retain" });
    assert.deepEqual(on(ref(), "DbSchema", DbSchema), { deletion: "retain" });
  });

  it("never throws and never complains about an unknown, wherever it stands", () => {
    for (const name of kindNames) {
      for (const path of pathsOf(valid()[name])) {
        const { inputs, failures } = check(kinds[name], {}, withValue(valid()[name], path, UNKNOWN));
        assert.deepEqual(failures, [], `${name} ${path.join(".")}`);
        assert.equal(hasUnknown(inputs), true);
      }
    }
  });

  it("survives anything in any place", () => {
    const junk = fc.oneof(fc.constant(UNKNOWN), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.constantFrom(...kindNames), fc.nat(), fc.nat(), junk, junk, (name, a, b, one, two) => {
        const paths = pathsOf(valid()[name]);
        const first = withValue(valid()[name], paths[a % paths.length], one);
        const rest = pathsOf(first);
        const second = withValue(first, rest[b % rest.length], two);
        check(kinds[name], first, second);
      }),
      { numRuns: 2000 },
    );
  });

  it("writes lists and privileges in canonical form", () => {
    const grant = withValue(valid().DbGrant, ["privileges"], [" select", "Insert", "SELECT"]);
    const { inputs } = check(kinds.DbGrant, {}, withValue(grant, ["on", "tables"], ["orders", "lines", "orders"]));
    assert.deepEqual(inputs.privileges, ["INSERT", "SELECT"]);
    assert.deepEqual(valueAt(inputs, ["on", "tables"]), ["lines", "orders"]);
    const user = check(kinds.DbUser, {}, { ...minimal.DbUser, provisioner: mysqlRef(), hosts: ["b", "a"] });
    assert.deepEqual(user.inputs.hosts, ["a", "b"]);
  });

  it("refuses unknown arguments without repeating what may be a password", () => {
    const said = reasons("DbUser", { ...minimal.DbUser, password: "hunter2", userName: "x" });
    assert.match(said, /^\|DbUser has no argument "password"; the provisioner makes the password/m);
    assert.match(said, /^\|DbUser has no argument "userName"; write username\.$/m);
    assert.match(reasons("DbUser", { ...minimal.DbUser, auth: "hunter2" }), /^\|auth is a string; give \{ kind/m);
    const nested = { kind: "password", secret: { nam: "hunter2" } };
    const inside = reasons("DbUser", { ...minimal.DbUser, auth: nested });
    assert.match(inside, /^\|auth\.secret has no argument "nam"; remove it\.$/m);
    for (const text of [said, inside]) assert.doesNotMatch(text, /hunter2/);
  });

  it("names property, value and fix", () => {
    const user = minimal.DbUser;
    assert.match(reasons("DbUser", { ...user, username: "" }), /^username\|The user name is empty; give it a name\.$/m);
    assert.match(
      reasons("DbUser", { ...user, connectionLimit: "5" }),
      /^connectionLimit\|.* is "5"; give a number\.$/m,
    );
    assert.match(reasons("DbUser", { ...user, validUntil: "soon" }), /^validUntil\|"soon" is not a time; write it as/m);
    assert.match(reasons("DbUser", { ...user, username: undefined }), /^\|username is missing; give a name/m);
    assert.match(reasons("DbUser", { ...user, usernamePrefix: "p" }), /^usernamePrefix\|.*both given; keep one/m);
    assert.match(reasons("DbUser", { ...user, auth: { kind: "ldap" } }), /^\|auth\.kind is "ldap"; give "password"/m);
    assert.match(reasons("DbUser", { ...user, passwordExpires: 3 }), /^passwordExpires\|PostgreSQL has no/m);
    assert.match(
      reasons("DbUser", { ...user, auth: { kind: "password", secret: { name: "other/x" } } }),
      /^\|auth\.secret\.name: "other\/x" is outside the prefixes .*\(rds-, orders\/\)/m,
    );
    const grant = minimal.DbGrant;
    assert.match(reasons("DbGrant", { ...grant, privileges: ["FLY"] }), /"FLY" is not a privilege of database/);
    assert.match(reasons("DbGrant", { ...grant, template: "read" }), /privileges and template are both given/);
    assert.match(reasons("DbGrant", { ...grant, on: { kind: "planet" } }), /on\.kind is "planet"; give "database"/);
    assert.match(reasons("DbGrant", { ...grant, mode: "total" }), /^mode\|mode is "total"; use one of "additive"/m);
    assert.match(reasons("DbSchema", { ...minimal.DbSchema, provisioner: mysqlRef() }), /no schemas .* DbDatabase/);
    assert.match(reasons("DbRole", { ownerKey: "o", name: "r" }), /^\|provisioner is missing; pass the ref/m);
    const bad = { ...ref(), account: "12" };
    assert.match(reasons("DbRole", { ...minimal.DbRole, provisioner: bad }), /provisioner\.account is "12"/);
  });

  it("finds several problems at once", () => {
    const { failures } = check(kinds.DbUser, {}, { ...minimal.DbUser, username: "", connectionLimit: 0 });
    assert.equal(failures.length, 2);
  });

  it("leaves the engine's rules to create while the engine is unknown, but not what all engines say", () => {
    const unknown = { ...minimal.DbUser, provisioner: UNKNOWN };
    assert.equal(reasons("DbUser", { ...unknown, passwordExpires: 3, validUntil: "2027-01-01T00:00:00Z" }), "");
    assert.match(reasons("DbUser", { ...unknown, username: "" }), /The user name is empty/);
    assert.match(reasons("DbUser", { ...unknown, connectionLimit: 0 }), /connectionLimit is 0/);
  });

  it("makes a name from a prefix, and keeps the one in state while the prefix is unchanged", () => {
    const given = { ...minimal.DbUser, username: undefined, usernamePrefix: "orders" };
    const first = check(kinds.DbUser, {}, given).inputs;
    assert.match(String(first.username), /^orders_[a-z2-7]{8}$/);
    assert.equal(check(kinds.DbUser, {}, given).inputs.username, first.username);
    const otherOwner = { ...given, ownerKey: "another" };
    assert.equal(check(kinds.DbUser, first, otherOwner).inputs.username, first.username);
    assert.notEqual(check(kinds.DbUser, {}, otherOwner).inputs.username, first.username);
    const otherPrefix = { ...given, usernamePrefix: "bills_" };
    assert.match(String(check(kinds.DbUser, first, otherPrefix).inputs.username), /^bills_[a-z2-7]{8}$/);
    assert.match(reasons("DbUser", { ...given, usernamePrefix: "rds_" }), /^usernamePrefix\|.*reserved/m);
  });

  it("carries the serialized provider forward untouched", () => {
    const { inputs } = check(kinds.DbRole, {}, { ...minimal.DbRole, [PROVIDER_KEY]: "code" });
    assert.equal(inputs[PROVIDER_KEY], "code");
  });
});
