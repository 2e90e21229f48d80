import type { LocalStack } from "../../local/stack";
import { driver } from "./login";

/** Reads Secrets Manager as an application would: through the AWS SDK. */
export async function readPassword(stack: LocalStack, secretArn: string): Promise<string> {
  const value = await withSecrets(stack, async (client, sdk) => {
    const { SecretString } = await client.send(new sdk.GetSecretValueCommand({ SecretId: secretArn }));
    return JSON.parse(SecretString ?? "{}") as { password?: string };
  });
  if (value.password === undefined) throw new Error(`The secret ${secretArn} holds no password.`);
  return value.password;
}

export const secretArnOf = (stack: LocalStack, name: string): Promise<string> =>
  withSecrets(stack, async (client, sdk) => {
    const { ARN } = await client.send(new sdk.DescribeSecretCommand({ SecretId: name }));
    return ARN ?? "";
  });

/** Names of all secrets there are, those that wait for their deletion included. */
export const secretNames = (stack: LocalStack): Promise<string[]> =>
  withSecrets(stack, async (client, sdk) => {
    const { SecretList } = await client.send(
      new sdk.ListSecretsCommand({ IncludePlannedDeletion: true, MaxResults: 100 }),
    );
    return (SecretList ?? []).map((secret) => secret.Name ?? "");
  });

type Sdk = typeof import("@aws-sdk/client-secrets-manager");

async function withSecrets<T>(
  stack: LocalStack,
  run: (client: InstanceType<Sdk["SecretsManagerClient"]>, sdk: Sdk) => Promise<T>,
): Promise<T> {
  // Its advice on Node.js versions would stand in the middle of the story.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const sdk = await driver(() => import("@aws-sdk/client-secrets-manager"));
  const env = stack.env();
  const client = new sdk.SecretsManagerClient({
    region: stack.region,
    endpoint: stack.url,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
  });
  try {
    return await run(client, sdk);
  } finally {
    client.destroy();
  }
}
