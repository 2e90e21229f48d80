import assert from "node:assert/strict";

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

  it("are made of printable ASCII only", () => {
    for (const text of ["", "pässword", "tab\t", "line\n", "null\u0000"])
      assert.throws(() => scramVerifier(text), codeIs("InvalidInput", /ASCII/));
  });
});
