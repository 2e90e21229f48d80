import { hostname, userInfo } from "node:os";
import { DbAccessError } from "../../provisioner/protocol";
import { awsFailure } from "./errors";
import { CallFailure } from "./failure";
import { stsSdk } from "./sdk";

export interface Role {
  roleArn: string;
  externalId?: string;
}

export interface Place {
  region: string;
  endpointUrl?: string;
}

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

type Provider = () => Promise<Keys>;

const loopback = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/;

/** The local stack checks no signature, and a laptop without AWS credentials shall be able to use it. */
function localCredentials({ endpointUrl }: Place, env: NodeJS.ProcessEnv): Keys | undefined {
  if (endpointUrl === undefined || !loopback.test(endpointUrl)) return undefined;
  const configured = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
  return configured.some((name) => env[name] !== undefined && env[name] !== "")
    ? undefined
    : { accessKeyId: "local", secretAccessKey: "local" };
}

/** Shows in CloudTrail who ran `pulumi`. */
function sessionName(): string {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A container's user id need not have a name.
  }
  return `db-access-${user}-${hostname()}`.replace(/[^\w+=,.@-]/g, "-").slice(0, 64);
}

async function assume(role: Role, place: Place): Promise<Keys> {
  const { AssumeRoleCommand, STSClient } = await stsSdk();
  const sts = new STSClient({
    region: place.region,
    maxAttempts: 3,
    ...(place.endpointUrl === undefined ? {} : { endpoint: place.endpointUrl }),
    credentials: localCredentials(place, process.env),
  });
  try {
    const { Credentials: found } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role.roleArn, RoleSessionName: sessionName(), ExternalId: role.externalId }),
    );
    if (found?.AccessKeyId === undefined || found.SecretAccessKey === undefined)
      throw new CallFailure("final", new DbAccessError("NotAuthorized", `${role.roleArn} gave no credentials.`));
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      sessionToken: found.SessionToken,
      expiration: found.Expiration,
    };
  } catch (error) {
    throw awsFailure(error, { action: "sts:AssumeRole", resource: role.roleArn, region: place.region });
  } finally {
    sts.destroy();
  }
}

/** Undefined: the SDK's own chain. The SDK keeps what a provider gives until it expires. */
export function credentialsFor(role: Role | undefined, place: Place): Provider | Keys | undefined {
  return role === undefined ? localCredentials(place, process.env) : () => assume(role, place);
}
