import * as assert from "node:assert/strict";
import { sha256Crypt } from "../../../provisioner/engines/mysql/sha256-crypt";
import type { AccountState } from "../../../provisioner/access/server";
import { isVerifier, makeVerifier, matches, whichPassword } from "../../../provisioner/engines/mysql/verifier";

const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");

describe("MySQL verifiers", () => {
  it("agree with published SHA-256 crypt results", () => {
    const crypt = (password: string, salt: string, rounds: number): string =>
      sha256Crypt(Buffer.from(password), Buffer.from(salt), rounds);
    assert.equal(crypt("Hello world!", "saltstring", 5000), "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
    assert.equal(
      crypt("we have a short salt string but not a short password", "short", 77777),
      "JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/",
    );
    assert.equal(
      crypt(
        "a very much longer text to encrypt.  This one even stretches over morethan one line.",
        "anotherlongsalts",
        1400,
      ),
      "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1",
    );
  });

  it("agree with what a server made itself", () => {
    // MySQL 9.7 with its 10000 rounds and a salt of raw bytes.
    const stored =
      "2441243030412454020F066E7428777D0B016F37116427326B435073433069525773374C796266344C6C6333574673524B7554414B4372796164414266514536724C52346B37";
    assert.ok(matches(stored, "xX1"));
    assert.ok(!matches(stored, "xX2"));
    assert.ok(matches(hex("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"), "password"));
  });

  it("have the stored form's length, and a new salt each time", () => {
    for (const password of ["12345678", "x".repeat(70), "pässwörd-密码"]) {
      const verifier = makeVerifier(password, "caching_sha2_password");
      assert.match(verifier, /^\$A\$005\$[./0-9A-Za-z]{63}$/);
      assert.ok(isVerifier(verifier) && matches(hex(verifier), password) && !matches(hex(verifier), `${password}x`));
      assert.notEqual(makeVerifier(password, "caching_sha2_password"), verifier);
    }
    assert.equal(makeVerifier("password", "mysql_native_password"), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  });

  it("are made of every writing, and not of what a client could not send", () => {
    const plugins = ["caching_sha2_password", "mysql_native_password"] as const;
    for (const plugin of plugins) {
      for (const text of ['it\'s "q" \\ %s %41 $1 `', " tab\t ", "e\u0301 \uFB01 пароль密码 🔑"])
        assert.ok(matches(hex(makeVerifier(text, plugin)), text));
      for (const text of ["a\u0000b", "\ud800"]) assert.throws(() => makeVerifier(text, plugin), /must not have/);
    }
    assert.ok(matches(hex(makeVerifier("ü".repeat(128), "caching_sha2_password")), "ü".repeat(128)));
    assert.throws(() => makeVerifier(`${"ü".repeat(128)}x`, "caching_sha2_password"), /256 bytes/);
    assert.ok(isVerifier(makeVerifier("x".repeat(300), "mysql_native_password")));
  });

  it("of another plugin say nothing, not even that it is no match", () => {
    const known = makeVerifier("one", "caching_sha2_password");
    const account = { auth: "password", system: false } as AccountState;
    const which = (stored: string, second?: string) =>
      whichPassword(
        { ...account, storedVerifier: hex(stored), ...(second === undefined ? {} : { secondVerifier: hex(second) }) },
        "one",
      );
    const sha256 = "$5$saltsaltsalt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
    assert.equal(which(known), "first");
    assert.equal(which(makeVerifier("two", "caching_sha2_password"), known), "second");
    assert.equal(which(makeVerifier("two", "caching_sha2_password")), "no");
    for (const stored of [sha256, "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY", "*", "invalid"])
      assert.equal(which(stored), undefined, stored);
    assert.equal(whichPassword({ ...account, auth: "iam" }, "one"), "no");
    assert.equal(whichPassword({ ...account, auth: "other" }, "one"), undefined);
  });

  it("are never made of nothing and never match it", () => {
    for (const plugin of ["caching_sha2_password", "mysql_native_password"] as const)
      assert.throws(() => makeVerifier("", plugin), /must not be empty/);
    for (const stored of ["", hex("*"), hex("$A$005$"), hex("invalid")]) assert.ok(!matches(stored, "anything"));
    assert.ok(!isVerifier("") && !isVerifier("*"));
  });
});
