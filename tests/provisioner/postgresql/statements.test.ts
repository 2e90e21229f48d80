import assert from "node:assert/strict";

import * as sql from "../../../provisioner/engines/postgresql/statements";
import { scramVerifier } from "../../../provisioner/engines/postgresql/verifier";
import { codeIs, password } from "./server";

const verifier = scramVerifier(password);

describe("PostgreSQL statements for roles and databases", () => {
  it("create logins with what was asked for and nothing else", () => {
    assert.deepEqual(sql.createPasswordLogin("app", {}, verifier), {
      text: `CREATE ROLE "app" INHERIT LOGIN PASSWORD '${verifier}'`,
      secret: true,
    });
    const attributes = { connectionLimit: 5, validUntil: "2030-01-31T00:00:00+01:00", locked: true };
    assert.deepEqual(sql.createIamLogin("app", attributes), [
      { text: `CREATE ROLE "app" INHERIT NOLOGIN CONNECTION LIMIT 5 VALID UNTIL '2030-01-30T23:00:00.000Z'` },
      { text: `GRANT rds_iam TO "app"` },
    ]);
    assert.deepEqual(sql.createRole("group"), { text: `CREATE ROLE "group" NOLOGIN INHERIT` });
  });

  it("never carry a password that is not a verifier", () => {
    for (const text of [
      undefined,
      "",
      password,
      verifier.slice(0, -1),
      `${verifier}x`,
      verifier.replace("4096", "1"),
    ]) {
      assert.throws(() => sql.createPasswordLogin("app", {}, text), codeIs("Unexpected"));
      assert.throws(() => sql.setPassword("app", text), codeIs("Unexpected"));
    }
  });

  it("change only what is present", () => {
    assert.deepEqual(sql.alterLogin("app", {}), []);
    assert.deepEqual(sql.alterLogin("app", { requireTls: true, passwordExpires: 3 }), []);
    assert.deepEqual(sql.alterLogin("app", { connectionLimit: null, validUntil: null, locked: false }), [
      { text: `ALTER ROLE "app" LOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity'` },
    ]);
  });

  it("refuse values that are not what they should be", () => {
    assert.throws(() => sql.alterLogin("app", { connectionLimit: 1.5 }), codeIs("InvalidInput"));
    assert.throws(() => sql.alterLogin("app", { validUntil: "soon" }), codeIs("InvalidInput"));
  });

  it("quote every name and text", () => {
    assert.equal(
      sql.createDatabase('a"b', "UTF8'; --"),
      `CREATE DATABASE "a""b" TEMPLATE template0 ENCODING 'UTF8''; --'`,
    );
    assert.deepEqual(sql.setDatabaseOwner("d b", "o.o"), { text: `ALTER DATABASE "d b" OWNER TO "o.o"` });
    assert.deepEqual(sql.createSchema("s", undefined), { text: `CREATE SCHEMA "s"` });
    assert.deepEqual(sql.createSchema("s", "o"), { text: `CREATE SCHEMA "s" AUTHORIZATION "o"` });
    assert.deepEqual(sql.commentOnRole("r", "it's a \\"), { text: `COMMENT ON ROLE "r" IS  E'it''s a \\\\'` });
    assert.match(sql.endSessions("a'b"), /usename = 'a''b'/);
  });
});
