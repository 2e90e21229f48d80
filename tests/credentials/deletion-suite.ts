import assert from "node:assert/strict";
import { login, type Place } from "./place";

/** What becomes of a secret when its login ends, and when somebody ends one of the two by hand. */
export function deletionSuite(place: () => Place): void {
  it("ends with its login, for as long as asked, and a restored one has another password", async () => {
    const claim = login("ended", { recoveryDays: 9 });
    await place().apply(claim);
    const password = await place().works("orders/ended");
    await place().remove(claim);
    assert.equal(await place().exists("ended"), false);
    const days = ((place().secret("orders/ended").deletionDue ?? 0) - Date.now()) / 86_400_000;
    assert.ok(days > 8 && days < 10, `${days} days`);
    await place().apply(claim);
    assert.notEqual(await place().works("orders/ended"), password);
    await place().refusesPassword("ended", password);
    const now = login("ended", { recoveryDays: 0 });
    await place().apply(now);
    await place().remove(now);
    assert.equal(place().find("orders/ended"), undefined);
  });

  it("a restored one lets nobody in that an earlier login let in", async () => {
    const before = login("reborn", {
      kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/x",
      readers: ["222222222222"],
    });
    await place().apply(before);
    assert.ok(place().secret("orders/reborn").policy !== undefined);
    await place().remove(before);
    await place().apply(login("reborn"));
    assert.deepEqual(
      [place().secret("orders/reborn").policy, place().secret("orders/reborn").kmsKeyId],
      [undefined, undefined],
    );
    await place().works("orders/reborn");
  });

  it("lock keeps it and refuses its password", async () => {
    const claim = login("locked", {}, { deletion: "lock" });
    await place().apply(claim);
    const password = await place().works("orders/locked");
    await place().remove(claim);
    assert.equal(place().value("orders/locked").password, password);
    assert.equal(place().secret("orders/locked").deletionDue, undefined);
    await place().refusesPassword("locked", password);
    await place().apply(claim);
    assert.notEqual(await place().works("orders/locked"), password);
  });

  it("retain leaves both, and the same owner takes them back without adopting", async () => {
    const claim = login("kept", {}, { deletion: "retain" });
    await place().apply(claim);
    const password = await place().works("orders/kept");
    await place().remove(claim);
    assert.equal(await place().works("orders/kept"), password);
    await place().apply(claim);
    assert.notEqual(await place().works("orders/kept"), password);
    await place().refusesPassword("kept", password);
  });

  it("replaced under a fixed name, in both orders: one secret remains and it logs in", async () => {
    const fixed = { name: "orders/fixed" };
    const [first, second, third] = ["fixed1", "fixed2", "fixed3"].map((name) => login(name, fixed));
    await place().apply(first);
    const passwords = [await place().works("orders/fixed")];
    await place().apply(second);
    await place().remove(first);
    passwords.push(await place().works("orders/fixed"));
    assert.equal(place().value("orders/fixed").username, "fixed2");
    await place().remove(second);
    await place().apply(third);
    passwords.push(await place().works("orders/fixed"));
    assert.equal(place().value("orders/fixed").username, "fixed3");
    assert.equal(new Set(passwords).size, 3, "each has a password of its own");
    assert.equal(place().secret("orders/fixed").deletionDue, undefined);
    assert.deepEqual(await Promise.all([first, second].map(({ name }) => place().exists(name))), [false, false]);
  });

  it("deleted by hand: the login gets another one, with another password", async () => {
    const claim = login("lost");
    const { outputs } = await place().apply(claim);
    const password = await place().works("orders/lost");
    await place().secrets("DeleteSecret", { SecretId: "orders/lost", ForceDeleteWithoutRecovery: true });
    assert.match((await place().read(claim)).join(), /password of lost/);
    const { outputs: now } = await place().apply(claim);
    assert.notEqual(now?.secretArn, outputs?.secretArn);
    assert.notEqual(await place().works("orders/lost"), password);
    await place().refusesPassword("lost", password);
  });

  it("its user dropped by hand: the user is made again with what the secret says", async () => {
    const claim = login("dropped");
    await place().apply(claim);
    const password = await place().works("orders/dropped");
    await place().byHand(place().postgresql ? "DROP ROLE dropped" : "DROP USER 'dropped'@'%'");
    assert.match((await place().read(claim)).join(), /create login '?dropped/);
    await place().apply(claim);
    assert.equal(await place().works("orders/dropped"), password);
  });

  it("its password changed by hand: a reading says so, a preview does nothing, an apply sets it", async () => {
    const claim = login("changed");
    const { outputs } = await place().apply(claim);
    const password = await place().works("orders/changed");
    await place().byHand(
      place().postgresql
        ? "ALTER ROLE changed PASSWORD 'by-hand-4711'"
        : "ALTER USER 'changed'@'%' IDENTIFIED BY 'by-hand-4711'",
    );
    assert.equal(await place().enter("changed", "by-hand-4711"), "ok");
    assert.deepEqual(await place().plan(claim), []);
    const drift = ["set the password of changed to the one in its secret, which it was not any more"];
    assert.deepEqual(await place().read(claim), drift);
    const result = await place().apply(claim);
    assert.equal(result.outputs?.secretVersionId, outputs?.secretVersionId);
    assert.equal(await place().works("orders/changed"), password);
    await place().refusesPassword("changed", "by-hand-4711");
  });
}
