import fc from "fast-check";

const fragments = [
  '"', '""', "'", "''", "`", "``", "\\", "\\'", '\\"', "\\\\", "%", "_", "\\_", "\\%", ";", "--", "-- ", "/*", "*/", "/*!",
  "#", "$$", "$a$", "$1", "E'", "U&\"", "x'", "N'", "0x41", "?", "??", ":a", "@", "@'%'", "(", ")", ",", ".", "[]", "{}",
  "*", "=", "||", " ", " OR 1=1", "DROP ROLE", "; DROP DATABASE shop; --", "PUBLIC", "\n", "\r\n", "\t", "\u0000", "\u001a",
  "\u0008", "\u00a0", "\u2028", "\u200b", "\u202e", "\ufeff", "é", "e\u0301", "ß", "İ", "名", "😀", "\ud800", "＇", "´", "a", "Z", "9",
]; // prettier-ignore

/** A text that means something else wherever it is not quoted as it has to be. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 8 }).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 20 }) },
  // Around the length at which PostgreSQL would cut the name.
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("a", "é", "名", '"', "'"), fc.integer({ min: 30, max: 66 }))
      .map(([character, count]) => character.repeat(count)),
  },
); // prettier-ignore

/** That many different ones, such as a server can hold. */
export const hostileTexts = (count: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(
    hostileText.filter((text) => !/\p{Cs}/u.test(text)),
    { minLength: count, maxLength: count, selector: (text) => text.toLowerCase() },
  );
