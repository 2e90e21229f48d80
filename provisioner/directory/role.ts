import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { atFirst, clientSettings, remembering } from "../credentials/aws-clients";
import { roleError, unavailable } from "./failures";

interface RoleCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration?: Date;
}

/** Credentials of a role in the account that the identity store can be read from, for one lookup. */
export function credentialsOf(roleArn: string): () => Promise<RoleCredentials> {
  return async () => {
    const client = new STSClient(clientSettings);
    client.middlewareStack.add(remembering("sts"), atFirst);
    try {
      const { Credentials } = await client.send(
        new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "db-access-directory", DurationSeconds: 900 }),
      );
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
      if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
        throw unavailable(`STS gave no credentials for ${roleArn}.`);
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      };
    } catch (error) {
      throw roleError(error, roleArn);
    } finally {
      client.destroy();
    }
  };
}
