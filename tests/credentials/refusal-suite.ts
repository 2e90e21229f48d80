import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import { refused } from "../support/refusal";
import { login, type Place } from "./place";

/** What a login cannot have, said before anything is changed. */
export function refusalSuite(place: () => Place): void {
  const property = "auth.secret.name";

  it("a secret that is somebody else's", async () => {
    const arn = await place().put("orders/taken", JSON.stringify({ password: "theirs-1" }));
    const claim = login("taker", { name: "orders/taken" });
    const expected = { code: "SecretNameTaken" as const, property, says: [/orders\/taken/] };
    await refused(place().world, { claim }, expected);
    await place().secrets("DeleteSecret", { SecretId: arn, RecoveryWindowInDays: 7 });
    await refused(place().world, { claim }, { ...expected, says: [/scheduled for deletion/] });
    await place().apply(login("owner", { name: "orders/owned" }), "one");
    await refused(
      place().world,
      { claim: login("thief", { name: "orders/owned" }), owner: "two" },
      {
        ...expected,
        says: [/orders\/owned/],
      },
    );
    const here = login("here");
    await place().apply(here);
    const elsewhere = { claim: login("here", { name: "orders/owned" }), owner: "test" };
    await refused(place().world, elsewhere, { ...expected, says: [/orders\/owned/] });
    await place().works("orders/here");
  });

  it("a secret of a login of another cluster", async () => {
    const tags = { "db-access:principal": "postgresql/stock/principal/app", "db-access:cluster": "stock" };
    await place().put("orders/stock", JSON.stringify({ password: "theirs-2" }), tags);
    await refused(
      place().world,
      { claim: login("stock", { name: "orders/stock" }) },
      {
        code: "SecretOfAnotherCluster",
        property,
        says: [/stock/],
      },
    );
  });

  it("a name that Secrets Manager does not take", async () => {
    const claim = login("fine", {}, { name: "not fine", auth: { kind: "password" } });
    await refused(place().world, { claim }, { code: "SecretNameRefused", property, says: [/auth\.secret\.name/] });
    const given = await place().failure(login("fine", { name: "orders/not fine" }));
    assert.match(given.code, /SecretNameRefused|InvalidInput/);
  });

  it("anything without the admin's secret", async () => {
    const { lambda, aws } = place().world.stack;
    await lambda.recycle(place().world.target.functionName);
    const stop = aws.intercept((call) => {
      if (call.operation !== "GetSecretValue") return call.next();
      throw new AwsError("ResourceNotFoundException", "not found");
    });
    const error = await place().failure(login("helpless"));
    stop();
    assert.equal(error.code, "AdminSecretUnavailable");
    assert.equal(place().find("orders/helpless"), undefined);
  });
}
