import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { declare, isDeclared } from "../../components/registry";
import type { Claim, GrantClaim } from "../../provisioner/protocol";

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
