import type { RunningServer } from "../servers";
import type { LocalStack } from "../stack";

const rdsEngines: Readonly<Record<RunningServer["spec"]["engine"], string>> = {
  postgresql: "postgres",
  mysql: "mysql",
  mariadb: "mariadb",
};

export interface OrderedDatabase {
  identifier: string;
  engine: string;
  version: string;
}

export interface ControlledDatabase {
  address: string;
  port: number;
  secretArn: string;
}

/** RDS's side of the plugin: an instance is one of the servers that run already, and its admin's secret is made here. */
export class ControlledDatabases {
  private readonly taken = new Map<string, { server: RunningServer; secretArn: string }>();

  constructor(
    private readonly stack: LocalStack,
    private readonly servers: readonly RunningServer[],
  ) {}

  async create({ identifier, engine, version }: OrderedDatabase): Promise<ControlledDatabase> {
    if (this.taken.has(identifier)) throw new Error(`DBInstanceAlreadyExists: DB instance already exists`);
    const used = new Set([...this.taken.values()].map(({ server }) => server));
    const server = this.servers.find(
      (one) => !used.has(one) && rdsEngines[one.spec.engine] === engine && one.spec.version === version,
    );
    if (server === undefined) throw new Error(`No server of ${engine} ${version} runs here that is not taken.`);
    const { user, password } = server.admin;
    const made = await this.stack.aws.direct("secretsmanager", "CreateSecret", {
      // RDS's own names have an exclamation mark, which Secrets Manager refuses everybody else.
      Name: `managed-by-rds/${identifier}`,
      SecretString: JSON.stringify({ username: user, password }),
    });
    const secretArn = String(made.ARN);
    this.taken.set(identifier, { server, secretArn });
    return { address: server.host, port: server.port, secretArn };
  }

  /** The server runs on, empty-handed: whoever started it ends it. */
  async delete(identifier: string): Promise<void> {
    const database = this.taken.get(identifier);
    if (database === undefined) return;
    this.taken.delete(identifier);
    await this.stack.aws.direct("secretsmanager", "DeleteSecret", {
      SecretId: database.secretArn,
      ForceDeleteWithoutRecovery: true,
    });
  }
}
