import assert from "node:assert/strict";

import { prepared } from "../../../provisioner/engines/postgresql/saslprep";
import { assertVerifier, scramVerifier } from "../../../provisioner/engines/postgresql/verifier";
import { codeIs, password } from "./server";

describe("PostgreSQL verifiers", () => {
  it("have a salt of their own and the form the server knows", () => {
    const [one, two] = [scramVerifier(password), scramVerifier(password)];
    assert.notEqual(one, two);
    for (const text of [one, two]) {
      assert.match(text, /^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=$/);
      assert.equal(assertVerifier(text), text);
    }
  });

  it("are made of what every client makes of a password", () => {
    for (const text of ['it\'s "q" \\ %s %41 $1 `', " spaces ", "Grüße", "пароль密码", "🔑 = key"])
      assert.equal(prepared(text), text);
    assert.equal(prepared("a\u00A0b"), "a b");
    assert.equal(prepared("e\u0301"), "é");
    assert.equal(prepared("\uFB01sh\u00AD"), "fish");
    assert.equal(prepared("Ⅸ"), "IX");
  });

  it("are not made of what clients disagree on, or nobody sees", () => {
    const disagreed = ["🔑\uFB01", "❤\uFE0F", "ﷺ"];
    for (const text of disagreed) assert.throws(() => scramVerifier(text), codeIs("InvalidInput", /clients disagree/));
    for (const text of ["tab\t", "line\n", "null\u0000", "\u202E", "\u2028", "\ud800", "\ue000"])
      assert.throws(() => scramVerifier(text), codeIs("InvalidInput", /cannot be seen/));
    for (const text of ["", "\u00AD"]) assert.throws(() => scramVerifier(text), codeIs("InvalidInput", /empty/));
  });
});
