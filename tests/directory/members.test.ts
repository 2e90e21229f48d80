import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readConfig } from "../../provisioner/config";
import { members } from "../../provisioner/directory";
import { readDirectory } from "../../provisioner/directory/config";
import { parseURL, type ParsedUrl } from "../../provisioner/directory/ldap-url";
import { loginOf, membersOf, type Person } from "../../provisioner/directory/person";

const person = (name: string, source = name): Person => ({ name, source });

describe("logins of a directory's people", () => {
  it("are what stands before an @, in small letters", () => {
    for (const [name, login] of [
      ["Jane.Doe@example.com", "jane.doe"],
      ["JDOE", "jdoe"],
      ["j_doe-2@a@b", "j_doe-2"],
      ["007", "007"],
    ])
      assert.equal(loginOf(person(name), "postgresql"), login);
  });

  it("are refused and never rewritten where a server, or an IAM policy, could read them differently", () => {
    for (const name of [
      "",
      "@example.com",
      "jané",
      "a b",
      "a'b",
      'a"b',
      "a\\b",
      "a/b",
      "a*",
      "-a",
      ".a",
      "$a",
      "a\n",
      "a:b",
    ])
      assert.throws(() => loginOf(person(name), "postgresql"), { code: "MemberRefused" }, JSON.stringify(name));
    for (const name of ["rdsadmin", "PG_monitor", "public", "a".repeat(64)])
      assert.throws(() => loginOf(person(name), "postgresql"), { code: "MemberRefused" }, name);
    for (const name of ["root", "mysql.sys", "a".repeat(33)])
      assert.throws(() => loginOf(person(name), "mysql"), { code: "MemberRefused" }, name);
    assert.equal(loginOf(person("a".repeat(33)), "mariadb"), "a".repeat(33));
  });

  it("are one for one person, and never one for two", () => {
    const found = (...people: Person[]): Map<string, Person[]> =>
      new Map([
        ["b", people],
        ["a", [person("grace", "1")]],
      ]);
    assert.deepEqual(membersOf(found(person("zoe", "2"), person("grace", "1")), "mysql"), [
      { username: "grace", source: "1", groups: ["b", "a"] },
      { username: "zoe", source: "2", groups: ["b"] },
    ]);
    assert.throws(() => membersOf(found(person("GRACE@x", "3")), "mysql"), { code: "MemberRefused" });
  });
});

describe("a provisioner's directory", () => {
  const config = { engine: "mysql" } as const;

  it("is needed for groups, and for none it is not", async () => {
    assert.deepEqual(await members(config, []), []);
    await assert.rejects(members(config, ["a"]), { code: "NotSupported", property: "groups" });
    await assert.rejects(members(config, [""]), { code: "InvalidInput", property: "groups" });
    await assert.rejects(members(config, ["a".repeat(257)]), { code: "InvalidInput" });
  });

  const ldap = { kind: "ldap", url: "ldaps://ad.example", bindSecretArn: "arn", baseDn: "dc=x" };
  const center = { kind: "identityCenter", identityStoreId: "d-0123456789" };

  it("comes from the function's environment", () => {
    const base = {
      DB_ACCESS_CLUSTER: "orders",
      DB_ACCESS_ENGINE: "mysql",
      DB_ACCESS_HOST: "db",
      DB_ACCESS_PORT: "3306",
      DB_ACCESS_ADMIN_SECRET_ARN: "arn",
      DB_ACCESS_ACCOUNT: "111122223333",
      AWS_REGION: "us-east-1",
    };
    assert.equal(readConfig(base).directory, undefined);
    const file = require.resolve("../../package.json");
    const { directory } = readConfig({
      ...base,
      DB_ACCESS_DIRECTORY: JSON.stringify(ldap),
      DB_ACCESS_DIRECTORY_CA_FILE: file,
    });
    assert.ok(directory?.kind === "ldap" && directory.ca?.includes('"pulumi-db-access"'));
    assert.deepEqual(readDirectory(JSON.stringify(center), "ca"), center);
  });

  it("is found by the archive's own reading of addresses as by the package that it stands for", () => {
    const library = createRequire(createRequire(__filename).resolve("ldapts"))("whatwg-url") as {
      parseURL(text: string): ParsedUrl | null;
    };
    for (const text of [
      "ldaps://ad.example",
      "ldap://10.0.0.1:1389",
      "ldaps://AD.Example:636",
      "ldaps://a:0",
      "x",
      "",
    ]) {
      const expected = library.parseURL(text);
      const found = parseURL(text);
      if (expected === null) assert.equal(found, null, text);
      else assert.deepEqual(found, { scheme: expected.scheme, host: expected.host, port: expected.port }, text);
    }
  });

  it("is refused where it could mean something else", () => {
    for (const change of [
      { url: "http://ad.example" },
      { url: "ldap://user:password@ad.example" },
      { url: "ldaps://ad.example/dc=x??sub?(cn=*)" },
      { url: "ldaps://" },
      { loginAttribute: "uid)(cn=*" },
      { baseDn: "" },
      { bindPassword: "x" },
      { kind: "files" },
    ])
      assert.throws(() => readDirectory(JSON.stringify({ ...ldap, ...change }), undefined), /DB_ACCESS_DIRECTORY/);
    assert.throws(() => readDirectory(JSON.stringify({ ...center, identityStoreId: "x" }), undefined));
    assert.throws(() => readDirectory("{", undefined), /DB_ACCESS_DIRECTORY/);
  });
});
