import assert from "node:assert/strict";
import fc from "fast-check";
import { hostProblem, nameLength, nameProblem, type NameKind } from "../../../provisioner/access/names";
import type { Product } from "../../../provisioner/access/server";

const refused: [NameKind, unknown, Product, string, RegExp][] = [
  ["login", "", "postgresql", "InvalidInput", /empty/],
  ["login", 7, "postgresql", "InvalidInput", /text/],
  ["login", "a".repeat(64), "postgresql", "NameTooLong", /64 bytes; PostgreSQL allows 63/],
  ["login", "é".repeat(32), "postgresql", "NameTooLong", /64 bytes/],
  ["login", "a".repeat(33), "mysql", "NameTooLong", /33 characters; MySQL allows 32/],
  ["login", "a".repeat(129), "mariadb", "NameTooLong", /MariaDB allows 128/],
  ["login", "rdsadmin", "postgresql", "ReservedName", /reserved/],
  ["login", "RDS_superuser", "postgresql", "ReservedName", /reserved/],
  ["login", "pg_monitor", "postgresql", "ReservedName", /reserved/],
  ["role", "Public", "postgresql", "ReservedName", /reserved/],
  ["login", "mysql.sys", "mysql", "ReservedName", /reserved/],
  ["login", "root", "mysql", "ReservedName", /reserved/],
  ["database", "mysql", "mysql", "ReservedName", /reserved/],
  ["database", "db_access", "mysql", "ReservedName", /db-access itself/],
  ["schema", "db_access", "postgresql", "ReservedName", /db-access itself/],
  ["login", "a\u0000b", "postgresql", "InvalidInput", /control or invisible/],
  ["login", "a\u200bb", "postgresql", "InvalidInput", /control or invisible/],
  ["login", "a\u202eb", "mysql", "InvalidInput", /control or invisible/],
  ["login", "a\ud800", "postgresql", "InvalidInput", /surrogate/],
  ["login", "e\u0301", "postgresql", "InvalidInput", /NFC/],
  ["login", " a", "postgresql", "InvalidInput", /white space/],
  ["login", "a'b", "mysql", "InvalidInput", /quote or backslash/],
  ["login", "a\\b", "mariadb", "InvalidInput", /quote or backslash/],
];

describe("names", () => {
  for (const [kind, name, product, code, message] of refused)
    it(`refuses ${kind} ${JSON.stringify(name).slice(0, 40)} on ${product}`, () => {
      const problem = nameProblem(kind, name, product);
      assert.equal(problem?.code, code);
      assert.match(problem?.message ?? "", message);
    });

  it("takes what the server takes", () => {
    for (const name of ["orders_api", "Orders-API", "jürgen", "名前", 'quo"ted', "a.b", "x".repeat(63)])
      assert.equal(nameProblem("login", name, "postgresql"), undefined, name);
    for (const name of ["orders_api", "jürgen", "a.b", "x".repeat(32)])
      assert.equal(nameProblem("login", name, "mysql"), undefined, name);
  });

  it("never lets through what would be truncated or look like something else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 140 }),
        fc.constantFrom<Product>("postgresql", "mysql", "mariadb"),
        (name, product) => {
          if (nameProblem("login", name, product) !== undefined) return;
          assert.ok(nameLength(name, product) <= { postgresql: 63, mysql: 32, mariadb: 128 }[product]);
          assert.equal(Buffer.from(name, "utf8").toString("utf8"), name);
          assert.ok(!/\p{Cc}/u.test(name));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("knows hosts", () => {
    for (const host of ["%", "10.0.%", "10.0.0.0/255.255.0.0", "10.0.0.0/16", "app.internal", "::1"])
      assert.equal(hostProblem(host), undefined, host);
    for (const host of ["", "a b", "x'", "é"]) assert.notEqual(hostProblem(host), undefined, host);
  });
});
