import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { startAwsPlugin } from "../../local/aws-plugin";
import { parseServerSpec, startServer, type RunningServer } from "../../local/servers";
import { LocalStack } from "../../local/stack";
import { checkout, Engine } from "../support/engine";
import { noteServer } from "../support/versions";
import { testDirectory } from "../support/world";

export const examplesFolder = path.join(checkout, "examples");

/** Servers and AWS, and nothing in them but what the examples make. */
export interface ExampleWorld {
  stack: LocalStack;
  postgresql: RunningServer;
  mysql: RunningServer;
  /** The engine on one of the examples, as its Pulumi.yaml says. */
  project(example: string, config: Record<string, unknown>): Promise<Engine>;
  stop(): Promise<void>;
}

/** A fleet writes the Pulumi.yaml of its program itself. */
function settingsOf(example: string): Record<string, unknown> {
  const file = path.join(examplesFolder, example, "Pulumi.yaml");
  if (!existsSync(file)) return { runtime: { name: "nodejs", options: { typescript: true } } };
  return parse(readFileSync(file, "utf8")) as Record<string, unknown>;
}

/** A server with RDS's kind of secret for its admin. */
export async function adminSecret(stack: LocalStack, { admin }: RunningServer, name: string): Promise<string> {
  const SecretString = JSON.stringify({ username: admin.user, password: admin.password });
  const made = await stack.aws.direct("secretsmanager", "CreateSecret", { Name: name, SecretString });
  return String(made.ARN);
}

export async function startExamples(): Promise<ExampleWorld> {
  const directory = testDirectory();
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of running.reverse()) await end();
    rmSync(directory, { recursive: true, force: true });
  };
  const server = async (spec: string): Promise<RunningServer> => {
    const folder = path.join(directory, spec);
    mkdirSync(folder);
    const started = await startServer(parseServerSpec(spec), { directory: folder });
    running.push(() => started.stop());
    noteServer(started);
    return started;
  };
  const begun = async (): Promise<ExampleWorld> => {
    const [one, other] = await Promise.allSettled([server("postgresql@17"), server("mysql@8.0")]);
    if (one.status === "rejected") throw one.reason;
    if (other.status === "rejected") throw other.reason;
    const [postgresql, mysql] = [one.value, other.value];
    const stack = await LocalStack.start({ directory: path.join(directory, "aws"), targets: [] });
    running.push(() => stack.stop());
    const plugin = await startAwsPlugin(stack, directory, [postgresql, mysql]);
    running.push(() => plugin.stop());
    const project = async (example: string, config: Record<string, unknown>): Promise<Engine> => {
      const engine = await Engine.start({
        program: { main: path.join(examplesFolder, example, "index.ts"), settings: settingsOf(example) },
        project: example,
        stack: "prod",
        env: { ...stack.env(), ...plugin.env },
        config: { "aws:region": stack.region, ...config },
      });
      running.push(() => engine.stop());
      return engine;
    };
    return { stack, postgresql, mysql, project, stop };
  };
  return begun().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
}
