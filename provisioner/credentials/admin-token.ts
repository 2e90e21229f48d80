import { SignatureV4 } from "@smithy/signature-v4";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { DbAccessError } from "../errors";
import type { AdminLogin } from "./admin-secret";
import { secretsClient } from "./aws-clients";

/** An admin without a password: its user name, and where it logs in. */
export interface IamAdmin {
  user: string;
  host: string;
  port: number;
  region: string;
}

/** RDS takes a token for a quarter of an hour; a few minutes of that are for what is still on its way. */
const LIFETIME_S = 900;
const USED_FOR_MS = 9 * 60_000;

let cached: { key: string; login: AdminLogin; until: number } | undefined;

/** Connects as an IAM user. A refused token is tried again once, freshly signed: a cached one may be of an old session. */
export async function withIamAdmin<T>(
  admin: IamAdmin,
  connect: (login: AdminLogin) => Promise<T>,
  now: () => number = Date.now,
): Promise<T> {
  const key = JSON.stringify([admin.user, admin.host, admin.port, admin.region]);
  if (cached !== undefined && cached.key === key && now() < cached.until) {
    try {
      return await connect(cached.login);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  const login: AdminLogin = {
    username: admin.user,
    password: await connectToken(admin, new Date(now())),
    versionId: randomUUID(),
    iam: true,
  };
  cached = undefined;
  try {
    const session = await connect(login);
    cached = { key, login, until: now() + USED_FOR_MS };
    return session;
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new DbAccessError(
      "AdminLoginRefused",
      `The server refused ${admin.user} with an IAM token; see that it authenticates by IAM, that IAM authentication is enabled on the server, and that the provisioner's role may rds-db:connect as it.`,
    );
  }
}

const isRefused = (error: unknown): boolean => error instanceof DbAccessError && error.code === "AdminLoginRefused";

/** What RDS takes as a password: a signed request to connect, without its scheme. */
export async function connectToken({ user, host, port, region }: IamAdmin, at: Date): Promise<string> {
  const signer = new SignatureV4({
    service: "rds-db",
    region,
    credentials: await credentials(),
    sha256: Sha256,
  });
  const signed = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      port,
      path: "/",
      query: { Action: "connect", DBUser: user },
      headers: { host: `${host}:${port}` },
    },
    { expiresIn: LIFETIME_S, signingDate: at },
  );
  const query = Object.entries(signed.query ?? {}).map(([name, value]) => `${encode(name)}=${encode(String(value))}`);
  return `${host}:${port}/?${query.join("&")}`;
}

/** Those of the function's role, from wherever the SDK takes them. */
async function credentials(): ReturnType<ReturnType<typeof secretsClient>["config"]["credentials"]> {
  try {
    return await secretsClient().config.credentials();
  } catch {
    throw new DbAccessError(
      "AdminSecretUnavailable",
      "The provisioner has no AWS credentials to sign its IAM token with; give the function a role.",
    );
  }
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Node's own SHA-256 and HMAC in the form in which the signer wants them. */
class Sha256 {
  private readonly hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
}

const bytesOf = (data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array =>
  typeof data === "string"
    ? data
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);

/** For tests of the cache alone. */
export function forgetToken(): void {
  cached = undefined;
}
