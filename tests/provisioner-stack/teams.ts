import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { startAwsPlugin } from "../../local/aws-plugin";
import { parseServerSpec, startServer, type RunningServer } from "../../local/servers";
import { LocalStack } from "../../local/stack";
import { checkout, Engine, type Program, type Run } from "../support/engine";
import { testDirectory } from "../support/world";
import { noteServer } from "../support/versions";

/** A server and AWS without a provisioner: programs make that. */
export interface Teams {
  stack: LocalStack;
  server: RunningServer;
  /** The authority that the functions are told to trust. */
  ca: string;
  /** A stack with a Provisioner, with the stand-in of the AWS plugin between the engine and the local stack. */
  database(program: Program, more?: { name?: string; region?: string }): Promise<Engine>;
  /** A stack without one, and without an AWS plugin: whoever declares logins needs none. */
  application(program: Program, config: Record<string, unknown>): Promise<Engine>;
  stop(): Promise<void>;
}

/** The program of an example, and its settings. */
export const example = (folder: string): Program => ({
  main: path.join(checkout, "examples", folder, "index.ts"),
  settings: parse(readFileSync(path.join(checkout, "examples", folder, "Pulumi.yaml"), "utf8")) as Record<
    string,
    unknown
  >,
});

/** What became of everything that is more than bookkeeping, in order of names. */
export const stepsOf = (run: Run): string[] =>
  run.steps
    .filter(({ type }) => type.startsWith("aws:") || type.startsWith("pulumi-nodejs:"))
    .map(({ operation, name }) => `${operation} ${name}`)
    .sort();

async function adminSecret(stack: LocalStack, { admin }: RunningServer, region: string): Promise<string> {
  const SecretString = JSON.stringify({ username: admin.user, password: admin.password });
  const place = { account: stack.account, region };
  const made = await stack.aws.direct("secretsmanager", "CreateSecret", { Name: "orders-admin", SecretString }, place);
  return String(made.ARN);
}

export async function startTeams(spec: string): Promise<Teams> {
  const directory = testDirectory();
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of running.reverse()) await end();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const folder of ["server", "backend"]) mkdirSync(path.join(directory, folder));
    const server = await startServer(parseServerSpec(spec), { directory: path.join(directory, "server") });
    running.push(() => server.stop());
    noteServer(server);
    const stack = await LocalStack.start({ directory: path.join(directory, "aws"), targets: [] });
    running.push(() => stack.stop());
    const ca = readFileSync(server.caFile, "utf8");
    // All of them on one backend, or one could not refer to another.
    const backend = { PULUMI_BACKEND_URL: `file://${path.join(directory, "backend")}` };
    const begin = async (options: Parameters<typeof Engine.start>[0]): Promise<Engine> => {
      const engine = await Engine.start({ ...options, env: { ...options.env, ...backend } });
      running.push(() => engine.stop());
      return engine;
    };
    return {
      stack,
      server,
      ca,
      stop,
      async database(program, { name = "prod", region = stack.region } = {}) {
        const plugin = await startAwsPlugin(stack, path.join(directory, name), [], region);
        running.push(() => plugin.stop());
        const config = {
          "aws:region": region,
          endpoint: server.host,
          port: server.port,
          adminSecretArn: await adminSecret(stack, server, region),
          vpcId: "vpc-0orders",
          subnetIds: ["subnet-0a", "subnet-0b"],
          ca,
        };
        const env = { ...stack.env(), AWS_REGION: region, ...plugin.env };
        return begin({ program, project: "database-team", stack: name, env, config });
      },
      application: (program, config) =>
        begin({ program, project: "application-team", stack: "prod", env: stack.env(), config }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
