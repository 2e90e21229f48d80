import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { DbAccessError } from "../errors";
import { forgetClients, secretsClient } from "./aws-clients";
import { adminSecretError } from "./aws-error";

export interface AdminLogin {
  username: string;
  password: string;
  versionId: string;
  /** The password is an IAM token. */
  iam?: true;
}

/** Our own JSON or an RDS-managed secret: both have these two, and further keys are left alone. */
const content = z.looseObject({ username: z.string().min(1), password: z.string().min(1) });

const REFUSED_FOR_MS = 60_000;

let cached: AdminLogin | undefined;
let refused: { versionId: string; until: number } | undefined;

async function fetchAdmin(arn: string): Promise<AdminLogin> {
  try {
    const answer = await secretsClient().send(new GetSecretValueCommand({ SecretId: arn }));
    const parsed = content.safeParse(parse(answer.SecretString));
    if (!parsed.success)
      throw new DbAccessError(
        "AdminSecretUnavailable",
        "The admin secret must be JSON with username and password; put it in that shape.",
      );
    return { username: parsed.data.username, password: parsed.data.password, versionId: answer.VersionId ?? "" };
  } catch (error) {
    throw adminSecretError(error);
  }
}

const parse = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
};

/**
 * Connects with the admin's credentials. One attempt per secret value: a second only when a fresh read returns a
 * different one; after that the value is refused at once for a minute, so that a wrong password is no lock-out storm.
 */
export async function withAdmin<T>(
  arn: string,
  connect: (login: AdminLogin) => Promise<T>,
  now: () => number = Date.now,
): Promise<T> {
  const first = (cached ??= await fetchAdmin(arn));
  if (!isRefused(first, now)) {
    try {
      return await connect(first);
    } catch (error) {
      if (!(error instanceof DbAccessError) || error.code !== "AdminLoginRefused") throw error;
      refused = { versionId: first.versionId, until: now() + REFUSED_FOR_MS };
    }
  }
  const second = await fetchAdmin(arn);
  cached = second;
  if (isRefused(second, now))
    throw new DbAccessError(
      "AdminLoginRefused",
      "The server refused the admin's user name or password; correct the admin secret. The same value is tried again in a minute at the earliest.",
    );
  try {
    return await connect(second);
  } catch (error) {
    if (error instanceof DbAccessError && error.code === "AdminLoginRefused")
      refused = { versionId: second.versionId, until: now() + REFUSED_FOR_MS };
    throw error;
  }
}

const isRefused = (login: AdminLogin, now: () => number): boolean =>
  refused?.versionId === login.versionId && now() < refused.until;

/** For tests, each of which has an endpoint of its own. */
export function forgetAdmin(): void {
  cached = undefined;
  refused = undefined;
  forgetClients();
}
