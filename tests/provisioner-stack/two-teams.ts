import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { startAwsPlugin, type RunningPlugin } from "../../local/aws-plugin";
import { parseServerSpec, startServer, type RunningServer } from "../../local/servers";
import { LocalStack } from "../../local/stack";
import { checkout, Engine } from "../support/engine";
import { testDirectory } from "../support/world";
import { noteServer } from "../support/versions";

/** A server and AWS without a provisioner: that is what the first team's stack makes. */
export interface TwoTeams {
  stack: LocalStack;
  server: RunningServer;
  database: Engine;
  application: Engine;
  /** The authority that the functions are told to trust. */
  ca: string;
  stop(): Promise<void>;
}

const settingsOf = (folder: string): Record<string, unknown> => {
  const text = readFileSync(path.join(checkout, "examples", folder, "Pulumi.yaml"), "utf8");
  return parse(text) as Record<string, unknown>;
};

const mainOf = (folder: string): string => path.join(checkout, "examples", folder, "index.ts");

async function adminSecret(stack: LocalStack, { admin }: RunningServer): Promise<string> {
  const SecretString = JSON.stringify({ username: admin.user, password: admin.password });
  const made = await stack.aws.direct("secretsmanager", "CreateSecret", { Name: "orders-admin", SecretString });
  return String(made.ARN);
}

/** Both projects on one backend, with the stand-in of the AWS plugin between the engine and the local stack. */
export async function startTwoTeams(spec: string): Promise<TwoTeams> {
  const directory = testDirectory();
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of running.reverse()) await end();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const folder = path.join(directory, "server");
    mkdirSync(folder);
    const server = await startServer(parseServerSpec(spec), { directory: folder });
    running.push(() => server.stop());
    noteServer(server);
    const stack = await LocalStack.start({ directory: path.join(directory, "aws"), targets: [] });
    running.push(() => stack.stop());
    const plugin: RunningPlugin = await startAwsPlugin(stack, directory);
    running.push(() => plugin.stop());
    const ca = readFileSync(server.caFile, "utf8");
    const database = await Engine.start({
      program: { main: mainOf("database-team"), settings: settingsOf("database-team") },
      project: "database-team",
      stack: "prod",
      env: { ...stack.env(), ...plugin.env },
      config: {
        "aws:region": stack.region,
        endpoint: server.host,
        port: server.port,
        adminSecretArn: await adminSecret(stack, server),
        vpcId: "vpc-0orders",
        subnetIds: ["subnet-0a", "subnet-0b"],
        ca,
      },
    });
    running.push(() => database.stop());
    const application = await Engine.start({
      program: { main: mainOf("application-team"), settings: settingsOf("application-team") },
      project: "application-team",
      stack: "prod",
      // No AWS plugin here: whoever declares logins needs none.
      env: { ...stack.env(), PULUMI_BACKEND_URL: `file://${path.join(database.directory, "state")}` },
      config: { databaseStack: "organization/database-team/prod" },
    });
    running.push(() => application.stop());
    return { stack, server, database, application, ca, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
