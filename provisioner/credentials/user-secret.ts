import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
  type DescribeSecretCommandOutput,
} from "@aws-sdk/client-secrets-manager";
import type { LoginClaim } from "../access/claims";
import type { SecretProblem } from "../access/plan";
import type { CredentialRecord } from "../access/record";
import type { FunctionConfig } from "../config";
import { DbAccessError } from "../errors";
import { credentialToken, generatePassword } from "./password";
import { isAws, secretError, secretsClient } from "./secrets-client";

/** Tag that says which principal a secret belongs to: the claim's id, not its owner, so that a hand-over changes nothing. */
export const PRINCIPAL_TAG = "db-access:principal";
export const CLUSTER_TAG = "db-access:cluster";

export interface SecretOrder {
  config: FunctionConfig;
  id: string;
  claim: LoginClaim;
  generation: number;
  /** A new password is wanted; otherwise the one that is current. */
  fresh: boolean;
  credentials?: CredentialRecord;
}

/** A password that is in its secret and not yet proven on the server. */
export interface PreparedSecret {
  arn: string;
  versionId: string;
  password: string;
  /** AWSPENDING so far: promoted when the password works. */
  pending: boolean;
}

export const secretNameOf = (config: FunctionConfig, claim: LoginClaim): string => {
  const named = claim.auth.kind === "password" ? claim.auth.secret?.name : undefined;
  if (named !== undefined) return named;
  const usual = `rds-${claim.database ?? config.cluster}-${claim.name}-secret`;
  const allowed = config.secretNamePrefixes.some((prefix) => usual.startsWith(prefix));
  return allowed ? usual : `${config.secretNamePrefixes[0]}${claim.name}`;
};

/** The shape RDS tools expect, in a fixed order: the same value must be the same bytes. */
function secretText(config: FunctionConfig, claim: LoginClaim, password: string): string {
  const engine = config.family === "postgresql" ? "postgres" : config.engine === "mariadb" ? "mariadb" : "mysql";
  return JSON.stringify({
    engine,
    host: config.host,
    port: config.port,
    username: claim.name,
    password,
    ...(claim.database === undefined ? {} : { dbname: claim.database }),
    ssl: true,
  });
}

const passwordIn = (text: string | undefined): string => {
  const parsed: unknown = JSON.parse(text ?? "{}");
  if (
    typeof parsed === "object" &&
    parsed !== null &&
    "password" in parsed &&
    typeof parsed.password === "string" &&
    parsed.password !== ""
  )
    return parsed.password;
  throw new DbAccessError(
    "SecretUnavailable",
    "The login's secret holds no password; raise passwordVersion to set a new one.",
  );
};

/** Why a new secret cannot be made under the login's name. A pure read, for the plan. */
export async function secretProblem(
  config: FunctionConfig,
  id: string,
  claim: LoginClaim,
): Promise<SecretProblem | undefined> {
  const name = secretNameOf(config, claim);
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name))
    return {
      code: "SecretNameRefused",
      message: `The secret's name ${JSON.stringify(name)} has characters Secrets Manager refuses; set auth.secret.name.`,
    };
  try {
    const described = await describeAny(name);
    return described === undefined || belongsTo(described, config, id) ? undefined : takenBy(described, name);
  } catch (error) {
    throw secretError(error, "secretsmanager:DescribeSecret", `secret ${name}`);
  }
}

function belongsTo(described: DescribeSecretCommandOutput, config: FunctionConfig, id: string): boolean {
  const tags = new Map((described.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
  return tags.get(PRINCIPAL_TAG) === id && tags.get(CLUSTER_TAG) === config.cluster;
}

const takenBy = (described: DescribeSecretCommandOutput, name: string): SecretProblem => ({
  code: "SecretNameTaken",
  message:
    described.DeletedDate === undefined
      ? `Secret ${name} exists and does not belong to this login; choose another auth.secret.name.`
      : `Secret ${name} is scheduled for deletion and belonged to another login; wait for its end, or choose another auth.secret.name.`,
});

/** Secret first, database second, promotion last: after any crash the secret holds what the server may have. */
export async function prepareSecret(order: SecretOrder): Promise<PreparedSecret> {
  const { credentials } = order;
  const name = secretNameOf(order.config, order.claim);
  try {
    if (credentials !== undefined) {
      const described = await describe(credentials.secretArn);
      if (described !== undefined)
        return order.fresh ? await putPending(order, credentials.secretArn) : await current(credentials.secretArn);
    }
    return await createSecret(order, name);
  } catch (error) {
    throw secretError(error, "create or change", `secret ${name}`);
  }
}

async function createSecret(order: SecretOrder, name: string): Promise<PreparedSecret> {
  const { config, claim, id, generation } = order;
  const secret = claim.auth.kind === "password" ? claim.auth.secret : undefined;
  const password = generatePassword();
  try {
    const created = await secretsClient().send(
      new CreateSecretCommand({
        Name: name,
        ClientRequestToken: credentialToken(id, generation),
        SecretString: secretText(config, claim, password),
        Description: `Login ${claim.name} of ${config.cluster}, managed by db-access`,
        KmsKeyId: secret?.kmsKeyArn,
        Tags: [
          { Key: PRINCIPAL_TAG, Value: id },
          { Key: CLUSTER_TAG, Value: config.cluster },
          { Key: "create_by_user_automation", Value: "true" },
          { Key: "creation_timestamp", Value: new Date().toISOString() },
        ],
      }),
    );
    return { arn: created.ARN ?? name, versionId: created.VersionId ?? "", password, pending: false };
  } catch (error) {
    if (isAws(error, "ResourceExistsException") || isAws(error, "InvalidRequestException"))
      return takeExisting(order, name, error);
    throw error;
  }
}

/** A name that is taken: ours from a run that did not end, ours and on its way out, or somebody else's. */
async function takeExisting(order: SecretOrder, name: string, cause: unknown): Promise<PreparedSecret> {
  const { config, id, generation } = order;
  const described = await describeAny(name);
  if (described === undefined) throw cause;
  if (!belongsTo(described, config, id)) {
    const { code, message } = takenBy(described, name);
    throw new DbAccessError(code, message, { property: "auth.secret.name" });
  }
  const arn = described.ARN ?? name;
  if (described.DeletedDate !== undefined) await secretsClient().send(new RestoreSecretCommand({ SecretId: arn }));
  else {
    const resumed = await versionPassword(arn, credentialToken(id, generation));
    if (resumed !== undefined) {
      const stages = described.VersionIdsToStages?.[resumed.versionId] ?? [];
      return { arn, ...resumed, pending: !stages.includes("AWSCURRENT") };
    }
  }
  // What a restored or forgotten secret holds may be known to somebody: it always gets a new password.
  return putPending(order, arn);
}

async function putPending(order: SecretOrder, arn: string): Promise<PreparedSecret> {
  const { config, claim, id, generation } = order;
  const token = credentialToken(id, generation);
  const password = generatePassword();
  try {
    const put = await secretsClient().send(
      new PutSecretValueCommand({
        SecretId: arn,
        ClientRequestToken: token,
        SecretString: secretText(config, claim, password),
        VersionStages: ["AWSPENDING"],
      }),
    );
    return { arn, versionId: put.VersionId ?? token, password, pending: true };
  } catch (error) {
    // The same step ran before with another random password: that one counts.
    if (!isAws(error, "ResourceExistsException")) throw error;
    const stored = await versionPassword(arn, token);
    if (stored === undefined) throw error;
    const described = await describe(arn);
    return { arn, ...stored, pending: !(described?.VersionIdsToStages?.[token] ?? []).includes("AWSCURRENT") };
  }
}

async function current(arn: string): Promise<PreparedSecret> {
  const value = await secretsClient().send(new GetSecretValueCommand({ SecretId: arn }));
  return { arn, versionId: value.VersionId ?? "", password: passwordIn(value.SecretString), pending: false };
}

async function versionPassword(
  arn: string,
  versionId: string,
): Promise<{ versionId: string; password: string } | undefined> {
  try {
    const value = await secretsClient().send(new GetSecretValueCommand({ SecretId: arn, VersionId: versionId }));
    return { versionId, password: passwordIn(value.SecretString) };
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException") || isAws(error, "InvalidParameterException")) return undefined;
    throw error;
  }
}

async function describeAny(id: string): Promise<DescribeSecretCommandOutput | undefined> {
  try {
    return await secretsClient().send(new DescribeSecretCommand({ SecretId: id }));
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

/** Undefined when it is gone or on its way out. */
const describe = async (arn: string): Promise<DescribeSecretCommandOutput | undefined> => {
  const described = await describeAny(arn);
  return described?.DeletedDate === undefined ? described : undefined;
};

/** The version that is current now, or undefined when the secret is gone. */
export async function currentVersion(arn: string): Promise<string | undefined> {
  try {
    const described = await describe(arn);
    if (described === undefined) return undefined;
    return (
      Object.entries(described.VersionIdsToStages ?? {}).find(([, stages]) => stages.includes("AWSCURRENT"))?.[0] ?? ""
    );
  } catch (error) {
    throw secretError(error, "secretsmanager:DescribeSecret", "the login's secret");
  }
}

/** The password works on the server: it becomes the current one. */
export async function promoteSecret(prepared: PreparedSecret): Promise<void> {
  if (!prepared.pending) return;
  try {
    const described = await describe(prepared.arn);
    const stages = described?.VersionIdsToStages ?? {};
    const before = Object.entries(stages).find(([, names]) => names.includes("AWSCURRENT"))?.[0];
    if (before !== prepared.versionId)
      await secretsClient().send(
        new UpdateSecretVersionStageCommand({
          SecretId: prepared.arn,
          VersionStage: "AWSCURRENT",
          MoveToVersionId: prepared.versionId,
          ...(before === undefined ? {} : { RemoveFromVersionId: before }),
        }),
      );
    if ((stages[prepared.versionId] ?? ["AWSPENDING"]).includes("AWSPENDING"))
      await secretsClient().send(
        new UpdateSecretVersionStageCommand({
          SecretId: prepared.arn,
          VersionStage: "AWSPENDING",
          RemoveFromVersionId: prepared.versionId,
        }),
      );
  } catch (error) {
    throw secretError(error, "secretsmanager:UpdateSecretVersionStage", "the login's secret");
  }
}

/** Deletes only what still names the principal that is being deleted. Already gone is success. */
export async function deleteSecret(arn: string, id: string, recoveryDays: number): Promise<string[]> {
  try {
    const described = await describe(arn);
    if (described === undefined) return [];
    if (!(described.Tags ?? []).some((tag) => tag.Key === PRINCIPAL_TAG && tag.Value === id))
      return [`The secret ${described.Name ?? arn} names another login by now and was left as it is.`];
    await secretsClient().send(
      new DeleteSecretCommand({
        SecretId: arn,
        ...(recoveryDays === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: recoveryDays }),
      }),
    );
    return [];
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException")) return [];
    throw secretError(error, "secretsmanager:DeleteSecret", "the login's secret");
  }
}
