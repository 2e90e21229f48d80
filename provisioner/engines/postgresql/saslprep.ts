import { DbAccessError } from "../../errors";

/** RFC 3454, table C.1.2. */
const otherSpaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g;
/** RFC 3454, table B.1; the zero width space is a space here, as it is for the server. */
const nothing = /\u00AD|\u034F|\u1806|\u180B|\u180C|\u180D|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu;
const unprintable = /\p{C}|(?! )\p{Z}/u;
/** Ranges without a gap in Unicode 3.2, in which the rules are written, and without letters from right to left. */
const longKnown = /^[ -~\u00A1-\u017F\u03A3-\u03C9\u0400-\u0481\u3041-\u3094\u30A1-\u30FA\u4E00-\u9FA5\uAC00-\uD7A3]+$/;

const refused = (reason: string): DbAccessError =>
  new DbAccessError("InvalidInput", `This password cannot be used on PostgreSQL: ${reason}; choose another.`);

/**
 * A password as server and clients prepare it before they hash it: SASLprep, RFC 4013. They prepare nothing when there
 * is a character that the rules do not know, and not all clients look; a password that is changed by it is accepted only
 * where that makes no difference.
 */
export function prepared(password: string): string {
  const result = password.replace(otherSpaces, " ").replace(nothing, "").normalize("NFKC");
  if (result === "") throw refused("it is empty");
  if (unprintable.test(result)) throw refused("it has control characters or others that cannot be seen");
  if (result !== password && !longKnown.test(result))
    throw refused("clients disagree on how its characters are written");
  return result;
}
