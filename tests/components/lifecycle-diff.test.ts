import assert from "node:assert/strict";
import fc from "fast-check";
import { check } from "../../components/lifecycle/check";
import { diff } from "../../components/lifecycle/diff";
import { kindNames, kinds, type KindName } from "../../components/lifecycle/kinds";
import { PROVIDER_KEY, UNKNOWN, type Properties } from "../../components/lifecycle/wire";
import {
  everything,
  foreignRotation,
  mysqlRef,
  mysqlUser,
  pathsOf,
  postgresqlGrants,
  ref,
  suppliedUser,
  theirFunction,
  theirs,
  valid,
  withValue,
} from "./support/inputs";

const same = { changes: false, replaces: [] };
const checked = (kind: KindName, inputs: Properties): Properties => check(kinds[kind], {}, inputs).inputs;
const state = (kind: KindName, inputs = valid()[kind]): Properties => ({
  ...checked(kind, inputs),
  onDelete: "words",
  drift: [],
});
const after = (kind: KindName, path: (string | number)[], value: unknown) =>
  diff(kinds[kind], state(kind), checked(kind, withValue(valid()[kind], path, value)));

describe("diff", () => {
  it("finds nothing when nothing has changed", () => {
    for (const [name, inputs] of everything())
      assert.deepEqual(diff(kinds[name], state(name, inputs), checked(name, inputs)), same, JSON.stringify(inputs.on));
  });

  it("replaces for another name or cluster, and for nothing else", () => {
    const table: [KindName, (string | number)[], unknown, string][] = [
      ["DbUser", ["username"], "other", "username"],
      ["DbRole", ["name"], "other", "name"],
      ["DbDatabase", ["name"], "other", "name"],
      ["DbSchema", ["name"], "other", "name"],
      ["DbSchema", ["database"], "other", "database"],
      ["DbGrant", ["grantee"], "other", "grantee"],
      ["DbGrant", ["on", "database"], "other", "on"],
      ["DbGrant", ["on", "schema"], "other", "on"],
      ["DbGrant", ["on"], { kind: "schema", database: "orders", schema: "public" }, "on"],
      ...kindNames.map((name): [KindName, string[], string, string] => [
        name,
        ["provisioner", "cluster"],
        "bills",
        "provisioner",
      ]),
    ];
    for (const [kind, path, value, key] of table) {
      const found = after(kind, path, value);
      assert.deepEqual(found.replaces, [key], `${kind} ${path.join(".")}`);
      assert.equal(found.changes, true);
    }
    const replacing = new Set(table.map(([kind, path]) => `${kind} ${path.join(".")}`));
    for (const kind of kindNames) {
      for (const path of pathsOf(valid()[kind])) {
        if (replacing.has(`${kind} ${path.join(".")}`) || path.join(".").startsWith("on.kind")) continue;
        if (path.join(".") === "provisioner.engine") continue;
        for (const value of ["other", 3, false, ["x"]])
          assert.deepEqual(after(kind, path, value).replaces, [], `${kind} ${path.join(".")} ${String(value)}`);
      }
    }
  });

  it("replaces for another engine only when the family is another", () => {
    const mysql = withValue(valid().DbRole, ["provisioner"], mysqlRef());
    const mariadb = withValue(valid().DbRole, ["provisioner"], ref({ engine: "mariadb" }));
    assert.deepEqual(diff(kinds.DbRole, state("DbRole"), mysql).replaces, ["provisioner"]);
    assert.deepEqual(diff(kinds.DbRole, state("DbRole", mysql), mariadb), { ...same, changes: true });
    const aurora = withValue(valid().DbRole, ["provisioner", "engine"], "aurora-postgresql");
    assert.deepEqual(diff(kinds.DbRole, state("DbRole"), aurora), { ...same, changes: true });
  });

  it("updates in place for another ref, another owner, and what a refresh has found", () => {
    const moved = withValue(valid().DbUser, ["provisioner", "functions", "access"], "elsewhere");
    assert.deepEqual(diff(kinds.DbUser, state("DbUser"), moved), { ...same, changes: true });
    assert.deepEqual(after("DbGrant", ["ownerKey"], "someone"), { ...same, changes: true });
    const drifted = { ...state("DbGrant"), drift: ["revoke DELETE on table public.orders from orders_api"] };
    assert.deepEqual(diff(kinds.DbGrant, drifted, checked("DbGrant", valid().DbGrant)), { ...same, changes: true });
  });

  it("treats an unknown as a change and never as a replacement, wherever it stands", () => {
    for (const [name, inputs] of everything()) {
      for (const path of pathsOf(inputs)) {
        const unknown = withValue(inputs, path, UNKNOWN);
        const found = diff(kinds[name], state(name, inputs), checked(name, unknown));
        assert.deepEqual(
          found,
          { ...same, changes: true },
          `${name} ${path.join(".")} of ${JSON.stringify(inputs.on)}`,
        );
        assert.deepEqual(diff(kinds[name], unknown, unknown).replaces, []);
      }
    }
  });

  it("takes a removed input for its default", () => {
    for (const key of ["adopt", "locked", "requireTls"]) assert.deepEqual(after("DbUser", [key], undefined), same, key);
    assert.deepEqual(after("DbUser", ["auth", "secret", "recoveryDays"], undefined), same);
    assert.deepEqual(after("DbUser", ["passwordVersion"], undefined), { ...same, changes: true });
    assert.deepEqual(after("DbUser", ["connectionLimit"], undefined), { ...same, changes: true });
    for (const key of ["withGrantOption", "cascade", "mode", "reach", "effect", "adopt"])
      assert.deepEqual(after("DbGrant", [key], undefined), same, key);
  });

  it("takes two ways to say one thing for one", () => {
    const pairs: [KindName, Properties, (string | number)[], unknown, unknown][] = [
      ["DbUser", valid().DbUser, ["deletion"], undefined, "drop"],
      ["DbUser", valid().DbUser, ["deletion"], "drop", { policy: "drop" }],
      ["DbUser", valid().DbUser, ["deletion"], "lock", { policy: "lock", endSessions: true, dropOwned: false }],
      ["DbUser", valid().DbUser, ["settings"], undefined, {}],
      ["DbUser", valid().DbUser, ["settings"], { work_mem: "1MB" }, { WORK_MEM: "1MB" }],
      ["DbUser", valid().DbUser, ["rotation", "graceSeconds"], undefined, 3600],
      ["DbUser", valid().DbUser, ["parameterPath"], "/orders/api", "/orders/api/"],
      ["DbUser", valid().DbUser, ["auth", "secret", "readers"], ["210987654321"], ["arn:aws:iam::210987654321:root"]],
      ["DbUser", valid().DbUser, ["auth", "secret", "replicas"], undefined, []],
      ["DbUser", valid().DbUser, ["auth", "secret", "inherit"], undefined, {}],
      [
        "DbUser",
        valid().DbUser,
        ["auth", "secret", "inherit"],
        { tags: ["b", "a"] },
        { policy: false, tags: ["a", "b"] },
      ],
      [
        "DbUser",
        valid().DbUser,
        ["auth", "secret", "inherit"],
        undefined,
        { policy: false, tags: [], rotation: false },
      ],
      ["DbUser", mysqlUser(), ["limits"], undefined, { queriesPerHour: 0, updatesPerHour: 0, connectionsPerHour: 0 }],
      ["DbUser", mysqlUser(), ["limits", "updatesPerHour"], undefined, 0],
      ["DbRole", valid().DbRole, ["deletion"], undefined, { policy: "drop", dropOwned: false }],
      ["DbGrant", postgresqlGrants().public, ["grantee"], "PUBLIC", "public"],
      ["DbGrant", postgresqlGrants().routines, ["on", "routines"], ["total(integer)"], ["total( int )"]],
      ["DbGrant", postgresqlGrants().largeObjects, ["on", "oids"], [7, 8], [8, 7, 8]],
      ["DbGrant", postgresqlGrants().parameters, ["on", "parameters"], ["work_mem"], ["Work_Mem"]],
    ];
    for (const [kind, inputs, path, one, other] of pairs) {
      const [a, b] = [one, other].map((value) => withValue(inputs, path, value));
      const words = `${kind} ${path.join(".")} ${JSON.stringify(one)}`;
      assert.deepEqual(diff(kinds[kind], state(kind, a), checked(kind, b)), same, words);
      assert.deepEqual(diff(kinds[kind], state(kind, b), checked(kind, a)), same, words);
    }
  });

  it("changes every part of what a login or grant claims in place", () => {
    const table: [KindName, Properties, (string | number)[], unknown][] = [
      ["DbUser", valid().DbUser, ["deletion"], "retain"],
      ["DbUser", valid().DbUser, ["deletion", "reassignOwnedTo"], "someone"],
      ["DbUser", valid().DbUser, ["deletion", "endSessions"], true],
      ["DbUser", valid().DbUser, ["settings", "statement_timeout"], "1min"],
      ["DbUser", valid().DbUser, ["settings"], undefined],
      ["DbUser", valid().DbUser, ["rotation"], undefined],
      ["DbUser", valid().DbUser, ["rotation", "days"], 31],
      ["DbUser", valid().DbUser, ["rotation"], { strategy: "single", schedule: "rate(4 hours)" }],
      ["DbUser", valid().DbUser, ["parameterPath"], "/orders/bi"],
      ["DbUser", valid().DbUser, ["parameterPasswordKeyArn"], undefined],
      ["DbUser", valid().DbUser, ["auth", "secret", "name"], "orders/other"],
      ["DbUser", valid().DbUser, ["auth", "secret", "readers"], []],
      ["DbUser", valid().DbUser, ["auth", "secret", "readers"], undefined],
      ["DbUser", valid().DbUser, ["auth", "secret", "replicas", 0], { region: "eu-south-1" }],
      ["DbUser", valid().DbUser, ["auth", "secret", "inherit", "policy"], false],
      ["DbUser", suppliedUser(), ["auth", "suppliedSecretArn"], `${theirs}-2`],
      ["DbUser", suppliedUser(), ["auth", "suppliedSecretArn"], undefined],
      ["DbUser", foreignRotation(), ["rotation", "functionArn"], `${theirFunction}-2`],
      ["DbUser", mysqlUser(), ["limits", "queriesPerHour"], 5],
      ["DbUser", mysqlUser(), ["hosts"], ["10.0.%"]],
      ["DbUser", mysqlUser(), ["adopt"], undefined],
      ["DbRole", valid().DbRole, ["deletion", "dropOwned"], true],
      ["DbGrant", valid().DbGrant, ["template"], { extends: ["read"] }],
      ["DbGrant", postgresqlGrants().template, ["template", "privileges"], ["REFERENCES"]],
      ["DbGrant", postgresqlGrants().public, ["effect"], undefined],
      ["DbGrant", postgresqlGrants().columns, ["on", "table"], "b"],
      ["DbGrant", postgresqlGrants().columns, ["on", "columns"], ["z"]],
      ["DbGrant", postgresqlGrants().routines, ["on", "routines"], "*"],
      ["DbGrant", postgresqlGrants().sequences, ["on", "future"], undefined],
      ["DbGrant", postgresqlGrants().role, ["on", "admin"], false],
    ];
    for (const [kind, inputs, path, value] of table)
      assert.deepEqual(
        diff(kinds[kind], state(kind, inputs), checked(kind, withValue(inputs, path, value))),
        { ...same, changes: true },
        `${kind} ${path.join(".")}`,
      );
  });

  it("replaces where a schema comes to a target that was about all of them, or leaves it", () => {
    const all = postgresqlGrants()["future tables"];
    const one = withValue(all, ["on", "schema"], "app");
    for (const [before, now] of [
      [all, one],
      [one, all],
    ])
      assert.deepEqual(diff(kinds.DbGrant, state("DbGrant", before), checked("DbGrant", now)).replaces, ["on"]);
  });

  it("does not look at the provider's text", () => {
    for (const name of kindNames) {
      const old = { ...state(name), [PROVIDER_KEY]: "exports.handler = __f0;" };
      assert.deepEqual(diff(kinds[name], old, { ...checked(name, valid()[name]), [PROVIDER_KEY]: "other" }), same);
    }
  });

  it("reads the state of an older version that lacks a key", () => {
    for (const name of kindNames) {
      for (const [key] of pathsOf(valid()[name]).filter((path) => path.length === 1)) {
        const old = withValue(state(name), [key], undefined);
        assert.deepEqual(diff(kinds[name], old, checked(name, valid()[name])).replaces, [], `${name} ${key}`);
      }
    }
    assert.deepEqual(diff(kinds.DbGrant, {}, checked("DbGrant", valid().DbGrant)), { ...same, changes: true });
  });

  it("never removes before it makes, also where two logins would write one secret", () => {
    const user = withValue(valid().DbUser, ["auth", "secret", "name"], "orders/api");
    const found = diff(kinds.DbUser, state("DbUser", user), checked("DbUser", withValue(user, ["username"], "other")));
    assert.deepEqual(found, { changes: true, replaces: ["username"] });
  });

  it("sees no difference in order, case or spacing", () => {
    const privilege = fc.constantFrom("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE");
    const spelled = fc.tuple(privilege, fc.boolean(), fc.boolean()).map(([name, lower, space]) => {
      const text = lower ? name.toLowerCase() : name;
      return space ? ` ${text}` : text;
    });
    const table = fc.constantFrom("a", "b", "c", "d");
    fc.assert(
      fc.property(fc.array(spelled, { minLength: 1 }), fc.array(table, { minLength: 1 }), (privileges, tables) => {
        const on = { kind: "tables", database: "orders", schema: "public", tables };
        const grant = { ...valid().DbGrant, on, privileges };
        const plain = [...new Set(privileges.map((text) => text.trim().toUpperCase()))].reverse();
        const again = { ...grant, on: { ...on, tables: [...tables].reverse() }, privileges: plain };
        assert.deepEqual(diff(kinds.DbGrant, state("DbGrant", grant), checked("DbGrant", again)), same);
      }),
    );
  });

  it("survives anything in any place", () => {
    const junk = fc.oneof(fc.constant(UNKNOWN), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.constantFrom(...everything()), fc.nat(), junk, fc.boolean(), ([name, given], at, value, old) => {
        const paths = pathsOf(given);
        const odd = withValue(given, paths[at % paths.length], value);
        diff(kinds[name], old ? odd : given, old ? given : odd);
      }),
      { numRuns: 2000 },
    );
  });
});
