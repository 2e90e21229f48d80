import assert from "node:assert/strict";
import {
  deleteSecret,
  prepareSecret,
  promoteSecret,
  secretProblem,
} from "../../../provisioner/credentials/user-secret";
import type { SecretOrder } from "../../../provisioner/credentials/secret-order";
import { configOf, Endpoint, idOf, loginOf, orderOf, owner, promoted, record, type Seen } from "./endpoint";

describe("a login's secret", () => {
  let endpoint: Endpoint;
  let count = 0;

  before(async () => {
    endpoint = await Endpoint.start();
  });
  after(async () => {
    await endpoint.stop();
  });

  const nextName = (): string => `orders/u${(count += 1)}`;
  const seen = (name: string): Seen => endpoint.seen(name);
  const make = promoted;

  it("has the shape that RDS tools expect, a description and the tags", async () => {
    const name = nextName();
    const claim = loginOf(
      "app",
      { name, kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/one" },
      { database: "shop" },
    );
    const made = await make(
      orderOf(claim, { config: configOf({ DB_ACCESS_CLUSTER_IDENTIFIER: "orders-1" }), username: "app_a" }),
    );
    const { tags, current, description, kmsKeyId, labelled } = seen(name);
    assert.deepEqual(current, {
      engine: "postgres",
      host: "db.example",
      port: 5432,
      username: "app_a",
      password: made.password,
      dbname: "shop",
      dbClusterIdentifier: "orders-1",
      ssl: true,
    });
    assert.deepEqual(
      labelled.map(({ stages }) => stages),
      [["AWSCURRENT"]],
    );
    assert.match(description ?? "", /app of orders/);
    assert.equal(kmsKeyId, "arn:aws:kms:us-east-1:111122223333:key/one");
    const { creation_timestamp: at, "db-access:owner": digest, ...rest } = tags;
    assert.ok(!Number.isNaN(Date.parse(at)));
    assert.match(digest, /^[a-z2-7]{52}$/);
    assert.deepEqual(rest, {
      "db-access:principal": "postgresql/orders/principal/app",
      "db-access:cluster": "orders",
      create_by_user_automation: "true",
    });
    assert.deepEqual([made.pending, made.fresh], [false, true]);
  });

  it("keeps tags within what AWS takes, whatever the login is called", async () => {
    const ids = ["my app", "100%", "o'neil (x)!*", "ü".repeat(80)].map((text) => loginOf(text, { name: nextName() }));
    for (const claim of ids) {
      const { arn } = await make(orderOf(claim));
      const { tags } = seen(claim.auth.kind === "password" ? (claim.auth.secret?.name ?? "") : "");
      assert.match(tags["db-access:principal"], /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u);
      assert.deepEqual(await deleteSecret(arn, idOf(claim), 7), []);
    }
  });

  it("a reset stages a version beside the current one until it is promoted", async () => {
    const name = nextName();
    const claim = loginOf("app", { name });
    const first = await make(orderOf(claim));
    const reset = orderOf(claim, { generation: 2, credentials: record(first.arn) });
    const second = await prepareSecret(reset);
    assert.deepEqual([second.pending, second.fresh], [true, true]);
    assert.equal(seen(name).current.password, first.password);
    await promoteSecret(second);
    const { labelled, current } = seen(name);
    assert.equal(current.password, second.password);
    assert.deepEqual(labelled.map(({ stages }) => stages).sort(), [["AWSCURRENT"], ["AWSPREVIOUS"]]);
    assert.deepEqual(await prepareSecret(reset), { ...second, pending: false });
  });

  it("what else it says is rewritten with the same password, and only when it differs", async () => {
    const name = nextName();
    const claim = loginOf("app", { name });
    const first = await make(orderOf(claim));
    const moved = configOf({ DB_ACCESS_HOST: "new.example" });
    const order = orderOf(claim, { config: moved, generation: 2, password: "current", credentials: record(first.arn) });
    const written = await prepareSecret(order);
    assert.deepEqual([written.password, written.pending, written.fresh], [first.password, false, false]);
    assert.deepEqual([seen(name).current.host, seen(name).current.password], ["new.example", first.password]);
    assert.deepEqual(await prepareSecret(order), written);
    // The same generation once more, with something else to say.
    const again = await prepareSecret({ ...order, config: configOf({ DB_ACCESS_HOST: "third.example" }) });
    assert.deepEqual([seen(name).current.host, again.password], ["third.example", first.password]);
    const kept = await prepareSecret({ ...order, secret: "keep", config: configOf() });
    assert.equal(kept.versionId, again.versionId);
    assert.equal(seen(name).current.host, "third.example");
  });

  it("a version that a run has staged gets what the secret has to say since", async () => {
    const name = nextName();
    const claim = loginOf("app", { name });
    const first = await make(orderOf(claim));
    const order = orderOf(claim, { generation: 2, credentials: record(first.arn) });
    const staged = await prepareSecret(order);
    const resumed = await make({ ...order, config: configOf({ DB_ACCESS_PORT: "6432" }) });
    assert.equal(resumed.password, staged.password);
    assert.deepEqual([seen(name).current.port, seen(name).current.password], [6432, staged.password]);
  });

  it("moves to another name with its password, or with a fresh one", async () => {
    const [from, to] = [nextName(), nextName()];
    const first = await make(orderOf(loginOf("app", { name: from })));
    const order = orderOf(loginOf("app", { name: to }), {
      generation: 2,
      password: "current",
      secret: "move",
      credentials: record(first.arn),
    });
    const moved = await prepareSecret(order);
    assert.deepEqual([moved.password, moved.pending, moved.fresh], [first.password, false, false]);
    assert.notEqual(moved.arn, first.arn);
    assert.deepEqual(await prepareSecret(order), moved);
    const fresh = await prepareSecret({ ...order, claim: loginOf("app", { name: nextName() }), password: "fresh" });
    assert.deepEqual([fresh.password === first.password, fresh.fresh], [false, true]);
  });

  it("moves back under a name that is scheduled for deletion, where nothing of before is current", async () => {
    const [one, two] = [nextName(), nextName()];
    const first = await make(orderOf(loginOf("app", { name: one })));
    const there = orderOf(loginOf("app", { name: two }), { generation: 2, secret: "move" });
    const second = await make({ ...there, credentials: record(first.arn) });
    await deleteSecret(first.arn, there.id, 7);
    const order: SecretOrder = {
      ...there,
      claim: loginOf("app", { name: one }),
      generation: 3,
      password: "current",
      credentials: record(second.arn),
    };
    const back = await make(order);
    assert.deepEqual([back.arn, back.password, back.fresh], [first.arn, second.password, false]);
    assert.equal(seen(one).current.password, second.password);
    assert.deepEqual(await prepareSecret(order), { ...back, pending: false });
  });

  it("moves with the password that it has now, though a run before somebody's rotation has begun to", async () => {
    const [from, to] = [nextName(), nextName()];
    const first = await make(orderOf(loginOf("app", { name: from })));
    const more = { generation: 2, password: "current", secret: "move", credentials: record(first.arn) } as const;
    const order = orderOf(loginOf("app", { name: to }), more);
    await make(order);
    await endpoint.secret("PutSecretValue", {
      SecretId: from,
      SecretString: '{"username":"app","password":"rotated"}',
    });
    const moved = await make(order);
    assert.deepEqual([moved.password, moved.fresh, seen(to).current.password], ["rotated", false, "rotated"]);
  });

  it("is made again with a fresh password when it is gone, though the current one was wanted", async () => {
    const name = nextName();
    const claim = loginOf("app", { name });
    const first = await make(orderOf(claim));
    await endpoint.secret("DeleteSecret", { SecretId: first.arn, ForceDeleteWithoutRecovery: true });
    const order = orderOf(claim, {
      generation: 2,
      password: "current",
      secret: "keep",
      credentials: record(first.arn),
    });
    const second = await prepareSecret(order);
    assert.deepEqual([second.fresh, second.password === first.password], [true, false]);
  });

  describe("under a name that is taken", () => {
    const codes = async (order: SecretOrder): Promise<(string | undefined)[]> => {
      const planned = await secretProblem(order.config, order.id, order.claim, order.owner);
      const carriedOut = await prepareSecret(order).then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      return [planned?.code, carriedOut];
    };

    it("by nobody of ours, by another owner's login, by a login of another cluster: refused, and unchanged", async () => {
      const name = nextName();
      const claim = loginOf("app", { name });
      await endpoint.secret("CreateSecret", { Name: name, SecretString: '{"password":"theirs"}' });
      assert.deepEqual(await codes(orderOf(claim)), ["SecretNameTaken", "SecretNameTaken"]);
      assert.deepEqual([seen(name).current, seen(name).tags], [{ password: "theirs" }, {}]);
      const other = nextName();
      await make(orderOf(loginOf("app", { name: other }), { owner: "somebody" }));
      const before = seen(other);
      assert.deepEqual(await codes(orderOf(loginOf("second", { name: other }))), [
        "SecretNameTaken",
        "SecretNameTaken",
      ]);
      const elsewhere = configOf({ DB_ACCESS_CLUSTER: "billing" });
      assert.deepEqual(
        await codes(orderOf(loginOf("app", { name: other }), { config: elsewhere, owner: "somebody" })),
        ["SecretOfAnotherCluster", "SecretOfAnotherCluster"],
      );
      assert.deepEqual(seen(other), before);
    });

    it("by the login that is replaced: taken over, and current only when it is proven", async () => {
      const name = nextName();
      const [former, next] = [loginOf("former", { name }), loginOf("next", { name })];
      const old = await make(orderOf(former));
      const order = orderOf(next);
      assert.equal(await secretProblem(order.config, order.id, next, owner), undefined);
      const taken = await prepareSecret(order);
      assert.deepEqual([taken.arn, taken.pending, taken.fresh], [old.arn, true, true]);
      assert.equal(seen(name).tags["db-access:principal"], idOf(next));
      assert.equal(seen(name).current.username, "former");
      await promoteSecret(taken);
      const { current, tags, description } = seen(name);
      assert.deepEqual([current.username, current.password], ["next", taken.password]);
      assert.ok(!("db-access:former" in tags));
      assert.match(description ?? "", /next of orders/);
      assert.match((await deleteSecret(old.arn, idOf(former), 7)).join(), /names another login/);
      assert.equal(seen(name).current.username, "next");
    });

    it("goes back to the replaced login when the new one comes to nothing", async () => {
      const name = nextName();
      const [former, next] = [loginOf("former", { name }), loginOf("next", { name })];
      const old = await make(orderOf(former));
      await prepareSecret(orderOf(next));
      assert.match((await deleteSecret(name, idOf(next), 7)).join(), /again/);
      const { current, tags, labelled, description } = seen(name);
      assert.deepEqual([current.username, current.password], ["former", old.password]);
      assert.equal(tags["db-access:principal"], idOf(former));
      assert.ok(!("db-access:former" in tags));
      assert.match(description ?? "", /former of orders/);
      assert.deepEqual(
        labelled.map(({ stages }) => stages),
        [["AWSCURRENT"]],
      );
      assert.deepEqual(await deleteSecret(old.arn, idOf(former), 7), []);
      assert.equal(endpoint.look(name), undefined);
    });

    it("by the login that was replaced before: restored, with the key and a password of the new one", async () => {
      const name = nextName();
      const [former, next] = [
        loginOf("former", { name, kmsKeyArn: "arn:aws:kms:x:1:key/k" }),
        loginOf("next", { name }),
      ];
      const old = await make(orderOf(former));
      await deleteSecret(old.arn, idOf(former), 7);
      const taken = await make(orderOf(next));
      assert.equal(taken.arn, old.arn);
      const { current, kmsKeyId, tags } = seen(name);
      assert.deepEqual([current.username, current.password, kmsKeyId], ["next", taken.password, undefined]);
      assert.ok(!("db-access:former" in tags));
    });

    it("by its own former life, scheduled for deletion: restored with a fresh password", async () => {
      const name = nextName();
      const claim = loginOf("app", { name });
      const old = await make(orderOf(claim));
      await deleteSecret(old.arn, idOf(claim), 7);
      const again = await make(orderOf(claim, { generation: 2 }));
      assert.equal(again.arn, old.arn);
      assert.notEqual(again.password, old.password);
    });
  });
});
