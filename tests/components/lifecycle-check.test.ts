import assert from "node:assert/strict";
import fc from "fast-check";
import { check } from "../../components/lifecycle/check";
import { kinds } from "../../components/lifecycle/kinds";
import { hasUnknown, PROVIDER_KEY, UNKNOWN, valueAt, type Properties } from "../../components/lifecycle/wire";
import { everything, mysqlGrants, mysqlRef, pathsOf, postgresqlGrants, ref, valid, withValue } from "./support/inputs";

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
  it("accepts every kind's valid inputs", () => {
    for (const [name, given] of everything()) {
      const { inputs, failures } = check(kinds[name], {}, given);
      const { onDelete, ...rest } = inputs;
      assert.deepEqual([rest, failures], [given, []], `${name} ${JSON.stringify(given.on)}`);
      assert.match(String(onDelete), /^[A-Z].*\.$/);
    }
  });

  it("says among the inputs what deletion will do, because a preview shows nothing else of what is removed", () => {
    const said = (inputs: Properties): unknown => check(kinds.DbUser, {}, inputs).inputs.onDelete;
    assert.match(String(said({ ...minimal.DbUser, deletion: "lock" })), /^Locks u and ends its sessions/);
    assert.match(String(said({ ...minimal.DbUser, deletion: "retain" })), /^Leaves u/);
    assert.equal(said({ ...minimal.DbUser, deletion: { policy: UNKNOWN } }), UNKNOWN);
    assert.equal(said({ ...minimal.DbUser, username: "" }), undefined);
    assert.match(
      reasons("DbUser", { ...minimal.DbUser, onDelete: "Nothing." }),
      /^\|onDelete is made by DbUser itself; remove it\.$/m,
    );
  });

  it("says of its own result what it said before, whatever stands anywhere", () => {
    const all = everything();
    const junk = fc.oneof(
      fc.constant(UNKNOWN),
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(
        "drop",
        { policy: "drop" },
        ["b", "a", "b"],
        "public",
        " select ",
        "*",
        true,
        1,
        undefined,
      ),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(), junk, (which, at, value) => {
        const [name, inputs] = all[which % all.length];
        const paths = pathsOf(inputs);
        const once = check(kinds[name], {}, withValue(inputs, paths[at % paths.length], value));
        assert.deepEqual(check(kinds[name], {}, once.inputs).inputs, once.inputs);
        if (once.failures.length === 0) assert.deepEqual(check(kinds[name], once.inputs, once.inputs).failures, []);
      }),
      { numRuns: 5000 },
    );
  });

  it("fills in the defaults of the engine", () => {
    const { DbUser, DbRole, DbGrant, DbDatabase, DbSchema } = minimal;
    const on = (provisioner: unknown, kind: keyof typeof kinds, inputs: Properties): Properties => {
      const { inputs: result, failures } = check(kinds[kind], {}, { ...inputs, provisioner });
      assert.deepEqual(failures, []);
      for (const key of [...Object.keys(inputs), "onDelete"]) delete result[key];
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
    for (const [name, given] of everything()) {
      for (const path of pathsOf(given)) {
        const { inputs, failures } = check(kinds[name], {}, withValue(given, path, UNKNOWN));
        assert.deepEqual(failures, [], `${name} ${path.join(".")} of ${JSON.stringify(given.on)}`);
        assert.equal(hasUnknown(inputs), true);
      }
    }
  });

  it("survives anything in any place", () => {
    const junk = fc.oneof(fc.constant(UNKNOWN), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.constantFrom(...everything()), fc.nat(), fc.nat(), junk, junk, ([name, given], a, b, one, two) => {
        const paths = pathsOf(given);
        const first = withValue(given, paths[a % paths.length], one);
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
    assert.match(
      reasons("DbGrant", { ...grant, on: { kind: "planet" } }),
      /on\.kind is "planet"; give "global", "database", .* or "role"/,
    );
    assert.match(reasons("DbGrant", { ...grant, mode: "total" }), /^mode\|mode is "total"; use one of "additive"/m);
    assert.match(reasons("DbSchema", { ...minimal.DbSchema, provisioner: mysqlRef() }), /no schemas .* DbDatabase/);
    assert.match(reasons("DbRole", { ownerKey: "o", name: "r" }), /^\|provisioner is missing; pass the ref/m);
    const bad = { ...ref(), account: "12" };
    assert.match(reasons("DbRole", { ...minimal.DbRole, provisioner: bad }), /provisioner\.account is "12"/);
  });

  it("fills in no way to get there where nobody is let in", () => {
    const reach = (grant: Properties): unknown =>
      check(kinds.DbGrant, {}, withValue(grant, ["reach"], undefined)).inputs.reach;
    const { public: absence, tables } = postgresqlGrants();
    assert.equal(reach(tables), true);
    assert.equal(reach(absence), undefined);
    assert.equal(reach({ ...absence, grantee: "Public", effect: "grant" }), undefined);
    assert.equal(reach(mysqlGrants().tables), undefined);
  });

  it("keeps what was made by db-access under another name of the cluster as its own", () => {
    assert.equal(check(kinds.DbUser, {}, { ...minimal.DbUser, adopt: "fromLedger" }).inputs.deletion, "drop");
    assert.equal(check(kinds.DbUser, {}, { ...minimal.DbUser, adopt: UNKNOWN }).inputs.deletion, UNKNOWN);
  });

  it("writes every list of a target, and a composed template, in canonical form", () => {
    const { routines, largeObjects, parameters, columns, template } = postgresqlGrants();
    const on = (grant: Properties, path: string[], value: unknown): unknown =>
      valueAt(check(kinds.DbGrant, {}, withValue(grant, path, value)).inputs, path);
    assert.deepEqual(on(routines, ["on", "routines"], ["total(int4)", "area( float8 )", "total(integer)"]), [
      "area(double precision)",
      "total(integer)",
    ]);
    assert.deepEqual(on(largeObjects, ["on", "oids"], [10, 9, 10]), [9, 10]);
    assert.deepEqual(on(parameters, ["on", "parameters"], ["Work_Mem"]), ["work_mem"]);
    assert.deepEqual(on(columns, ["on", "columns"], ["b", "a", "b"]), ["a", "b"]);
    assert.deepEqual(on(template, ["template"], { extends: ["write", "read", "read"], privileges: ["trigger"] }), {
      extends: ["read", "write"],
      privileges: ["TRIGGER"],
    });
    const short = check(kinds.DbRole, {}, { ...minimal.DbRole, deletion: { policy: "retain" } });
    assert.equal(short.inputs.deletion, "retain");
  });

  it("names what is wrong with a target, at any depth", () => {
    const at = (grant: Properties, path: (string | number)[], value: unknown): string =>
      reasons("DbGrant", withValue(grant, path, value));
    const { columns, routines, sequences, largeObjects, parameters, template, role } = postgresqlGrants();
    assert.match(at(columns, ["on", "table"], undefined), /^\|on\.table is missing; give a text\.$/m);
    assert.match(at(columns, ["on", "columns"], "*"), /^\|on\.columns is "\*"; give a list\.$/m);
    assert.match(at(columns, ["on", "rows"], 1), /^on\|on has no argument "rows"; remove it\.$/m);
    assert.match(at(routines, ["on", "routines"], [3]), /^\|on\.routines is \[3\]; give "\*" or a list of signatures/m);
    assert.match(at(routines, ["on", "routines"], ["total"]), /"total" is not a signature/);
    assert.match(at(mysqlGrants().routines, ["on", "routines", 0, "type"], "view"), /^\|on\.routines.* is/m);
    assert.match(at(sequences, ["on", "sequences"], []), /on\.sequences must be "\*" or a list/);
    assert.match(at(sequences, ["on", "future"], { by: [] }), /^\|on\.future has no argument "by"; remove it\.$/m);
    assert.match(at(largeObjects, ["on", "oids"], ["7"]), /^\|on\.oids\[0\] is "7"; give a number\.$/m);
    assert.match(at(parameters, ["on", "parameters"], []), /on\.parameters must list at least one/);
    assert.match(at(role, ["on", "admin"], "yes"), /^\|on\.admin is "yes"; give true or false\.$/m);
    assert.match(at(template, ["template", "extends"], ["root"]), /template\.extends\[0\].*"root" is not known/);
    assert.match(at(template, ["template", "also"], 1), /^template\|template has no argument "also"; remove it\.$/m);
    assert.match(at(template, ["template"], 3), /^template\|template is 3; give the name of a template, or/m);
    assert.match(at(template, ["effect"], "deny"), /^effect\|effect is "deny"; use one of "grant", "revoke"\.$/m);
    assert.match(at(template, ["adopt"], "all"), /^adopt\|adopt is "all"; give true, false or "fromLedger"\.$/m);
    for (const kind of ["global", "sequences", "types", "largeObjects", "parameters"]) {
      const other = kind === "global" ? ref() : mysqlRef();
      const grant = { ...postgresqlGrants(), ...mysqlGrants() }[kind];
      assert.match(reasons("DbGrant", { ...grant, provisioner: other }), /on\.kind|on the whole server/i, kind);
    }
  });

  it("names what is wrong with a login's or role's deletion, limits and settings", () => {
    const user = (over: Properties): string => reasons("DbUser", { ...minimal.DbUser, ...over });
    const mysql = (over: Properties): string => user({ provisioner: mysqlRef(), ...over });
    assert.match(user({ deletion: "keep" }), /^deletion\|deletion is "keep"; use one of "drop", "lock", "retain"/m);
    assert.match(user({ deletion: { policy: "keep" } }), /^\|deletion\.policy is "keep"; use one of "drop"/m);
    assert.match(user({ deletion: {} }), /^\|deletion\.policy is missing; use one of "drop"/m);
    assert.match(
      user({ deletion: { policy: "drop", owned: 1 } }),
      /^deletion\|deletion has no argument "owned"; remove it/m,
    );
    assert.match(user({ deletion: { policy: "drop", dropOwned: 1 } }), /^\|deletion\.dropOwned is 1; give true/m);
    assert.match(
      user({ deletion: { policy: "drop", reassignOwnedTo: "u" } }),
      /^\|deletion\.reassignOwnedTo: u is what/m,
    );
    assert.match(mysql({ deletion: { policy: "drop", dropOwned: true } }), /definers and no owner/);
    const role = { ...minimal.DbRole, deletion: { policy: "drop", endSessions: true } };
    assert.match(reasons("DbRole", role), /^deletion\|deletion has no argument "endSessions"; remove it\.$/m);
    assert.match(
      reasons("DbRole", { ...minimal.DbRole, deletion: "lock" }),
      /^deletion\|deletion is "lock"; use one of/m,
    );
    const database = { ...minimal.DbDatabase, deletion: { policy: "drop" } };
    assert.match(reasons("DbDatabase", database), /^deletion\|deletion is .*; use one of "drop", "retain"\.$/m);
    assert.match(user({ limits: { queriesPerHour: 1 } }), /^limits\|PostgreSQL has no limits per hour/m);
    assert.match(mysql({ limits: { queriesPerHour: "1" } }), /^\|limits\.queriesPerHour is "1"; give a number\.$/m);
    assert.match(mysql({ limits: { queries: 1 } }), /^limits\|limits has no argument "queries"; remove it\.$/m);
    assert.match(mysql({ settings: { a: "b" } }), /^settings\|MySQL keeps no settings/m);
    assert.match(user({ settings: { work_mem: 4 } }), /^\|settings\.work_mem is 4; give a text\.$/m);
    assert.match(user({ adopt: "yes" }), /^adopt\|adopt is "yes"; give true, false or "fromLedger"\.$/m);
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
