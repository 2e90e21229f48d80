import { hash } from "node:crypto";

const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** One call without a Hash object: half the time and no garbage over thousands of rounds. */
const sha256 = (...parts: Buffer[]): Buffer => hash("sha256", Buffer.concat(parts), "buffer");

/** `source` repeated and cut to `length`. */
const stretch = (source: Buffer, length: number): Buffer => Buffer.alloc(length, source);

/**
 * The digest of Ulrich Drepper's SHA-256 crypt, 43 characters. Stock implementations cut the salt to 16 bytes; MySQL
 * uses 20, which is the only reason to have it here.
 */
export function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  const inner = sha256(password, salt, password);
  const start: Buffer[] = [password, salt, stretch(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) start.push((bits & 1) === 1 ? inner : password);
  let digest = sha256(...start);

  const p = stretch(sha256(...Array<Buffer>(password.length).fill(password)), password.length);
  const s = stretch(sha256(...Array<Buffer>(16 + (digest[0] ?? 0)).fill(salt)), salt.length);

  for (let round = 0; round < rounds; round++) {
    const odd = (round & 1) === 1;
    const parts: Buffer[] = [odd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push(odd ? digest : p);
    digest = sha256(...parts);
  }
  return encode(digest);
}

/** Crypt's base64: groups of three bytes taken ten apart, least significant digit first. */
function encode(digest: Buffer): string {
  const byte = (index: number): number => digest[index] ?? 0;
  const write = (value: number, count: number): string =>
    Array.from({ length: count }, (_, position) => digits.charAt((value >> (6 * position)) & 63)).join("");
  let text = "";
  for (let group = 0, [a, b, c] = [0, 10, 20]; group < 10; group++) {
    text += write((byte(a) << 16) | (byte(b) << 8) | byte(c), 4);
    [a, b, c] = [c + 1, a + 1, b + 1];
  }
  return text + write((byte(31) << 8) | byte(30), 3);
}
