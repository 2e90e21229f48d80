import assert from "node:assert/strict";
import { codeOf, keyArn, login, stranger, type Place } from "./place";

/** Who else may read a login's secret, where copies of it are, and what it takes over from the admin's. */
export function settingsSuite(place: () => Place): void {
  const admin = (): string => place().world.target.adminSecretArn;
  const readBy = (name: string, account: string): Promise<string> =>
    codeOf(place().secrets("GetSecretValue", { SecretId: place().secret(name).arn }, account));
  const statement = (more: object): Record<string, unknown> => ({
    Sid: "Theirs",
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::333333333333:role/auditor" },
    Action: "secretsmanager:GetSecretValue",
    Resource: admin(),
    ...more,
  });
  const setPolicy = (more: object = {}): Promise<unknown> =>
    place().secrets("PutResourcePolicy", {
      SecretId: admin(),
      ResourcePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [statement(more)] }),
    });
  const statements = (name: string): Record<string, unknown>[] =>
    (JSON.parse(place().secret(name).policy ?? '{"Statement":[]}') as { Statement: Record<string, unknown>[] })
      .Statement;

  it("readers of another account can read it with its key, and cannot any more when they are taken out", async () => {
    const readers = [stranger, "111122223333"];
    const claim = login("shared", { readers, kmsKeyArn: keyArn("shared") });
    const words = await place().plan(claim);
    for (const reader of readers)
      assert.ok(words.includes(`let arn:aws:iam::${reader}:root read the secret of shared`), words.join());
    await place().apply(claim);
    assert.equal(await readBy("orders/shared", stranger), "ok");
    assert.equal(await readBy("orders/shared", "333333333333"), "AccessDeniedException");
    const without = await place().failure(login("shared", { readers }));
    assert.match(without.message, /kmsKeyArn/);
    assert.equal(await readBy("orders/shared", stranger), "ok");
    const fewer = login("shared", { readers: ["111122223333"], kmsKeyArn: keyArn("shared") });
    assert.deepEqual(await place().plan(fewer), [
      `no longer let arn:aws:iam::${stranger}:root read the secret of shared`,
    ]);
    await place().apply(fewer);
    assert.equal(await readBy("orders/shared", stranger), "AccessDeniedException");
    await place().apply(login("shared"));
    assert.equal(place().secret("orders/shared").policy, undefined);
    await place().works("orders/shared");
  });

  it("a reader that somebody has let in by hand is drift", async () => {
    const claim = login("intruded", { readers: ["111122223333"] });
    await place().apply(claim);
    const SecretId = place().secret("orders/intruded").arn;
    const ResourcePolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [statement({ Principal: { AWS: stranger }, Resource: "*" })],
    });
    await place().secrets("PutResourcePolicy", { SecretId, ResourcePolicy });
    assert.match((await place().read(claim)).join("\n"), new RegExp(`no longer let .*${stranger}.* read`));
    await place().apply(claim);
    assert.doesNotMatch(place().secret("orders/intruded").policy ?? "", new RegExp(stranger));
  });

  it("copies in other Regions come and go, also in place", async () => {
    const regions = (name: string): string[] =>
      (place().secret(name).replicas ?? []).map(({ region }) => region).sort();
    await place().apply(login("copied", { replicas: [{ region: "eu-west-1" }, { region: "eu-west-2" }] }));
    assert.deepEqual(regions("orders/copied"), ["eu-west-1", "eu-west-2"]);
    const key = "arn:aws:kms:eu-west-1:111122223333:key/copy";
    const next = login("copied", { replicas: [{ region: "eu-west-1", kmsKeyArn: key }, { region: "eu-north-1" }] });
    const words = await place().plan(next);
    assert.ok(words.includes("remove the copy of the secret of copied in eu-west-2"), words.join());
    await place().apply(next);
    assert.deepEqual(regions("orders/copied"), ["eu-north-1", "eu-west-1"]);
    const copy = (place().secret("orders/copied").replicas ?? []).find(({ region }) => region === "eu-west-1");
    assert.equal(copy?.keyId, key);
    await place().apply(login("copied", { recoveryDays: 0 }));
    assert.deepEqual(regions("orders/copied"), []);
  });

  it("a login that ends takes its copies along", async () => {
    const claim = login("uncopied", { replicas: [{ region: "eu-west-1" }], recoveryDays: 0 });
    await place().apply(claim);
    await place().remove(claim);
    const left = place()
      .world.stack.aws.secrets.save()
      .filter(({ name }) => name === "orders/uncopied");
    assert.deepEqual(left, []);
  });

  it("inherits the admin's policy, and the preview names who is let in by it", async () => {
    await setPolicy();
    const claim = login("heir", { inherit: { policy: true } });
    const words = await place().plan(claim);
    assert.ok(
      words.includes("let arn:aws:iam::333333333333:role/auditor read the secret of heir, as the admin's policy says"),
      words.join(),
    );
    await place().apply(claim);
    assert.deepEqual(statements("orders/heir"), [statement({ Resource: "*" })]);
    await setPolicy({ Principal: { AWS: "arn:aws:iam::333333333333:role/other" } });
    assert.match((await place().read(claim)).join("\n"), /role\/other read[^]*no longer let .*auditor/);
    await place().apply(claim);
    await place().apply(login("heir"));
    assert.equal(place().secret("orders/heir").policy, undefined);
  });

  it("does not inherit a policy that would let everybody in, and changes nothing", async () => {
    for (const Principal of ["*", { AWS: "*" }, { AWS: ["arn:aws:iam::111122223333:root", "*"] }]) {
      await setPolicy({ Principal });
      const error = await place().failure(login("open", { inherit: { policy: true } }));
      assert.equal(error.code, "PublicPolicy");
      assert.match(error.message, /Theirs/);
    }
    assert.deepEqual([await place().exists("open"), place().find("orders/open")], [false, undefined]);
    await place().secrets("DeleteResourcePolicy", { SecretId: admin() });
  });

  it("inherits the tags that are asked for, and lets go of them", async () => {
    const Tags = Object.entries({ team: "orders", stage: "test", "cost centre": "17" });
    await place().secrets("TagResource", {
      SecretId: admin(),
      Tags: Tags.map(([Key, Value]) => ({ Key, Value })),
    });
    await place().apply(login("tagged", { inherit: { tags: ["team", "cost centre", "nowhere"] } }));
    const { team, stage, "cost centre": centre } = place().tags("orders/tagged");
    assert.deepEqual([team, stage, centre], ["orders", undefined, "17"]);
    await place().apply(login("tagged", { inherit: { tags: ["stage"] } }));
    const now = place().tags("orders/tagged");
    assert.deepEqual([now.team, now.stage, now["cost centre"]], [undefined, "test", undefined]);
    assert.equal(now["db-access:cluster"], "orders");
  });

  it("inherits when to rotate, and stops rotating when nobody asks any more", async () => {
    const claim = login("turning", { inherit: { rotation: true } }, { rotation: { strategy: "single" } });
    const none = await place().failure(claim);
    assert.equal(none.code, "RotationRefused");
    const secret = place().secret(admin());
    secret.rotation = { enabled: true, functionArn: "", rules: { AutomaticallyAfterDays: 12 }, since: Date.now() };
    await place().apply(claim);
    const { rotation } = place().secret("orders/turning");
    assert.equal(rotation?.functionArn, place().world.target.rotateFunctionArn);
    assert.equal(rotation?.rules?.AutomaticallyAfterDays, 12);
    await place().apply(login("turning"));
    assert.notEqual(place().secret("orders/turning").rotation?.enabled, true);
    delete secret.rotation;
    await place().works("orders/turning");
  });

  it("names the admin's secret where somebody else's function rotates it", async () => {
    const functionArn = place().world.target.rotateFunctionArn;
    await place().apply(login("foreign", {}, { rotation: { functionArn, days: 5 } }));
    assert.equal(place().value("orders/foreign").masterarn, admin());
    await place().apply(login("foreign"));
    assert.equal("masterarn" in place().value("orders/foreign"), false);
    await place().works("orders/foreign");
  });
}
