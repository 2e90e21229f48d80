import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { scramVerifier } from "../../provisioner/engines/postgresql/verifier";
import { makeVerifier } from "../../provisioner/engines/mysql/verifier";
import { generatePassword } from "../../provisioner/credentials/password";
import { holdsVerifier, Scanner } from "../support/leaks";
import { canary } from "./place";

const around = (text: string): string => `2026-11-20 LOG:  x=${text}, and more`;

/** What careless code makes of a text, with the words by which a failure names it. */
const forms: Record<string, (text: string) => string> = {
  "as it is": (text) => text,
  "in Base64": (text) => Buffer.from(text).toString("base64"),
  "in Base64, behind a user's name": (text) => Buffer.from(`api:${text}@host`).toString("base64"),
  "in Base64, behind another": (text) => Buffer.from(`user:${text}`).toString("base64"),
  "in Base64 for addresses": (text) => Buffer.from(`a:${text}`).toString("base64url"),
  "in hexadecimal": (text) => Buffer.from(text).toString("hex"),
  "in hexadecimal capitals": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "in an address": (text) => `https://api:${encodeURIComponent(text)}@host/`,
  "in a form": (text) => new URLSearchParams({ password: text }).toString(),
  "in JSON": (text) => JSON.stringify({ password: text }),
  "in JSON within JSON": (text) => JSON.stringify({ SecretString: JSON.stringify({ password: text }) }),
  "as Node writes a Buffer": (text) => JSON.stringify(Buffer.from(text)),
  "as Node shows a Buffer": (text) => inspect(Buffer.from(text)),
  "in a literal of SQL": (text) => `'${text.replaceAll("'", "''")}'`,
  "in a literal of MySQL": (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
  "in a word of the shell": (text) => `'${text.replaceAll("'", "'\\''")}'`,
  "cut off at the end": (text) => text.slice(0, Math.ceil(text.length / 2)),
  "cut off at the beginning": (text) => text.slice(-Math.ceil(text.length / 2)),
};

describe("the search for passwords", () => {
  const passwords = {
    generated: generatePassword(),
    "with special characters": canary(),
    "in other scripts": "Zugang-für-密码-😀-0123456789",
  };

  for (const [kind, password] of Object.entries(passwords))
    it(`finds one that is ${kind} in every form, and nothing where there is none`, () => {
      const scanner = new Scanner([password, generatePassword()]);
      for (const [form, write] of Object.entries(forms)) assert.ok(scanner.finds(around(write(password))), form);
      for (const write of Object.values(forms)) assert.ok(!scanner.finds(around(write(generatePassword()))));
      assert.ok(!scanner.finds(""));
      assert.ok(!scanner.finds(password.slice(0, 6)));
    });

  it("names the files, also by their names", () => {
    const password = generatePassword();
    const folder = mkdtempSync(path.join(tmpdir(), "db-access-scan-"));
    try {
      mkdirSync(path.join(folder, "deep"));
      writeFileSync(path.join(folder, "clean"), generatePassword());
      writeFileSync(
        path.join(folder, "deep", "core"),
        Buffer.concat([Buffer.alloc(70_000, 255), Buffer.from(password)]),
      );
      writeFileSync(path.join(folder, password), "");
      assert.deepEqual(new Scanner([password]).inFiles(folder), [password, "deep/core"].sort());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("knows what servers store for a password", () => {
    const password = generatePassword();
    const sha2 = makeVerifier(password, "caching_sha2_password");
    for (const stored of [
      scramVerifier(password),
      sha2,
      Buffer.from(sha2, "latin1").toString("hex"),
      makeVerifier(password, "mysql_native_password"),
    ])
      assert.ok(holdsVerifier(around(stored)), stored.slice(0, 5));
    assert.ok(!holdsVerifier(around(password)));
  });
});
