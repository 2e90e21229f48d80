import assert from "node:assert/strict";
import type { LoginClaim } from "../../provisioner/protocol";
import { login, type Place } from "./place";

/** A login that gives up its password. */
export function iamSuite(place: () => Place): void {
  it("deletes the secret last, and gets another one with a password again", async () => {
    const claim = login("passwordless", { recoveryDays: 0 }, { parameterPath: "/orders/passwordless" });
    const iam: LoginClaim = { ...claim, auth: { kind: "iam" } };
    await place().apply(claim);
    const password = await place().works("orders/passwordless");
    const { aws } = place().world.stack;
    let atDeletion = "";
    const stop = aws.intercept(async (call) => {
      if (call.operation === "DeleteSecret") atDeletion = await place().enter("passwordless", password);
      return call.next();
    });
    const { outputs } = await place().apply(iam);
    stop();
    assert.ok(atDeletion !== "" && atDeletion !== "ok", "the password was refused before the secret went");
    assert.equal(place().find("orders/passwordless"), undefined);
    assert.deepEqual(
      outputs?.parameterNames,
      ["host", "port", "username"].map((name) => `/orders/passwordless/${name}`),
    );
    // What it holds would keep the two logins from using passwords.
    const refusal = await place().failure({ ...claim, rotation: { strategy: "alternating", days: 30 } });
    assert.equal(refusal.code, "RotationRefused");
    assert.match(refusal.message, /IAM/);
    await place().apply(claim);
    assert.notEqual(await place().works("orders/passwordless"), password);
  });
}
