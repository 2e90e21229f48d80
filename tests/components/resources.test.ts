import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "../../components";
import { PROVIDER_KEY } from "../../components/lifecycle/wire";
import { ref } from "./support/inputs";

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const promiseOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

/** Waits until the engine (here: the mock) has the resource. */
async function registered(resource: pulumi.Resource, all: Registered[]): Promise<Registered> {
  const urn = await promiseOf(resource.urn);
  const found = all.find(({ name }) => urn.endsWith(`::${name}`));
  assert.ok(found !== undefined, urn);
  return found;
}

describe("resources", () => {
  const all: Registered[] = [];
  const begin = (organization?: string): Promise<void> => {
    all.length = 0;
    return pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          all.push({ type, name, inputs });
          return { id: `${name}-id`, state: { ...inputs, secretArn: "arn:secret", effective: ["SELECT"] } };
        },
        call: () => ({}),
      },
      "orders",
      "prod",
      false,
      organization,
    );
  };
  beforeEach(() => begin("acme"));

  const provisioner = ref();
  const on = { kind: "tables" as const, database: "orders", schema: "public", tables: "*" as const };
  const make = {
    DbUser: () => new dbaccess.DbUser("api", { provisioner, username: "api", auth: { kind: "iam" } }),
    DbRole: () => new dbaccess.DbRole("owner", { provisioner, name: "owner" }),
    DbGrant: () => new dbaccess.DbGrant("read", { provisioner, grantee: "api", on, template: "read" }),
    DbDatabase: () => new dbaccess.DbDatabase("db", { provisioner, name: "orders", owner: "owner" }),
    DbSchema: () => new dbaccess.DbSchema("schema", { provisioner, database: "orders", name: "app" }),
  };

  it("have their own type tokens, and pass on just what was given and who owns it", async () => {
    for (const [kind, construct] of Object.entries(make)) {
      const { type, name, inputs } = await registered(construct(), all);
      assert.equal(type, `pulumi-nodejs:dynamic/db-access:${kind}`);
      assert.equal(inputs.ownerKey, `acme/urn:pulumi:prod::orders::${type}::${name}`);
      assert.deepEqual(inputs.provisioner, provisioner);
      assert.equal(typeof inputs[PROVIDER_KEY], "string");
      assert.equal("drift" in inputs, false);
    }
    const database = all.find(({ name }) => name === "db");
    assert.equal(database?.inputs.owner, "owner");
  });

  it("take every argument as an input, at any depth", async () => {
    const out = pulumi.output;
    const user = new dbaccess.DbUser("full", {
      provisioner,
      username: out("full"),
      auth: {
        kind: "password",
        secret: out({
          name: out("orders/full"),
          readers: [out("123456789012")],
          replicas: out([{ region: out("eu-north-1") }]),
          inherit: out({ tags: [out("team")], policy: out(true) }),
        }),
      },
      rotation: { strategy: out("single" as const), days: out(30) },
      parameterPath: out("/orders/full"),
      limits: { queriesPerHour: out(5), updatesPerHour: 0 },
      settings: { statement_timeout: out("30s") },
      deletion: { policy: out("drop" as const), reassignOwnedTo: out("owner"), endSessions: out(false) },
      adopt: out("fromLedger" as const),
    });
    const { inputs } = await registered(user, all);
    assert.deepEqual(
      [inputs.auth, inputs.rotation, inputs.parameterPath],
      [
        {
          kind: "password",
          secret: {
            name: "orders/full",
            readers: ["123456789012"],
            replicas: [{ region: "eu-north-1" }],
            inherit: { tags: ["team"], policy: true },
          },
        },
        { strategy: "single", days: 30 },
        "/orders/full",
      ],
    );
    assert.deepEqual(
      [inputs.limits, inputs.settings, inputs.deletion, inputs.adopt],
      [
        { queriesPerHour: 5, updatesPerHour: 0 },
        { statement_timeout: "30s" },
        { policy: "drop", reassignOwnedTo: "owner", endSessions: false },
        "fromLedger",
      ],
    );
    const role = new dbaccess.DbRole("role", {
      provisioner,
      name: "role",
      deletion: out({ policy: "retain" as const }),
    });
    assert.deepEqual((await registered(role, all)).inputs.deletion, { policy: "retain" });
    const at = { database: out("orders"), schema: out("app") };
    const future = out({ createdBy: [out("owner")] });
    const targets: [dbaccess.GrantTarget, object][] = [
      [{ kind: "global" }, {}],
      [{ kind: "database", database: at.database }, { database: "orders" }],
      [{ kind: "schema", ...at, future }, {}],
      [{ kind: "tables", ...at, tables: [out("a")], future }, { tables: ["a"] }],
      [
        { kind: "columns", ...at, table: out("a"), columns: out(["x", out("y")]) },
        { table: "a", columns: ["x", "y"] },
      ],
      [{ kind: "sequences", ...at, sequences: out("*" as const), future }, { sequences: "*" }],
      [{ kind: "routines", ...at, routines: ["f()", out("g()")] }, { routines: ["f()", "g()"] }],
      [
        { kind: "routines", database: "orders", routines: [{ type: out("function" as const), name: out("f") }] },
        { routines: [{ type: "function", name: "f" }] },
      ],
      [{ kind: "types", ...at, types: [out("money")], future }, { types: ["money"] }],
      [{ kind: "largeObjects", database: at.database, oids: [out(7)] }, { oids: [7] }],
      [{ kind: "parameters", parameters: [out("log_statement")] }, { parameters: ["log_statement"] }],
      [
        { kind: "role", role: out("owner"), inherit: out(true), set: out(false) },
        { inherit: true, set: false },
      ],
    ];
    for (const [index, [on, expected]] of targets.entries()) {
      const grant = new dbaccess.DbGrant(`grant-${index}`, {
        provisioner,
        grantee: out({ name: out("api"), host: "%" }),
        on,
        template: { extends: ["read", out({ privileges: [out("INSERT")] })] },
        effect: out("grant" as const),
        adopt: true,
      });
      const { inputs: given } = await registered(grant, all);
      const target = given.on as Record<string, unknown>;
      assert.deepEqual({ ...target, ...expected, kind: on.kind }, target);
      if ("future" in on) assert.deepEqual(target.future, { createdBy: ["owner"] });
      assert.deepEqual(given.template, { extends: ["read", { privileges: ["INSERT"] }] });
      assert.deepEqual(given.grantee, { name: "api", host: "%" });
    }
  });

  it("have their outputs", async () => {
    const user = make.DbUser();
    assert.equal(await promiseOf(user.secretArn), "arn:secret");
    assert.equal(await promiseOf(user.username), "api");
    assert.deepEqual(await promiseOf(make.DbGrant().effective), ["SELECT"]);
    assert.equal(await promiseOf(make.DbRole().name), "owner");
    for (const output of [
      user.endpoint,
      user.port,
      user.onDelete,
      user.drift,
      user.secretVersionId,
      user.iamConnectArn,
    ])
      assert.equal(pulumi.Output.isInstance(output), true);
  });

  it("are owned by parents, too", async () => {
    const parent = new pulumi.ComponentResource("acme:team:Shop", "shop");
    const child = new dbaccess.DbRole("r", { provisioner, name: "r" }, { parent });
    const { inputs } = await registered(child, all);
    assert.equal(
      inputs.ownerKey,
      "acme/urn:pulumi:prod::orders::acme:team:Shop$pulumi-nodejs:dynamic/db-access:DbRole::r",
    );
  });

  it("take another owner, and a namespace where there is no organisation", async () => {
    const moved = new dbaccess.DbRole("r", { provisioner, name: "r", ownerKey: pulumi.output("elsewhere") });
    assert.equal((await registered(moved, all)).inputs.ownerKey, "elsewhere");
    for (const organization of [undefined, "organization"]) {
      await begin(organization);
      const plain = await registered(new dbaccess.DbRole("r", { provisioner, name: "r" }), all);
      assert.match(String(plain.inputs.ownerKey), /^organization\/urn:pulumi:/);
    }
    await begin();
    pulumi.runtime.setConfig("db-access:namespace", "berlin");
    try {
      const named = await registered(new dbaccess.DbRole("r", { provisioner, name: "r" }), all);
      assert.match(String(named.inputs.ownerKey), /^berlin\/urn:pulumi:/);
    } finally {
      pulumi.runtime.setConfig("db-access:namespace", "");
    }
  });

  it("take the ref plain, as an output, in parts, or inside a provisioner", async () => {
    const given: dbaccess.ProvisionerInput[] = [
      provisioner,
      pulumi.output(provisioner),
      Promise.resolve(provisioner),
      { ...provisioner, region: pulumi.output("eu-west-1"), functions: pulumi.output(provisioner.functions) },
      { ref: provisioner },
      { ref: pulumi.output(provisioner) },
    ];
    for (const [index, value] of given.entries()) {
      const role = new dbaccess.DbRole(`r${index}`, { provisioner: value, name: `r${index}` });
      assert.deepEqual((await registered(role, all)).inputs.provisioner, provisioner);
    }
  });

  it("may be created again by the next unit test", async () => {
    await promiseOf(make.DbRole().urn);
    await promiseOf(make.DbRole().urn);
  });

  it("ask no provisioner in a unit test's preview", async () => {
    await pulumi.runtime.setMocks(
      { newResource: ({ inputs }) => ({ id: "", state: inputs }), call: () => ({}) },
      "orders",
      "prod",
      true,
    );
    assert.equal(await promiseOf(make.DbRole().name), "owner");
  });
});
