import assert from "node:assert/strict";

import { grantStatements, revokeStatements } from "../../../provisioner/engines/postgresql/grants";
import { codeIs, item } from "./server";

const on = (object: string, privilege: string, fields = {}) =>
  item("app", { database: "d", schema: "s", object, privilege, ...fields });
const keep = { cascade: false, optionOnly: false };

describe("PostgreSQL GRANT and REVOKE", () => {
  it("name every object with the same privileges at once", () => {
    const items = ["a", "b", "c"].flatMap((object) => ["SELECT", "INSERT"].map((privilege) => on(object, privilege)));
    assert.deepEqual(grantStatements([...items, on("c", "DELETE")], true), [
      `GRANT INSERT, SELECT ON TABLE "s"."a", "s"."b" TO "app"`,
      `GRANT DELETE, INSERT, SELECT ON TABLE "s"."c" TO "app"`,
    ]);
    assert.deepEqual(revokeStatements(items, keep), [
      `REVOKE INSERT, SELECT ON TABLE "s"."a", "s"."b", "s"."c" FROM "app"`,
    ]);
  });

  it("keep apart grantees, grant options and kinds", () => {
    const items = [
      on("a", "SELECT"),
      on("a", "SELECT", { grantee: { name: "PUBLIC" } }),
      on("b", "SELECT", { grantable: true }),
      on("q", "USAGE", { kind: "sequence" }),
      on("", "USAGE", { kind: "schema" }),
      on("", "CONNECT", { kind: "database", schema: "" }),
      on("m", "USAGE", { kind: "type" }),
    ];
    assert.deepEqual(grantStatements(items, true), [
      `GRANT SELECT ON TABLE "s"."a" TO "app"`,
      `GRANT SELECT ON TABLE "s"."a" TO PUBLIC`,
      `GRANT SELECT ON TABLE "s"."b" TO "app" WITH GRANT OPTION`,
      `GRANT USAGE ON SEQUENCE "s"."q" TO "app"`,
      `GRANT USAGE ON SCHEMA "s" TO "app"`,
      `GRANT CONNECT ON DATABASE "d" TO "app"`,
      `GRANT USAGE ON TYPE "s"."m" TO "app"`,
    ]);
  });

  it("list columns per privilege", () => {
    const column = (name: string, privilege: string) => on("a", privilege, { kind: "column", column: name });
    assert.deepEqual(grantStatements([column("y", "SELECT"), column("x", "SELECT"), column("x", "UPDATE")], true), [
      `GRANT SELECT ("x", "y"), UPDATE ("x") ON TABLE "s"."a" TO "app"`,
    ]);
  });

  it("take an option, or what depends on it, only when asked to", () => {
    assert.deepEqual(revokeStatements([on("a", "SELECT", { grantable: true })], { cascade: true, optionOnly: true }), [
      `REVOKE GRANT OPTION FOR SELECT ON TABLE "s"."a" FROM "app" CASCADE`,
    ]);
    const mixed = [on("a", "SELECT", { grantable: true }), on("b", "SELECT")];
    assert.deepEqual(revokeStatements(mixed, keep), [`REVOKE SELECT ON TABLE "s"."a", "s"."b" FROM "app"`]);
  });

  it("say default privileges for their creator", () => {
    const future = (fields = {}) => on("tables", "SELECT", { kind: "default", creator: "owner", ...fields });
    assert.deepEqual(
      grantStatements(
        [future(), future({ privilege: "INSERT" }), future({ schema: "", object: "functions", privilege: "EXECUTE" })],
        true,
      ),
      [
        `ALTER DEFAULT PRIVILEGES FOR ROLE "owner" IN SCHEMA "s" GRANT INSERT, SELECT ON TABLES TO "app"`,
        `ALTER DEFAULT PRIVILEGES FOR ROLE "owner" GRANT EXECUTE ON ROUTINES TO "app"`,
      ],
    );
    assert.deepEqual(revokeStatements([future()], keep), [
      `ALTER DEFAULT PRIVILEGES FOR ROLE "owner" IN SCHEMA "s" REVOKE SELECT ON TABLES FROM "app"`,
    ]);
    assert.throws(() => grantStatements([future({ creator: undefined })], true), codeIs("InvalidInput"));
    assert.throws(() => grantStatements([future({ object: "views" })], true), codeIs("InvalidInput"));
  });

  it("say memberships as the version knows them", () => {
    const member = (object: string, fields = {}) =>
      item("app", { kind: "role", object, privilege: "MEMBER", ...fields });
    assert.deepEqual(
      grantStatements(
        [member("a"), member("b"), member("c", { grantable: true, options: { inherit: false, set: true } })],
        true,
      ),
      [`GRANT "a", "b" TO "app"`, `GRANT "c" TO "app" WITH ADMIN TRUE, INHERIT FALSE, SET TRUE`],
    );
    assert.deepEqual(grantStatements([member("a", { grantable: true, options: { inherit: true } })], false), [
      `GRANT "a" TO "app" WITH ADMIN OPTION`,
    ]);
    assert.throws(() => grantStatements([member("a", { options: { set: false } })], false), codeIs("NotSupported"));
    assert.deepEqual(revokeStatements([member("a", { grantable: true }), member("b")], { ...keep, grantedBy: "g" }), [
      `REVOKE "a", "b" FROM "app" GRANTED BY "g"`,
    ]);
    assert.deepEqual(revokeStatements([member("a")], { cascade: true, optionOnly: true }), [
      `REVOKE ADMIN OPTION FOR "a" FROM "app" CASCADE`,
    ]);
  });

  it("take routines by their signature and nothing that is none", () => {
    const routine = (object: string) => on(object, "EXECUTE", { kind: "routine" });
    assert.deepEqual(grantStatements([routine('"To.tal"(integer, "My Type"[])'), routine("plain()")], true), [
      `GRANT EXECUTE ON ROUTINE "s"."To.tal"(integer, "My Type"[]), "s"."plain"() TO "app"`,
    ]);
    for (const text of [
      "total",
      "total(integer",
      "f() TO evil; --",
      "f(int); DROP ROLE x; g(int)",
      "f(int) /* ",
      "f(a--\n)",
      'f("x)',
      "f(')",
    ])
      assert.throws(() => grantStatements([routine(text)], true), codeIs("InvalidInput"), text);
  });

  it("name large objects by number and parameters name by name", () => {
    const large = (object: string) => on(object, "SELECT", { kind: "largeObject", schema: "" });
    const parameter = (object: string, privilege: string) =>
      on(object, privilege, { kind: "parameter", database: "", schema: "" });
    assert.deepEqual(grantStatements([large("16400"), large("7")], true), [
      `GRANT SELECT ON LARGE OBJECT 16400, 7 TO "app"`,
    ]);
    assert.deepEqual(revokeStatements([large("7")], keep), [`REVOKE SELECT ON LARGE OBJECT 7 FROM "app"`]);
    const both = ["SET", "ALTER SYSTEM"].map((privilege) => parameter("work_mem", privilege));
    assert.deepEqual(grantStatements([...both, parameter('app.te"nant', "SET")], true), [
      `GRANT ALTER SYSTEM, SET ON PARAMETER "work_mem" TO "app"`,
      `GRANT SET ON PARAMETER "app"."te""nant" TO "app"`,
    ]);
    assert.deepEqual(revokeStatements(both, { cascade: true, optionOnly: true }), [
      `REVOKE GRANT OPTION FOR ALTER SYSTEM, SET ON PARAMETER "work_mem" FROM "app" CASCADE`,
    ]);
  });

  it("refuse privileges and names that are none", () => {
    for (const privilege of ["select", "SELECT ON TABLE x TO y; --", "", "SELECT,INSERT"])
      assert.throws(() => grantStatements([on("a", privilege)], true), codeIs("UnknownPrivilege"));
    assert.throws(() => grantStatements([on("", "SELECT")], true), codeIs("InvalidInput"));
    assert.throws(() => grantStatements([on("a\u0000b", "SELECT")], true), codeIs("InvalidInput"));
    assert.throws(() => grantStatements([on("\ud800", "SELECT")], true), codeIs("InvalidInput"));
    assert.throws(() => grantStatements([on("é".repeat(32), "SELECT")], true), codeIs("NameTooLong"));
    assert.throws(() => grantStatements([on("", "SUPER", { kind: "global" })], true), codeIs("NotSupported"));
    for (const text of ["", "0", "x", "1, 2", "1 TO PUBLIC", "99999999999"])
      assert.throws(() => grantStatements([on(text, "SELECT", { kind: "largeObject" })], true), codeIs("InvalidInput"));
    assert.throws(() => grantStatements([on("a..b", "SET", { kind: "parameter" })], true), codeIs("InvalidInput"));
  });
});
