import assert from "node:assert/strict";
import { ownerDigest } from "../../provisioner/access/id";
import type { LoginClaim } from "../../provisioner/protocol";
import { keyArn, login, type Place } from "./place";

/** A login's secret: what it is called and what it says. */
export function shapeSuite(place: () => Place): void {
  const engineOf = (): string => (place().postgresql ? "postgres" : place().world.product);

  it("has the name of the convention, and the shape that RDS tools expect", async () => {
    const claim: LoginClaim = { kind: "login", name: "plain", auth: { kind: "password" }, deletion: "drop" };
    const { outputs } = await place().apply({ ...claim, database: "shop" });
    const name = "rds-shop-plain-secret";
    assert.equal(place().secret(name).arn, outputs?.secretArn);
    const { host, port } = place().world.server;
    const value = place().value(name);
    assert.deepEqual(
      Object.entries(value).map(([key, part]) => [key, key === "password" ? "" : part]),
      [
        ["engine", engineOf()],
        ["host", host],
        ["port", port],
        ["username", "plain"],
        ["password", ""],
        ["dbname", "shop"],
        ["dbClusterIdentifier", "orders-cluster"],
        ["ssl", true],
      ],
    );
    assert.match(value.password, /^[A-Za-z0-9_.~][A-Za-z0-9_.~-]{31}$/);
    await place().works(name);
    const { creation_timestamp: made, ...tags } = place().tags(name);
    assert.ok(Math.abs(Date.parse(made) - Date.now()) < 3_600_000, made);
    assert.deepEqual(tags, {
      create_by_user_automation: "true",
      "db-access:principal": `${place().world.family}/orders/principal/plain`,
      "db-access:cluster": "orders",
      "db-access:owner": ownerDigest("test"),
    });
    await place().apply({ ...claim, name: "other" });
    assert.ok(place().find("rds-orders-other-secret") !== undefined);
    assert.equal("dbname" in place().value("rds-orders-other-secret"), false);
  });
}

/** What changes of it while its password stays. */
export function changeSuite(place: () => Place): void {
  it("is written again with another database and the same password, and keeps its name", async () => {
    const claim: LoginClaim = { kind: "login", name: "moved", auth: { kind: "password" }, deletion: "drop" };
    const { outputs: before } = await place().apply({ ...claim, database: "one" });
    const name = "rds-one-moved-secret";
    const { password } = place().value(name);
    const { outputs: after } = await place().apply({ ...claim, database: "two" });
    assert.deepEqual([place().value(name).dbname, place().value(name).password], ["two", password]);
    assert.equal(place().find("rds-two-moved-secret"), undefined);
    assert.equal(after?.secretArn, before?.secretArn);
    assert.notEqual(after?.secretVersionId, before?.secretVersionId);
    assert.equal(after?.passwordLastChanged, before?.passwordLastChanged);
    await place().works(name);
  });

  it("moves to another name with the same password, and the former one goes", async () => {
    const claim = login("renamed", { recoveryDays: 30 });
    await place().apply(claim);
    const password = await place().works("orders/renamed");
    const words = await place().plan(login("renamed", { name: "orders/another", recoveryDays: 30 }));
    assert.deepEqual(words, ["move the secret of renamed to its new name"]);
    await place().apply(login("renamed", { name: "orders/another", recoveryDays: 30 }));
    assert.equal(await place().works("orders/another"), password);
    const days = ((place().secret("orders/renamed").deletionDue ?? 0) - Date.now()) / 86_400_000;
    assert.ok(days > 29 && days < 31, `the former one can be restored for ${days} days`);
  });

  it("takes another key in place", async () => {
    const claim = login("keyed", { kmsKeyArn: keyArn("one") });
    await place().apply(claim);
    const password = await place().works("orders/keyed");
    assert.equal(place().secret("orders/keyed").kmsKeyId, keyArn("one"));
    const next = login("keyed", { kmsKeyArn: keyArn("two") });
    assert.deepEqual(await place().plan(next), [`encrypt the secret of keyed with ${keyArn("two")}`]);
    await place().apply(next);
    assert.equal(place().secret("orders/keyed").kmsKeyId, keyArn("two"));
    await place().apply(login("keyed"));
    assert.equal(place().secret("orders/keyed").kmsKeyId, undefined);
    assert.equal(await place().works("orders/keyed"), password);
  });
}
