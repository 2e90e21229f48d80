import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { rememberAction } from "./aws-error";

/** Reads and idempotent writes only: the SDK's retries are safe. */
export const clientSettings = { maxAttempts: 5, requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 } };

interface Clients {
  secrets?: SecretsManagerClient;
  parameters?: SSMClient;
  functions?: LambdaClient;
}

let clients: Clients = {};

/** One client of each kind for the life of the execution environment, made when it is first needed. */
export function secretsClient(): SecretsManagerClient {
  if (clients.secrets === undefined) {
    clients.secrets = new SecretsManagerClient(clientSettings);
    clients.secrets.middlewareStack.add(remembering("secretsmanager"), atFirst);
  }
  return clients.secrets;
}

export function parametersClient(): SSMClient {
  if (clients.parameters === undefined) {
    clients.parameters = new SSMClient(clientSettings);
    clients.parameters.middlewareStack.add(remembering("ssm"), atFirst);
  }
  return clients.parameters;
}

export function functionsClient(): LambdaClient {
  if (clients.functions === undefined) {
    clients.functions = new LambdaClient(clientSettings);
    clients.functions.middlewareStack.add(remembering("lambda"), atFirst);
  }
  return clients.functions;
}

export const atFirst = { step: "initialize" } as const;

/** Outside of the retries: what ends here is what the caller gets. */
export const remembering =
  (service: string) =>
  <A, R>(next: (args: A) => Promise<R>, context: { commandName?: unknown }) =>
  (args: A): Promise<R> =>
    next(args).catch((error: unknown) => rememberAction(error, service, context.commandName));

/** For tests, each of which has an endpoint of its own. */
export function forgetClients(): void {
  clients = {};
}
