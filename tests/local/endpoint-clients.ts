import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { staticKeyOf, type AwsEndpoint } from "../../local/aws";

/** The clients of a test, of any account and Region, ended together. */
export class EndpointClients {
  private readonly made: { destroy(): void }[] = [];

  constructor(private readonly aws: AwsEndpoint) {}

  secrets(place: { account?: string; region?: string } = {}): SecretsManagerClient {
    return this.keep(new SecretsManagerClient(this.settings(place)));
  }

  parameters(): SSMClient {
    return this.keep(new SSMClient(this.settings({})));
  }

  destroy(): void {
    for (const client of this.made) client.destroy();
  }

  private settings({ account = this.aws.options.account, region = this.aws.options.region }) {
    const credentials = { accessKeyId: staticKeyOf(account), secretAccessKey: "local" };
    return { endpoint: this.aws.url, region, credentials, maxAttempts: 1 };
  }

  private keep<T extends { destroy(): void }>(client: T): T {
    this.made.push(client);
    return client;
  }
}
