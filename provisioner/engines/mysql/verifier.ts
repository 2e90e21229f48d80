import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { AccountState } from "../../access/server";
import { DbAccessError } from "../../errors";
import { sha256Crypt } from "./sha256-crypt";

/** The characters of crypt's own base64: seven bits, no NUL and no `$`, as the stored form demands of a salt. */
const saltAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const saltLength = 20;
const sha2Length = 70;
const nativeLength = 41;
const roundsUnit = 1000;
/** MySQL up to 8.4 writes 005 itself; newer servers accept it. */
const thousands = 5;

const cachingSha2 = (password: string, salt: Buffer, units: number): Buffer =>
  Buffer.concat([
    Buffer.from(`$A$${units.toString(16).toUpperCase().padStart(3, "0")}$`, "latin1"),
    salt,
    Buffer.from(sha256Crypt(Buffer.from(password, "utf8"), salt, units * roundsUnit), "latin1"),
  ]);

function nativeVerifier(password: string): string {
  const once = createHash("sha1").update(password, "utf8").digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}

function newSalt(): Buffer {
  // The alphabet has 64 characters: six bits of each random byte choose one without bias.
  const characters = Array.from(randomBytes(saltLength), (byte) => saltAlphabet.charAt(byte & 63));
  return Buffer.from(characters.join(""), "latin1");
}

/** Longer ones the server refuses when somebody logs in. */
const longestSha2 = 256;

/**
 * What a server stores for a password. Empty passwords have none: the server would take it for "no password". A null
 * character ends a password for some clients and not for others, and half of a surrogate pair becomes another character.
 */
export function makeVerifier(password: string, plugin: "caching_sha2_password" | "mysql_native_password"): string {
  if (password === "") throw new DbAccessError("InvalidInput", "A password must not be empty.");
  if (/[\0\p{Cs}]/u.test(password))
    throw new DbAccessError("InvalidInput", "A password must not have a null character or half of a surrogate pair.");
  if (plugin === "caching_sha2_password" && Buffer.byteLength(password, "utf8") > longestSha2)
    throw new DbAccessError("InvalidInput", `A password for MySQL may have ${longestSha2} bytes at most.`);
  const verifier =
    plugin === "caching_sha2_password"
      ? cachingSha2(password, newSalt(), thousands).toString("latin1")
      : nativeVerifier(password);
  if (!matches(Buffer.from(verifier, "latin1").toString("hex"), password))
    throw new Error("The verifier that was made does not match its password.");
  return verifier;
}

/** A stored form that a statement may carry: anything else could be taken for an empty password. */
export const isVerifier = (text: string): boolean =>
  /^\$A\$[0-9A-F]{3}\$[./0-9A-Za-z]{63}$/.test(text) || /^\*[0-9A-F]{40}$/.test(text);

/**
 * Whether what the server stores (hex of `authentication_string`) is this password's, without logging in. Undefined for
 * the form of a plugin that is not known here, which only a login can tell.
 */
export function verdictOf(storedHex: string, password: string): boolean | undefined {
  const stored = Buffer.from(storedHex, "hex");
  const expected = recompute(stored, password);
  return expected === undefined ? undefined : timingSafeEqual(expected, stored);
}

export const matches = (storedHex: string, password: string): boolean => verdictOf(storedHex, password) === true;

/** Which of an account's passwords this is; see `EngineSession.matches`. */
export function whichPassword(account: AccountState, password: string): "first" | "second" | "no" | undefined {
  const { system, auth, storedVerifier, secondVerifier } = account;
  // What is stored for these is not read.
  if (system) return undefined;
  if (storedVerifier === undefined) return auth === "other" ? undefined : "no";
  const first = verdictOf(storedVerifier, password);
  if (first === true) return "first";
  const second = secondVerifier === undefined ? false : verdictOf(secondVerifier, password);
  if (second === true) return "second";
  return first === undefined || second === undefined ? undefined : "no";
}

/** As long as what is stored, or undefined. */
function recompute(stored: Buffer, password: string): Buffer | undefined {
  if (stored.length === nativeLength && stored[0] === 0x2a) return Buffer.from(nativeVerifier(password), "latin1");
  const [, units] = /^\$A\$([0-9A-Fa-f]{3})\$/.exec(stored.subarray(0, 7).toString("latin1")) ?? [];
  if (units === undefined || stored.length !== sha2Length) return undefined;
  return cachingSha2(password, stored.subarray(7, 7 + saltLength), parseInt(units, 16));
}
