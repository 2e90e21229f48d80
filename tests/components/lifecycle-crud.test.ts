import assert from "node:assert/strict";
import { CallFailure } from "../../components/client";
import { InitialisationError } from "../../components/lifecycle/failure";
import { kindNames, type KindName } from "../../components/lifecycle/kinds";
import { lifecycle, type Lifecycle } from "../../components/lifecycle/lifecycle";
import { PROVIDER_KEY, type Properties } from "../../components/lifecycle/wire";
import { DbAccessError, type ClaimRequest, type ClaimResult } from "../../provisioner/protocol";
import { clientOf, done, FakeProvisioner, reply, throwing } from "./support/fake-provisioner";
import { mysqlGrants, mysqlUser, postgresqlGrants, ref, suppliedUser, valid, withValue } from "./support/inputs";

interface Bench {
  methods: Lifecycle;
  fake: FakeProvisioner;
  told: string[];
}

function bench(kind: KindName, fake = new FakeProvisioner(), env: NodeJS.ProcessEnv = {}): Bench {
  const client = clientOf(fake);
  const told: string[] = [];
  return { methods: lifecycle(kind, { client: () => client, tell: (line) => told.push(line), env }), fake, told };
}

const answering = (over: (claim: ClaimRequest) => Partial<ClaimResult>): FakeProvisioner =>
  new FakeProvisioner(({ claims }) => reply(claims.map((claim) => done(claim, over(claim)))));

const change = { verb: "grant" as const, words: "grant SELECT on table public.orders to orders_api" };
const lost = new CallFailure("lost", new DbAccessError("FunctionFailed", "The answer was lost; run it again."));

describe("create, read, update, delete", () => {
  it("creates every kind, with complete outputs that can travel", async () => {
    for (const kind of kindNames) {
      const outputs = { endpoint: "h", port: 1, secretArn: "arn", effective: ["x"], unmanaged: [], name: "n" };
      const { methods, fake } = bench(
        kind,
        answering(() => ({ outputs, id: "the/id" })),
      );
      const inputs: Properties = { ...valid()[kind], [PROVIDER_KEY]: "code" };
      const { id, outs } = await methods.create(inputs);
      assert.equal(id, "the/id");
      for (const [key, value] of Object.entries(valid()[kind])) assert.deepEqual(outs[key], value, `${kind} ${key}`);
      assert.deepEqual(outs.drift, []);
      assert.match(String(outs.onDelete), /\.$/);
      assert.equal(outs.secretArn, kind === "DbUser" ? "arn" : undefined);
      assert.deepEqual(outs.effective, kind === "DbGrant" ? ["x"] : undefined);
      assert.deepEqual(structuredClone(outs), JSON.parse(JSON.stringify(outs)));
      const [{ mode, cluster, claims }] = fake.requests;
      assert.deepEqual(
        [mode, cluster, claims[0].action, claims[0].owner],
        ["apply", "orders", "ensure", inputs.ownerKey],
      );
      assert.equal(claims[0].id, undefined);
    }
  });

  it("sends every argument to the provisioner, in the claim's own form", async () => {
    const claimOf = async (kind: KindName, inputs: Properties): Promise<Properties> => {
      const { methods, fake } = bench(kind);
      const { outs } = await methods.create(inputs);
      for (const key of Object.keys(inputs)) assert.deepEqual(outs[key], inputs[key], key);
      await methods.update("id", outs, inputs);
      await methods.delete("id", outs);
      const [created, ...others] = fake.requests.map(({ claims }) => claims[0].claim);
      for (const claim of others) assert.deepEqual(claim, created);
      return { ...created };
    };
    const user = await claimOf("DbUser", valid().DbUser);
    assert.deepEqual(
      [user.deletion, user.reassignOwnedTo, user.dropOwned, user.endSessions],
      ["drop", "orders_owner", false, false],
    );
    for (const key of ["auth", "settings", "rotation", "parameterPath", "parameterPasswordKeyArn"])
      assert.deepEqual(user[key], valid().DbUser[key], key);
    const mysql = await claimOf("DbUser", mysqlUser());
    assert.deepEqual([mysql.deletion, mysql.endSessions, mysql.adopt], ["lock", true, "fromLedger"]);
    for (const key of ["auth", "limits", "rotation"]) assert.deepEqual(mysql[key], mysqlUser()[key], key);
    assert.deepEqual((await claimOf("DbUser", suppliedUser())).auth, suppliedUser().auth);
    const role = await claimOf("DbRole", valid().DbRole);
    assert.deepEqual([role.deletion, role.reassignOwnedTo], ["drop", "keeper"]);
    for (const inputs of [...Object.values(postgresqlGrants()), ...Object.values(mysqlGrants())]) {
      const given = Object.entries(inputs).filter(([key]) => key !== "provisioner" && key !== "ownerKey");
      assert.deepEqual(await claimOf("DbGrant", inputs), { kind: "grant", ...Object.fromEntries(given) });
    }
  });

  it("finds its own work after a lost answer, under the same operation id", async () => {
    const { methods, fake } = bench("DbUser", new FakeProvisioner().next(throwing(lost)));
    await methods.create(valid().DbUser);
    const ids = fake.requests.map(({ claims }) => claims[0].operationId);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });

  it("checks what could not be checked at preview, before anything is sent", async () => {
    const { methods, fake } = bench("DbUser");
    await assert.rejects(
      methods.create({ ...valid().DbUser, passwordExpires: 3 }),
      /^Error: NotSupported: passwordExpires: PostgreSQL has no passwordExpires/,
    );
    await assert.rejects(methods.update("id", {}, { ...valid().DbUser, auth: 3 }), /InvalidInput: auth is a number/);
    assert.equal(fake.requests.length, 0);
  });

  it("throws one line with the code, and the property where the sentence does not name it", async () => {
    const error = {
      code: "UserExists" as const,
      message: "orders_api already exists;\nset adopt: true.",
      property: "username",
    };
    const { methods } = bench(
      "DbUser",
      answering(() => ({ status: "failed", error })),
    );
    await assert.rejects(methods.create(valid().DbUser), {
      message: "UserExists: username: orders_api already exists; set adopt: true.",
    });
  });

  it("keeps in state what exists although it failed, with the code that will repair it", async () => {
    const error = { code: "NotApplied" as const, message: "Half of it." };
    const half = { status: "failed" as const, id: "the/id", error, changes: [change], outputs: { endpoint: "h" } };
    const { methods } = bench(
      "DbUser",
      answering(() => half),
    );
    const inputs = { ...valid().DbUser, [PROVIDER_KEY]: "code" };
    for (const work of [methods.create(inputs), methods.update("the/id", inputs, inputs)]) {
      const failure = await work.then(
        () => assert.fail(),
        (caught: unknown) => caught as InitialisationError,
      );
      assert.equal(failure instanceof InitialisationError, true);
      assert.equal(failure.id, "the/id");
      assert.deepEqual(failure.reasons, ["NotApplied: Half of it."]);
      assert.equal(failure.properties[PROVIDER_KEY], "code");
      assert.equal(failure.properties.username, "orders_api");
    }
  });

  it("stores nothing where a failure has changed nothing", async () => {
    const error = { code: "NotAuthorized" as const, message: "No." };
    const { methods } = bench(
      "DbUser",
      answering(() => ({ status: "failed", id: "the/id", error })),
    );
    const failure = await methods.create(valid().DbUser).catch((caught: unknown) => caught);
    assert.equal((failure as { id?: string }).id, undefined);
  });

  it("reads drift in a DBA's words, and gives the inputs back", async () => {
    const outputs = { effective: ["SELECT on table public.orders"], unmanaged: ["DELETE on table public.orders"] };
    const { methods, fake } = bench(
      "DbGrant",
      answering(() => ({ changes: [change], outputs })),
    );
    const found = await methods.read("the/id", {
      ...valid().DbGrant,
      onDelete: "old",
      drift: [],
      [PROVIDER_KEY]: "code",
    });
    assert.equal(found.id, "the/id");
    assert.deepEqual(found.props.drift, [change.words]);
    assert.deepEqual(found.props.unmanaged, outputs.unmanaged);
    assert.deepEqual(found.inputs, { ...valid().DbGrant, onDelete: found.props.onDelete });
    assert.deepEqual([fake.requests[0].mode, fake.requests[0].claims[0].id], ["read", "the/id"]);
  });

  it("keeps the outputs that a read does not know", async () => {
    const { methods } = bench(
      "DbUser",
      answering(() => ({ outputs: { port: 2 } })),
    );
    const { props } = await methods.read("id", { ...valid().DbUser, secretArn: "arn", port: 1 });
    assert.deepEqual([props.secretArn, props.port], ["arn", 2]);
  });

  it("says that something is gone only when the provisioner says so", async () => {
    const gone = bench(
      "DbRole",
      answering(() => ({ exists: false })),
    );
    assert.deepEqual(await gone.methods.read("id", valid().DbRole), { id: "", props: {} });
    const unreachable = bench("DbRole", new FakeProvisioner(throwing(lost)));
    await assert.rejects(unreachable.methods.read("id", valid().DbRole), /FunctionFailed/);
    const error = { code: "NetworkPathDatabase" as const, message: "No path." };
    const failed = bench(
      "DbRole",
      answering(() => ({ status: "failed", exists: false, error })),
    );
    await assert.rejects(failed.methods.read("id", valid().DbRole), /NetworkPathDatabase: No path/);
    const silent = bench(
      "DbRole",
      answering(() => ({ exists: undefined })),
    );
    assert.equal((await silent.methods.read("id", valid().DbRole)).id, "id");
  });

  it("reads and deletes what an older version has stored", async () => {
    const old = withValue(valid().DbRole, ["deletion"], undefined);
    const { methods, fake } = bench("DbRole");
    assert.equal((await methods.read("id", old)).props.deletion, "drop");
    await methods.delete("id", { ...old, name: "rds_reserved_since_then" });
    assert.equal(fake.requests.length, 2);
  });

  it("hands over from the owner in state", async () => {
    const { methods, fake } = bench("DbGrant");
    const { outs } = await methods.update("id", { ...valid().DbGrant, ownerKey: "before" }, valid().DbGrant);
    await methods.update("id", outs, valid().DbGrant);
    assert.deepEqual(
      fake.requests.map(({ claims }) => [claims[0].previousOwner, claims[0].id]),
      [
        ["before", "id"],
        [undefined, "id"],
      ],
    );
  });

  it("deletes twice", async () => {
    const { methods, fake } = bench(
      "DbGrant",
      answering(() => ({ status: "unchanged" })),
    );
    await methods.delete("id", valid().DbGrant);
    await methods.delete("id", valid().DbGrant);
    assert.deepEqual(
      fake.requests.map(({ claims }) => claims[0].action),
      ["remove", "remove"],
    );
  });

  it("passes warnings on", async () => {
    const { methods, told } = bench(
      "DbUser",
      answering(() => ({ warnings: ["it had granted SELECT to bi"] })),
    );
    await methods.delete("id", valid().DbUser);
    assert.deepEqual(told, ["warning: it had granted SELECT to bi"]);
  });

  it("forgets only a named cluster, and only while it cannot be reached", async () => {
    const failing = (code: "NetworkPathDatabase" | "NotOurs") =>
      answering(() => ({ status: "failed", error: { code, message: "No." } }));
    const forget = (cluster: string) => ({ DB_ACCESS_FORGET: cluster });
    const named = bench("DbUser", failing("NetworkPathDatabase"), forget("bills, orders"));
    await named.methods.delete("the/id", valid().DbUser);
    assert.deepEqual(named.told, ["DB_ACCESS_FORGET=orders: the/id is forgotten without SQL (NetworkPathDatabase)."]);
    const others = [
      bench("DbUser", failing("NetworkPathDatabase"), forget("bills")),
      bench("DbUser", failing("NetworkPathDatabase")),
      bench("DbUser", failing("NotOurs"), forget("orders")),
    ];
    for (const { methods } of others) await assert.rejects(methods.delete("id", valid().DbUser));
    const reachable = bench("DbUser", new FakeProvisioner(), forget("orders"));
    await reachable.methods.delete("id", valid().DbUser);
    assert.equal(reachable.fake.requests.length, 1);
  });

  it("heals a moved function for a delete that has only state", async () => {
    const moved = ref({ functions: { access: "moved", migrate: "moved-migrate" } });
    const missing = new CallFailure("missing", new DbAccessError("FunctionMissing", "Not there."));
    const usual = new FakeProvisioner(
      ({ claims }, { functions }) => {
        if (functions.access !== "moved") throw missing;
        return reply(claims.map((claim) => done(claim)));
      },
      () => JSON.stringify(moved),
    );
    const state: Properties = withValue(valid().DbUser, ["drift"], []);
    await bench("DbUser", usual).methods.delete("id", state);
    assert.deepEqual(usual.reached, ["db-access-orders", "moved"]);
  });
});
