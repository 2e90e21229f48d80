import assert from "node:assert/strict";
import { keyArn, login, type Place } from "./place";

/** What a login publishes in Parameter Store. */
export function parameterSuite(place: () => Place): void {
  const all = async (path: string): Promise<Record<string, unknown>> => {
    const { Parameters } = (await place().parameters("GetParametersByPath", {
      Path: path,
      WithDecryption: true,
    })) as { Parameters: { Name: string; Value: string }[] };
    return Object.fromEntries(Parameters.map(({ Name, Value }) => [Name.slice(path.length + 1), Value]));
  };
  const tagsOf = async (name: string): Promise<Record<string, string>> => {
    const { TagList } = (await place().parameters("ListTagsForResource", {
      ResourceType: "Parameter",
      ResourceId: name,
    })) as { TagList: { Key: string; Value: string }[] };
    return Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value]));
  };
  const keyOf = async (name: string): Promise<unknown> => {
    const { Parameters } = (await place().parameters("DescribeParameters", {})) as {
      Parameters: { Name: string; Type: string; KeyId?: string }[];
    };
    const { Type, KeyId } = Parameters.find(({ Name }) => Name === name) ?? {};
    return [Type, KeyId];
  };

  it("says where, whom and which secret, follows changes, and goes with the login", async () => {
    const claim = login("told", {}, { database: "shop", parameterPath: "/orders/told" });
    const { outputs } = await place().apply(claim);
    const { host, port } = place().world.server;
    const fewer = { host, port: String(port), username: "told", secretArn: outputs?.secretArn };
    const expected = { ...fewer, database: "shop" };
    assert.deepEqual(await all("/orders/told"), expected);
    assert.deepEqual(
      outputs?.parameterNames?.toSorted(),
      Object.keys(expected)
        .map((name) => `/orders/told/${name}`)
        .sort(),
    );
    assert.equal((await tagsOf("/orders/told/host"))["db-access:cluster"], "orders");
    await place().parameters("PutParameter", { Name: "/orders/told/host", Value: "elsewhere", Overwrite: true });
    assert.deepEqual(await place().read(claim), ["publish told as /orders/told/host"]);
    await place().apply({ ...claim, database: "depot" });
    assert.deepEqual(await all("/orders/told"), { ...expected, database: "depot" });
    await place().apply({ ...claim, database: undefined, parameterPath: "/orders/elsewhere" });
    assert.deepEqual(await all("/orders/told"), {});
    assert.deepEqual(await all("/orders/elsewhere"), fewer);
    await place().secrets("DeleteSecret", { SecretId: "orders/told", ForceDeleteWithoutRecovery: true });
    const moved = { ...claim, database: undefined, parameterPath: "/orders/elsewhere" };
    const { outputs: now } = await place().apply(moved);
    assert.deepEqual(await all("/orders/elsewhere"), { ...fewer, secretArn: now?.secretArn });
    await place().remove(moved);
    assert.deepEqual(await all("/orders/elsewhere"), {});
  });

  it("has the password only when asked, under the key, and follows it", async () => {
    const path = "/orders/whispered";
    const claim = login("whispered", {}, { parameterPath: path, parameterPasswordKeyArn: keyArn("one") });
    await place().apply(claim);
    const password = await place().works("orders/whispered");
    assert.equal((await all(path)).password, password);
    assert.deepEqual(await keyOf(`${path}/password`), ["SecureString", keyArn("one")]);
    await place().apply({ ...claim, passwordVersion: 2 });
    const next = await place().works("orders/whispered");
    assert.notEqual(next, password);
    assert.equal((await all(path)).password, next);
    // A new version of the secret with the same password is no reason to publish it again.
    await place().apply({ ...claim, passwordVersion: 2, database: "shop" });
    await place().apply({ ...claim, passwordVersion: 2, parameterPasswordKeyArn: keyArn("two") });
    assert.deepEqual(await keyOf(`${path}/password`), ["SecureString", keyArn("two")]);
    assert.equal((await all(path)).password, next);
    await place().apply({ ...claim, passwordVersion: 2, parameterPasswordKeyArn: undefined });
    assert.equal("password" in (await all(path)), false);
    await place().remove({ ...claim, passwordVersion: 2 });
    assert.deepEqual(await all(path), {});
  });

  it("that somebody else has made are not touched", async () => {
    const path = "/orders/theirs";
    await place().parameters("PutParameter", { Name: `${path}/port`, Value: "theirs", Type: "String" });
    const error = await place().failure(login("polite", {}, { parameterPath: path }));
    assert.equal(error.code, "ParameterTaken");
    assert.match(error.message, /\/orders\/theirs\/port/);
    assert.deepEqual(await all(path), { port: "theirs" });
    assert.deepEqual([await place().exists("polite"), place().find("orders/polite")], [false, undefined]);
    await place().apply(login("polite", {}, { parameterPath: "/orders/polite" }));
  });

  it("go over to the login of the same owner that takes the place of another", async () => {
    const more = { parameterPath: "/orders/passed" };
    await place().apply(login("passed1", {}, more));
    const { outputs } = await place().apply(login("passed2", {}, more));
    await place().remove(login("passed1", {}, more));
    const { host, port } = place().world.server;
    assert.deepEqual(await all("/orders/passed"), {
      host,
      port: String(port),
      username: "passed2",
      secretArn: outputs?.secretArn,
    });
    await place().remove(login("passed2", {}, more));
    assert.deepEqual(await all("/orders/passed"), {});
  });
}
