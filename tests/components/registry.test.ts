import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { declare, isDeclared } from "../../components/registry";
import type { Claim, GrantClaim, LoginClaim, Target } from "../../provisioner/protocol";

const role = (name: string): Claim => ({ kind: "role", name, deletion: "drop" });
const login = (name: string): Claim => ({ kind: "login", name, auth: { kind: "iam" }, deletion: "drop" });
const database = (name: string): Claim => ({ kind: "database", name, deletion: "retain" });
const schema = (of: string): Claim => ({ kind: "schema", database: of, name: "app", deletion: "retain" });
const grant = (mode: GrantClaim["mode"], tables: "*" | string[], grantee = "api"): Claim => ({
  kind: "grant",
  grantee,
  on: { kind: "tables", database: "orders", schema: "public", tables },
  privileges: ["SELECT"],
  mode,
});

describe("registry", () => {
  const begin = (): Promise<void> =>
    pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) });
  beforeEach(begin);

  const both = (one: Claim, other: Claim, cluster = "orders"): string | undefined => {
    assert.equal(declare("orders", one, "owner 1", 'DbX "one"'), undefined);
    return declare(cluster, other, "owner 2", 'DbX "two"');
  };

  it("names both resources of a conflict", () => {
    assert.equal(
      both(role("api"), login("api")),
      'DbX "one" and DbX "two" both claim the name api in cluster orders; keep one of them.',
    );
  });

  it("knows what can be claimed once only", async () => {
    const conflicts: [Claim, Claim][] = [
      [database("a"), database("a")],
      [schema("a"), schema("a")],
      [grant("exclusive", "*"), grant("exclusive", "*")],
      [grant("exclusive", ["a"]), grant("exclusive", ["a"])],
    ];
    for (const [one, other] of conflicts) {
      await begin();
      assert.match(String(both(one, other)), /both claim/);
    }
    const fine: [Claim, Claim][] = [
      [role("a"), role("b")],
      [role("a"), database("a")],
      [schema("a"), schema("b")],
      [grant("additive", "*"), grant("additive", "*")],
      [grant("additive", "*"), grant("exclusive", "*")],
      [grant("exclusive", "*"), grant("exclusive", ["a"])],
      [grant("exclusive", "*"), grant("exclusive", "*", "bi")],
    ];
    for (const [one, other] of fine) {
      await begin();
      assert.equal(both(one, other), undefined);
    }
  });

  it("knows what two logins cannot share: a secret, parameters, and the names of those that take turns", async () => {
    const user = (name: string, more: Partial<LoginClaim> = {}): Claim => ({
      kind: "login",
      name,
      auth: { kind: "password" },
      deletion: "drop",
      ...more,
    });
    const inSecret = (name: string): Partial<LoginClaim> => ({ auth: { kind: "password", secret: { name } } });
    const alternating: Partial<LoginClaim> = { rotation: { strategy: "alternating", days: 7 } };
    const conflicts: [Claim, Claim, RegExp][] = [
      [user("api", inSecret("orders/api")), user("bi", inSecret("orders/api")), /the secret orders\/api in/],
      [
        user("api", { parameterPath: "/orders" }),
        user("bi", { parameterPath: "/orders" }),
        /parameters under \/orders/,
      ],
      [user("api", alternating), user("api_b"), /the name api_b/],
      [role("api_a"), user("api", alternating), /the name api_a/],
    ];
    for (const [one, other, words] of conflicts) {
      await begin();
      assert.match(String(both(one, other)), words);
    }
    const fine: [Claim, Claim][] = [
      [user("api", inSecret("orders/api")), user("bi", inSecret("orders/bi"))],
      [user("api", { parameterPath: "/orders/api" }), user("bi", { parameterPath: "/orders" })],
      [user("api", { rotation: { strategy: "single", days: 7 } }), user("api_a")],
    ];
    for (const [one, other] of fine) {
      await begin();
      assert.equal(both(one, other), undefined);
    }
    await begin();
    declare("orders", user("api", alternating), "owner", "DbUser");
    assert.deepEqual(
      ["api", "api_a", "api_b", "api_c"].map((name) => isDeclared("orders", name)),
      [true, true, true, false],
    );
  });

  it("finds one grant that takes what another gives", async () => {
    const database: Target = { kind: "database", database: "orders" };
    const tables = (names: "*" | string[], more: object = {}): Target =>
      ({ kind: "tables", database: "orders", schema: "public", tables: names, ...more }) as Target;
    const stated = (
      effect: "grant" | "revoke" | undefined,
      on: Target,
      privileges: string[],
      grantee = "PUBLIC",
    ): Claim => ({
      kind: "grant",
      grantee,
      on,
      privileges,
      mode: "additive",
      ...(effect === undefined ? {} : { effect }),
    });
    assert.equal(
      both(stated("revoke", database, ["CONNECT", "TEMPORARY"]), stated(undefined, database, ["CONNECT"])),
      'DbX "one" and DbX "two" contradict each other in cluster orders: one gives PUBLIC CONNECT and the other takes it; keep one of them.',
    );
    const future = { future: { createdBy: ["owner"] } };
    const conflicts: [Target, Target][] = [
      [tables("*"), tables(["a"])],
      [tables(["a", "b"]), tables(["b", "c"])],
      [tables(["a"], future), tables(["b"], future)],
      [
        { kind: "parameters", parameters: ["a"] },
        { kind: "parameters", parameters: ["b", "a"] },
      ],
    ];
    for (const [one, other] of conflicts) {
      await begin();
      assert.match(
        String(both(stated("revoke", one, ["ALL"]), stated("grant", other, ["SET"]))),
        /contradict each other/,
      );
    }
    const fine: [Claim, Claim][] = [
      [stated("revoke", database, ["CONNECT"]), stated("revoke", database, ["CONNECT"])],
      [stated("revoke", database, ["CONNECT"]), stated("grant", database, ["TEMPORARY"])],
      [stated("revoke", database, ["CONNECT"]), stated("grant", database, ["CONNECT"], "api")],
      [stated("revoke", database, ["CONNECT"]), stated("grant", { kind: "database", database: "bills" }, ["CONNECT"])],
      [stated("revoke", tables(["a"]), ["SELECT"]), stated("grant", tables(["b"]), ["SELECT"])],
      [stated("revoke", tables("*"), ["SELECT"]), stated("grant", tables("*", { schema: "app" }), ["SELECT"])],
      [
        stated("revoke", tables("*"), ["SELECT"]),
        stated("grant", { kind: "schema", database: "orders", schema: "public" }, ["USAGE"]),
      ],
    ];
    for (const [one, other] of fine) {
      await begin();
      assert.equal(both(one, other), undefined, JSON.stringify([one, other]));
    }
  });

  it("keeps clusters, runs and a resource's own second registration apart", async () => {
    assert.equal(both(role("api"), role("api"), "bills"), undefined);
    assert.equal(declare("orders", role("api"), "owner 1", "again"), undefined);
    await begin();
    assert.equal(declare("orders", role("api"), "owner 2", "another run"), undefined);
  });

  it("knows what the program makes", () => {
    declare("orders", schema("shop"), "o", "t");
    assert.deepEqual(
      ["app", "shop.app", "shop"].map((name) => isDeclared("orders", name)),
      [true, true, false],
    );
    assert.equal(isDeclared("bills", "app"), false);
  });
});
