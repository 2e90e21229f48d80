import assert from "node:assert/strict";

import { DatabaseError } from "pg";

import { DbAccessError } from "../../../provisioner/errors";
import { isRetryable, toDbAccessError } from "../../../provisioner/engines/postgresql/errors";
import { password } from "./server";

describe("PostgreSQL errors", () => {
  const context = { host: "db", port: 5432, step: "testing" };
  const server = (code: string, fields: Partial<DatabaseError> = {}): DatabaseError =>
    Object.assign(new DatabaseError("the server's words", 1, "error"), { code, internalQuery: "hidden", ...fields });

  it("keep the server's words and never the statement", () => {
    const error = toDbAccessError(server("42501", { detail: "one\ntwo" }), context);
    assert.deepEqual([error.code, error.serverCode, error.transient], ["NotAuthorized", "42501", false]);
    assert.match(error.message, /while testing: the server's words: one; two/);
    assert.ok(!error.message.includes("hidden"));
  });

  it("keep nothing of a statement with a verifier", () => {
    const error = toDbAccessError(server("42601"), { ...context, secret: true });
    assert.match(error.message, /SQLSTATE 42601/);
    assert.ok(!error.message.includes("words"));
    const repeated = Object.assign(server("22023"), { message: "bad: SCRAM-SHA-256$4096:c2FsdA==$a:b here" });
    assert.match(toDbAccessError(repeated, context).message, /bad: \(verifier\) here/);
  });

  it("say which conditions pass", () => {
    const codes: [string, string, boolean][] = [
      ["25006", "ServerReadOnly", true],
      ["57P03", "NetworkPathDatabase", true],
      ["53300", "Throttled", true],
      ["08006", "NetworkPathDatabase", true],
      ["2BP01", "DependentPrivileges", false],
      ["42704", "ObjectMissing", false],
      ["99999", "Unexpected", false],
      ["28P01", "Unexpected", false],
    ];
    for (const [state, code, transient] of codes) {
      const error = toDbAccessError(server(state), context);
      assert.deepEqual([error.code, error.transient], [code, transient], state);
    }
    assert.equal(toDbAccessError(server("28P01"), { ...context, opening: true }).code, "AdminLoginRefused");
  });

  it("are tried again only for what another session did", () => {
    const of = (state: string, message: string): DbAccessError =>
      toDbAccessError(Object.assign(server(state), { message }), context);
    assert.equal(isRetryable(of("XX000", "tuple concurrently updated")), true);
    assert.equal(isRetryable(of("40P01", "deadlock detected")), true);
    assert.equal(isRetryable(of("XX000", "cache lookup failed")), false);
    assert.equal(isRetryable(of("53300", "too many")), false);
  });

  it("of the driver keep no text of it", () => {
    const error = toDbAccessError(new Error(`failed: ALTER ROLE x PASSWORD '${password}'`), context);
    assert.equal(error.code, "Unexpected");
    assert.ok(!error.message.includes(password));
  });
});
