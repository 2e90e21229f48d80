import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import type { LoginClaim } from "../../provisioner/protocol";
import { invokeRaw, requestOf } from "../support/world";
import { login, type Place } from "./place";

/** What a run that did not end has begun, and the next one has to know of. */
export function unfinishedSuite(place: () => Place): void {
  const replicas = [{ region: "eu-west-1" }];

  /** Everything is done but the copies of the secret. */
  const fails = async (claim: LoginClaim): Promise<void> => {
    const stop = place().world.stack.aws.intercept((call) => {
      if (call.operation !== "ReplicateSecretToRegions") return call.next();
      throw new AwsError("InvalidParameterException", "no");
    });
    assert.equal((await place().failure(claim)).code, "SecretUnavailable");
    stop();
  };

  it("a setting that is not asked for any more is taken back", async () => {
    await fails(login("halfway", { readers: ["111122223333"], replicas }));
    await place().works("orders/halfway");
    assert.ok(place().secret("orders/halfway").policy !== undefined, "it came as far as the policy");
    await place().apply(login("halfway"));
    assert.equal(place().secret("orders/halfway").policy, undefined);
    await place().works("orders/halfway");
  });

  it("a name that is not asked for any more has no secret", async () => {
    await fails(login("hesitant", { name: "orders/hesitant1", replicas, recoveryDays: 0 }));
    await place().works("orders/hesitant1");
    await place().apply(login("hesitant", { name: "orders/hesitant2" }));
    assert.equal(place().find("orders/hesitant1"), undefined);
    await place().works("orders/hesitant2");
  });

  it("a reset sets another password also after a change of something else", async () => {
    const claim = login("resettled");
    await place().apply(claim);
    const password = await place().works("orders/resettled");
    await fails({ ...login("resettled", { replicas }), connectionLimit: 5 });
    const { claims, ...request } = requestOf(place().world, "apply", [{ claim, owner: "operator" }]);
    const { results } = await invokeRaw(place().world, {
      ...request,
      claims: claims.map((one) => ({ ...one, action: "reset" })),
    });
    assert.equal(results[0]?.status, "done", JSON.stringify(results));
    assert.notEqual(await place().works("orders/resettled"), password);
    await place().refusesPassword("resettled", password);
    await place().apply(claim);
  });
}
