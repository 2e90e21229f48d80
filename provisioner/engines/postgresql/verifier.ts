import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

import { DbAccessError } from "../../errors";
import { prepared } from "./saslprep";

const iterations = 4096;
const saltBytes = 16;
const keyBytes = 32;

const form = /^SCRAM-SHA-256\$(\d{4,6}):([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Of a password that is prepared already. */
export function derive(password: string, salt: Buffer, rounds: number): string {
  const salted = pbkdf2Sync(password, salt, rounds, keyBytes, "sha256");
  const stored = createHash("sha256").update(hmac(salted, "Client Key")).digest();
  const server = hmac(salted, "Server Key");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${stored.toString("base64")}:${server.toString("base64")}`;
}

/** RFC 5802/7677: what PostgreSQL stores. The password itself is never sent. */
export function scramVerifier(supplied: string): string {
  const password = prepared(supplied);
  const verifier = derive(password, randomBytes(saltBytes), iterations);
  const parts = form.exec(verifier);
  const again = parts === null ? "" : derive(password, Buffer.from(parts[2], "base64"), Number(parts[1]));
  if (again.length !== verifier.length || !timingSafeEqual(Buffer.from(again), Buffer.from(verifier)))
    throw new DbAccessError("Unexpected", "The password's verifier could not be confirmed; nothing was sent.");
  return verifier;
}

/** The server takes a malformed verifier silently for a password in clear: nothing else may reach a statement. */
export function assertVerifier(verifier: string | undefined): string {
  if (verifier === undefined || !form.test(verifier))
    throw new DbAccessError(
      "Unexpected",
      "A password without a valid SCRAM verifier was about to be set; nothing was sent.",
    );
  return verifier;
}
