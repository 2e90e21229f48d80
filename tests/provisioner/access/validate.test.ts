import assert from "node:assert/strict";
import type { Claim, GrantClaim, LoginClaim } from "../../../provisioner/access/claims";
import type { Product } from "../../../provisioner/access/server";
import { claimProblems } from "../../../provisioner/access/validate";

const login: LoginClaim = { kind: "login", name: "app", auth: { kind: "password" }, deletion: "drop" };
const grant: GrantClaim = {
  kind: "grant",
  grantee: "app",
  on: { kind: "tables", database: "shop", schema: "public", tables: "*" },
  privileges: ["SELECT"],
  mode: "additive",
};
const mysqlGrant: GrantClaim = { ...grant, on: { kind: "tables", database: "shop", tables: "*" } };
const secret = (name: string): LoginClaim => ({ ...login, auth: { kind: "password", secret: { name } } });

const cases: [string, Claim, Product, number | undefined, string, string, RegExp][] = [
  [
    "validUntil on MySQL",
    { ...login, validUntil: "2027-01-01" },
    "mysql",
    undefined,
    "NotSupported",
    "validUntil",
    /passwordExpires/,
  ],
  [
    "passwordExpires on PostgreSQL",
    { ...login, passwordExpires: 30 },
    "postgresql",
    undefined,
    "NotSupported",
    "passwordExpires",
    /validUntil/,
  ],
  ["hosts on PostgreSQL", { ...login, hosts: ["%"] }, "postgresql", undefined, "NotSupported", "hosts", /no hosts/],
  ["a host twice", { ...login, hosts: ["%", "%"] }, "mysql", undefined, "InvalidInput", "hosts", /twice/],
  [
    "a time that is none",
    { ...login, validUntil: "soon" },
    "postgresql",
    undefined,
    "InvalidInput",
    "validUntil",
    /"soon"/,
  ],
  [
    "connectionLimit 0",
    { ...login, connectionLimit: 0 },
    "postgresql",
    undefined,
    "InvalidInput",
    "connectionLimit",
    /at least 1/,
  ],
  [
    "passwordVersion of an IAM login",
    { ...login, auth: { kind: "iam" }, passwordVersion: 2 },
    "postgresql",
    undefined,
    "InvalidInput",
    "passwordVersion",
    /no password/,
  ],
  [
    "a secret outside the prefixes",
    secret("prod/other"),
    "postgresql",
    undefined,
    "SecretNameRefused",
    "auth.secret.name",
    /orders\//,
  ],
  [
    "a secret with odd characters",
    secret("orders/a b"),
    "postgresql",
    undefined,
    "InvalidInput",
    "auth.secret.name",
    /letters/,
  ],
  [
    "a secret like an ARN's end",
    secret("orders/api-abcdef"),
    "postgresql",
    undefined,
    "InvalidInput",
    "auth.secret.name",
    /ARN/,
  ],
  [
    "recoveryDays 3",
    { ...login, auth: { kind: "password", secret: { recoveryDays: 3 } } },
    "postgresql",
    undefined,
    "InvalidInput",
    "auth.secret.recoveryDays",
    /7 to 30/,
  ],
  [
    "an unknown privilege",
    { ...grant, privileges: ["SELEKT"] },
    "postgresql",
    undefined,
    "UnknownPrivilege",
    "privileges[0]",
    /"SELEKT".*SELECT/,
  ],
  [
    "a privilege of another kind",
    { ...grant, privileges: ["USAGE"] },
    "postgresql",
    undefined,
    "UnknownPrivilege",
    "privileges[0]",
    /tables/,
  ],
  [
    "a privilege the version lacks",
    { ...grant, privileges: ["MAINTAIN"] },
    "postgresql",
    160014,
    "UnknownPrivilege",
    "privileges[0]",
    /PostgreSQL 17/,
  ],
  [
    "privileges and template",
    { ...grant, template: "read" },
    "postgresql",
    undefined,
    "InvalidInput",
    "template",
    /both/,
  ],
  ["neither", { ...grant, privileges: undefined }, "postgresql", undefined, "InvalidInput", "privileges", /Neither/],
  [
    "an unknown template",
    { ...grant, privileges: undefined, template: "god" },
    "postgresql",
    undefined,
    "InvalidInput",
    "template",
    /"god"/,
  ],
  ["PostgreSQL tables without a schema", mysqlGrant, "postgresql", undefined, "InvalidInput", "on.schema", /public/],
  ["a schema on MySQL", grant, "mysql", undefined, "NotSupported", "on.schema", /no schemas/],
  [
    "future on MySQL",
    { ...mysqlGrant, on: { kind: "tables", database: "shop", tables: "*", future: { createdBy: ["o"] } } },
    "mysql",
    undefined,
    "NotSupported",
    "on.future",
    /future ones already/,
  ],
  [
    "inherit before PostgreSQL 16",
    { ...grant, privileges: undefined, on: { kind: "role", role: "r", inherit: false } },
    "postgresql",
    150000,
    "NotSupported",
    "on.inherit",
    /16/,
  ],
  [
    "a grantee with a host on PostgreSQL",
    { ...grant, grantee: { name: "app", host: "%" } },
    "postgresql",
    undefined,
    "NotSupported",
    "grantee",
    /no host/,
  ],
  [
    "the ledger as a target",
    { ...grant, on: { kind: "schema", database: "shop", schema: "db_access" }, privileges: ["USAGE"] },
    "postgresql",
    undefined,
    "ReservedName",
    "on.schema",
    /db-access/,
  ],
  [
    "a schema resource on MySQL",
    { kind: "schema", database: "d", name: "s", deletion: "retain" },
    "mysql",
    undefined,
    "NotSupported",
    "name",
    /DbDatabase/,
  ],
];

describe("bad input", () => {
  for (const [title, claim, product, versionNumber, code, property, message] of cases)
    it(`${title}: names the property, the value and the fix`, () => {
      const problems = claimProblems(claim, { product, versionNumber, secretNamePrefixes: ["rds-", "orders/"] });
      const problem = problems.find((candidate) => candidate.property === property);
      assert.equal(problem?.code, code, JSON.stringify(problems));
      assert.match(problem?.message ?? "", message);
    });

  it("finds nothing in good input", () => {
    const context = { secretNamePrefixes: ["rds-", "orders/"] };
    assert.deepEqual(claimProblems(secret("orders/api"), { ...context, product: "postgresql" }), []);
    assert.deepEqual(claimProblems(grant, { ...context, product: "postgresql", versionNumber: 130000 }), []);
    assert.deepEqual(
      claimProblems({ ...mysqlGrant, privileges: ["all privileges"] }, { ...context, product: "mysql" }),
      [],
    );
    assert.deepEqual(
      claimProblems({ ...login, hosts: ["10.0.%"], passwordExpires: 90 }, { ...context, product: "mariadb" }),
      [],
    );
  });

  it("says everything at once", () => {
    const bad: LoginClaim = { ...login, name: "", connectionLimit: -1, passwordExpires: 1 };
    assert.equal(claimProblems(bad, { product: "postgresql", secretNamePrefixes: ["rds-"] }).length, 3);
  });
});
