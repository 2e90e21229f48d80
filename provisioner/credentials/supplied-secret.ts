import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { DbAccessError } from "../errors";
import { secretsClient } from "./aws-clients";
import { isAws, secretError } from "./aws-error";
import { parseValue } from "./secret-value";

const LIMIT = 128;

export interface SuppliedPassword {
  arn: string;
  versionId: string;
  password: string;
}

/** The password that somebody else keeps. */
export async function suppliedPassword(arn: string): Promise<SuppliedPassword> {
  try {
    const value = await secretsClient().send(new GetSecretValueCommand({ SecretId: arn }));
    const password = parseValue(value.SecretString ?? "")?.password;
    return { arn: value.ARN ?? arn, versionId: value.VersionId ?? "", password: checked(arn, password) };
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException", "InvalidRequestException"))
      throw refused(arn, "does not exist or is scheduled for deletion; restore it, or name another one");
    throw secretError(error, `secret ${arn}`);
  }
}

function checked(arn: string, password: string | undefined): string {
  if (password === undefined)
    throw refused(arn, "holds no password; make it JSON with password, or the password alone");
  if ([...password].length > LIMIT) throw refused(arn, `holds a password of more than ${LIMIT} characters; shorten it`);
  if (/\p{Cc}/u.test(password))
    throw refused(arn, "holds a password with a line break or another control character; take that out");
  return password;
}

const refused = (arn: string, why: string): DbAccessError =>
  new DbAccessError("SecretUnavailable", `Secret ${arn} ${why}.`, { property: "auth.suppliedSecretArn" });
