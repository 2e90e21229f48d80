import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rotationPrincipal } from "../../local/lambda";
import type { World } from "../support/world";

/** What rotates somewhere else: it sets the password itself, with a login of its own, and knows nothing of us. */
const source = `
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
const { Client } = createRequire(process.env.PACKAGE)("pg");
const call = async (operation, request) => {
  const scope = process.env.AWS_ACCESS_KEY_ID + "/20260101/" + process.env.AWS_REGION + "/secretsmanager/aws4_request";
  const reply = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager." + operation,
      authorization: "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify(request),
  });
  return reply.ok ? reply.json() : undefined;
};
export const handler = async ({ Step, SecretId, ClientRequestToken }) => {
  const staged = { SecretId, VersionId: ClientRequestToken };
  if (Step === "createSecret") {
    const current = JSON.parse((await call("GetSecretValue", { SecretId })).SecretString);
    const SecretString = JSON.stringify({ ...current, password: randomUUID() });
    await call("PutSecretValue", { SecretId, ClientRequestToken, SecretString, VersionStages: ["AWSPENDING"] });
  }
  if (Step === "setSecret") {
    const { username, password } = JSON.parse((await call("GetSecretValue", staged)).SecretString);
    const client = new Client(JSON.parse(process.env.DATABASE));
    await client.connect();
    await client.query("ALTER ROLE " + client.escapeIdentifier(username) + " PASSWORD " + client.escapeLiteral(password));
    await client.end();
  }
  if (Step === "finishSecret") {
    const { VersionIdsToStages } = await call("DescribeSecret", { SecretId });
    const [now] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"));
    const move = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken };
    await call("UpdateSecretVersionStage", { ...move, RemoveFromVersionId: now });
  }
};
`;

/** Registers it, in its own folder, and gives its ARN. Secrets Manager may invoke it only when that is asked for. */
export function foreignFunction(world: World, name: string, invited: boolean): Promise<string> {
  const { stack, server } = world;
  // Beside the functions' logs: it goes with the stack.
  const directory = path.join(path.dirname(stack.lambda.logFile(world.target.functionName)), name);
  mkdirSync(directory);
  writeFileSync(path.join(directory, "index.mjs"), source);
  const { user, password } = server.superuser;
  const login = { host: server.host, port: server.port, user, password, database: "postgres", ssl: { ca: server.ca } };
  return stack.lambda.registerFunction({
    name,
    account: stack.account,
    region: stack.region,
    codePath: directory,
    handler: "index.handler",
    env: { PACKAGE: path.join(process.cwd(), "package.json"), DATABASE: JSON.stringify(login) },
    timeoutSeconds: 20,
    memoryMb: 128,
    permissions: invited
      ? [{ statementId: "rotation", principal: rotationPrincipal, sourceAccount: stack.account }]
      : [],
  });
}
