import { createHash, randomBytes } from "node:crypto";
import { AwsError } from "./errors";
import { header, type RawRequest } from "./http";

/** Who sent a request, and where to. */
export interface Caller {
  accessKeyId: string;
  account: string;
  region: string;
  partition: string;
  /** A user, or the session of an assumed role. */
  arn: string;
  userId: string;
  /** Set for temporary credentials: roles assumed from here are chained. */
  temporary: boolean;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: number;
}

/** A handed-out temporary key. It holds no secret: signatures are not checked here. */
export interface Session {
  accessKeyId: string;
  arn: string;
  userId: string;
  expiration: number;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(value >>> (bits - 5)) & 31];
  }
  return text;
}

/** AWS's own layout: the account stands in bits 1 to 40 of the part after the four-letter prefix. */
function accessKeyOf(prefix: "AKIA" | "ASIA", account: string, tail: Buffer): string {
  const head = Buffer.alloc(6);
  head.writeUIntBE(Number(account) * 2 ** 7, 0, 6);
  return prefix + base32(Buffer.concat([head, tail.subarray(0, 4)]));
}

/** The account inside an access key id, when it was made by this file or by AWS. */
export function accountOf(accessKeyId: string): string | undefined {
  if (!/^A(KIA|SIA)[A-Z2-7]{16}$/.test(accessKeyId)) return undefined;
  let value = 0n;
  for (const letter of accessKeyId.slice(4, 14)) value = value * 32n + BigInt(alphabet.indexOf(letter));
  // Ten letters are 50 bits: drop the last two, then the seven below the account.
  const account = (value >> 9n) & 0xffffffffffn;
  return account < 10n ** 12n ? account.toString().padStart(12, "0") : undefined;
}

/** The same key for the same account every time, so that an exported environment outlives a restart. */
export const staticKeyOf = (account: string): string =>
  accessKeyOf("AKIA", account, createHash("sha256").update(`db-access local ${account}`).digest());

export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** Maps access keys to accounts and principals. Everything unknown belongs to the stack's own account. */
export class Identities {
  private readonly sessions = new Map<string, Session>();

  constructor(
    private readonly account: string,
    private readonly changed: () => void = () => undefined,
  ) {}

  /** Temporary credentials of a role session. */
  issue(roleArn: string, sessionName: string, seconds: number): { credentials: Credentials; session: Session } {
    const [, partition = "aws", , , account = this.account, resource = ""] = roleArn.split(":");
    const roleName = resource.split("/").at(-1) ?? "";
    const accessKeyId = accessKeyOf("ASIA", account, randomBytes(4));
    const expiration = Date.now() + seconds * 1000;
    const roleId = `AROA${base32(createHash("sha256").update(roleArn).digest().subarray(0, 10)).slice(0, 16)}`;
    const session: Session = {
      accessKeyId,
      arn: `arn:${partition}:sts::${account}:assumed-role/${roleName}/${sessionName}`,
      userId: `${roleId}:${sessionName}`,
      expiration,
    };
    this.sessions.set(accessKeyId, session);
    this.changed();
    const secretAccessKey = randomBytes(30).toString("base64");
    return {
      session,
      credentials: { accessKeyId, secretAccessKey, sessionToken: randomBytes(48).toString("base64"), expiration },
    };
  }

  /** Reads the SigV4 header. The signature itself is not checked: everything here is on loopback. */
  callerOf(request: RawRequest): Caller {
    const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/[^/]+\/aws4_request/.exec(
      header(request, "authorization") ?? "",
    );
    if (scope === null) throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
    const [, accessKeyId = "", region = ""] = scope;
    const session = this.sessions.get(accessKeyId);
    if (session !== undefined && session.expiration <= Date.now()) {
      throw new AwsError("ExpiredTokenException", "The security token included in the request is expired", 403);
    }
    const owner = this.owner(accountOf(accessKeyId) ?? this.account, region);
    const temporary = accessKeyId.startsWith("ASIA");
    return {
      ...owner,
      accessKeyId,
      temporary,
      arn: session?.arn ?? owner.arn,
      userId: session?.userId ?? owner.userId,
    };
  }

  /** The local user of an account. */
  owner(account: string, region: string): Caller {
    const partition = partitionOf(region);
    const accessKeyId = staticKeyOf(account);
    const arn = `arn:${partition}:iam::${account}:user/local`;
    return { accessKeyId, account, region, partition, arn, userId: `AIDA${accessKeyId.slice(4)}`, temporary: false };
  }

  /** For tests of long runs: every temporary key handed out so far is expired now. */
  expireSessions(): void {
    for (const session of this.sessions.values()) session.expiration = 0;
    this.changed();
  }

  save(): Session[] {
    const now = Date.now();
    return [...this.sessions.values()].filter((session) => session.expiration > now);
  }

  load(sessions: Session[]): void {
    for (const session of sessions) this.sessions.set(session.accessKeyId, session);
  }
}
