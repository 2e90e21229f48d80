import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { generatePassword, passwordAlphabet } from "../../provisioner/credentials/password";

const many = Array.from({ length: 4096 }, generatePassword);

describe("generated passwords", () => {
  it("have at least 128 bits of a documented alphabet", () => {
    assert.equal(passwordAlphabet, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~");
    assert.equal(new Set(passwordAlphabet).size, passwordAlphabet.length);
    const lengths = new Set(many.map((password) => password.length));
    assert.equal(lengths.size, 1);
    // The first character has one choice less.
    const [length] = lengths;
    assert.ok(Math.log2(passwordAlphabet.length - 1) * length >= 128);
    for (const password of many) for (const character of password) assert.ok(passwordAlphabet.includes(character));
    assert.equal(new Set(many).size, many.length);
  });

  it("begin with anything but a hyphen, which tools read as an option", () => {
    const first = new Set(many.map((password) => password[0]));
    assert.ok(!first.has("-"));
    assert.equal(first.size, passwordAlphabet.length - 1);
    assert.ok(many.some((password) => password.slice(1).includes("-")));
  });

  it("have every character equally often", () => {
    const counts = new Map<string, number>();
    for (const password of many)
      for (const character of password.slice(1)) counts.set(character, (counts.get(character) ?? 0) + 1);
    const expected = (many.length * (many[0].length - 1)) / passwordAlphabet.length;
    // Eight standard deviations: chance never gets there, and a remainder of bytes is off by more than ten.
    const far = 8 * Math.sqrt(expected);
    for (const character of passwordAlphabet) {
      const count = counts.get(character) ?? 0;
      assert.ok(Math.abs(count - expected) < far, `${JSON.stringify(character)} ${count} times instead of ${expected}`);
    }
  });

  it("are the same in a URL, a form, JSON and SQL, whatever stands beside them", () =>
    fc.assert(
      fc.property(fc.nat(many.length - 1), fc.stringMatching(/^[a-z0-9_ %'"\\&=é]{1,12}$/), (at, other) => {
        const password = many[at];
        const beside = encodeURIComponent(other);
        assert.equal(encodeURIComponent(password), password);
        assert.equal(new URL(`postgres://${beside}:${password}@host/${beside}`).password, password);
        const jdbc = new URL(`jdbc://host/db?user=${beside}&password=${password}&ssl=true`);
        assert.equal(jdbc.searchParams.get("password"), password);
        assert.equal(
          JSON.stringify({ other, password }),
          `{"other":${JSON.stringify(other)},"password":"${password}"}`,
        );
        assert.doesNotMatch(password, /['"\\`$%&;:@/?#=+\s]/);
        assert.equal(password.normalize("NFKC"), password);
      }),
      { numRuns: 500 },
    ));

  it("need no quotes in a shell", () => {
    // A tilde is a home directory at the beginning of a word only, and in a value only behind a colon.
    const words = many.slice(0, 200).filter((password) => !password.startsWith("~"));
    const script = words.map((word) => `P=${word}; echo "$P"; echo x${word}`).join("\n");
    const said = execFileSync("sh", { input: script, encoding: "utf8" }).trim().split("\n");
    assert.deepEqual(
      said,
      words.flatMap((word) => [word, `x${word}`]),
    );
  });
});
