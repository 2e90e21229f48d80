import assert from "node:assert/strict";
import type { LoginClaim } from "../../provisioner/protocol";
import { login, type Place } from "./place";

const awkward = `it's "q" \\ %s 100% {}$ pässwörd-密码-🔑`;

/** Logins whose password is in a secret of somebody else. */
export function suppliedSuite(place: () => Place): void {
  const supplies = { "db-access:supplies": "orders" };
  const claimOf = (name: string, suppliedSecretArn: string): LoginClaim => ({
    ...login(name),
    auth: { kind: "password", suppliedSecretArn },
  });
  const put = (name: string, text: string): Promise<string> => place().put(name, text, supplies);

  it("log in with what it says as JSON or as plain text, whatever characters it has", async () => {
    const texts = { json: JSON.stringify({ user: "x", password: `${awkward}1` }), text: `${awkward}2` };
    for (const [kind, text] of Object.entries(texts)) {
      const name = `given_${kind}`;
      const arn = await put(`theirs/${name}`, text);
      const { outputs } = await place().apply(claimOf(name, arn));
      assert.equal(outputs?.secretArn, arn);
      const password = kind === "json" ? `${awkward}1` : `${awkward}2`;
      place().passwords.add(password);
      assert.equal(await place().enter(name, password), "ok");
      await place().refusesPassword(name, `${password} `);
      const untouched = place().secret(`theirs/${name}`);
      assert.deepEqual([untouched.versions.length, untouched.versions[0].value.SecretString], [1, text]);
      assert.deepEqual(place().tags(`theirs/${name}`), supplies);
    }
  });

  it("may be named without the characters that AWS puts behind the name", async () => {
    const arn = await put("theirs/short", "short-password-1");
    await place().apply(claimOf("short", arn.slice(0, -7)));
    assert.equal(await place().enter("short", "short-password-1"), "ok");
  });

  it("follow it when it changes, and leave it when they end", async () => {
    const arn = await put("theirs/follows", "first-password-1");
    const claim = claimOf("follows", arn);
    await place().apply(claim);
    await place().secrets("PutSecretValue", { SecretId: arn, SecretString: "second-password-2" });
    const drift = ["set the password of follows to the one in the secret that supplies it"];
    assert.deepEqual(await place().read(claim), drift);
    await place().apply(claim);
    assert.equal(await place().enter("follows", "second-password-2"), "ok");
    await place().refusesPassword("follows", "first-password-1");
    await place().remove(claim);
    assert.equal(await place().exists("follows"), false);
    assert.equal(place().secret(arn).deletionDue, undefined);
  });

  it("come from one of their own and go back to it", async () => {
    const own = login("both", { recoveryDays: 0 });
    await place().apply(own);
    const password = await place().works("orders/both");
    const arn = await put("theirs/both", "supplied-password-1");
    const words = await place().plan(claimOf("both", arn));
    assert.deepEqual(words, [
      "set the password of both to the one in the secret that supplies it",
      "delete the secret that both had so far",
    ]);
    await place().apply(claimOf("both", arn));
    assert.equal(place().find("orders/both"), undefined);
    assert.equal(await place().enter("both", "supplied-password-1"), "ok");
    await place().refusesPassword("both", password);
    await place().apply(own);
    await place().works("orders/both");
    await place().refusesPassword("both", "supplied-password-1");
    assert.equal(place().secret(arn).deletionDue, undefined);
  });

  it("are refused when it is not there, not meant for this cluster, or holds no password", async () => {
    const missing = "arn:aws:secretsmanager:us-east-1:111122223333:secret:theirs/nowhere-abcdef";
    const plain = await place().put("theirs/untagged", "untagged-password-1");
    await place().apply(login("neighbour"));
    for (const arn of [missing, plain]) {
      // The role may not even look at them, and the answer is the same.
      const { code, message } = await place().failure(claimOf("nobody", arn));
      assert.equal(code, "SuppliedSecretRefused");
      assert.match(message, /has the tag db-access:supplies=orders/);
    }
    for (const notTheirs of [place().world.target.adminSecretArn, place().secret("orders/neighbour").arn]) {
      const { code, message } = await place().failure(claimOf("nobody", notTheirs));
      assert.equal(code, "SuppliedSecretRefused", message);
    }
    const empty = await put("theirs/empty", JSON.stringify({ username: "x" }));
    assert.equal((await place().failure(claimOf("nobody", empty))).code, "SecretUnavailable");
    assert.equal(await place().exists("nobody"), false);
  });
}
