import { createHash, randomInt } from "node:crypto";

/**
 * What passwords are made of: letters, digits and `-_.~`, none of which means anything in a URL, a shell, a connection
 * string or SQL. Each of the 66 is drawn evenly by the system's generator, which is 6.04 bits, and 32 of them are 193:
 * past 128, not even a verifier that stands in a log is of use for guessing.
 */
export const passwordAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
const LENGTH = 32;

/** A new password. Never begins with a hyphen, which tools would read as an option. */
export function generatePassword(): string {
  let password = "";
  while (password.length < LENGTH) {
    const character = passwordAlphabet[randomInt(passwordAlphabet.length)];
    if (password.length > 0 || character !== "-") password += character;
  }
  return password;
}

const NAMESPACE = Buffer.from("5d0c5b6e0f5e4c3b9a52d3b1c1f0a7e4", "hex");

/** UUID version 5 of claim id and generation: the same step of the same life of a claim has the same token. */
export function credentialToken(claimId: string, generation: number): string {
  const hash = createHash("sha1").update(NAMESPACE).update(`${claimId}#${generation}`, "utf8").digest().subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
