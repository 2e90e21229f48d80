import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "../../components";
import { PROVIDER_KEY } from "../../components/lifecycle/wire";
import { ref } from "./support/inputs";

/** The application team's stack of design/architecture.md: that it compiles is half of the test. */
function applicationStack() {
  const orders = dbaccess.provisionerFromStack("acme/data/prod", "ordersProvisioner");
  const owner = new dbaccess.DbRole("owner", { provisioner: orders, name: "orders_owner" });
  const db = new dbaccess.DbDatabase("orders", { provisioner: orders, name: "orders", owner: owner.name });
  const api = new dbaccess.DbUser(
    "api",
    {
      provisioner: orders,
      username: "orders_api",
      database: db.name,
      auth: { kind: "password", secret: { name: "orders/api" } },
    },
    { dependsOn: db },
  );
  const grant = new dbaccess.DbGrant("api-write", {
    provisioner: orders,
    grantee: api.username,
    on: { kind: "tables", database: db.name, schema: "public", tables: "*", future: { createdBy: [owner.name] } },
    privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  });
  return { secret: api.secretArn, urns: [owner, db, api, grant].map(({ urn }) => urn) };
}

describe("the application team's program", () => {
  it("registers what it says", async () => {
    const seen = new Map<string, Record<string, unknown>>();
    await pulumi.runtime.setMocks(
      {
        newResource: ({ name, type, inputs }) => {
          const plain = Object.entries(inputs as Record<string, unknown>).filter(([key]) => key !== PROVIDER_KEY);
          seen.set(name, Object.fromEntries(plain));
          const outputs = { ordersProvisioner: ref() };
          const stack = type.endsWith("StackReference") ? { outputs, secretOutputNames: [] } : {};
          return { id: name, state: { ...inputs, ...stack, secretArn: "arn:secret" } };
        },
        call: () => ({}),
      },
      "shop",
      "prod",
      false,
      "acme",
    );
    const { secret, urns } = applicationStack();
    await new Promise((resolve) => pulumi.all([secret, ...urns]).apply(resolve));
    assert.deepEqual([...seen.keys()], ["db-access:acme/data/prod", "owner", "orders", "api", "api-write"]);
    assert.deepEqual(seen.get("api-write"), {
      provisioner: ref(),
      ownerKey: "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/db-access:DbGrant::api-write",
      grantee: "orders_api",
      on: {
        kind: "tables",
        database: "orders",
        schema: "public",
        tables: "*",
        future: { createdBy: ["orders_owner"] },
      },
      privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"],
    });
    assert.equal(seen.get("orders")?.owner, "orders_owner");
  });
});
