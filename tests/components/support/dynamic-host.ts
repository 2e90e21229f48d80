import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Properties } from "../../../components/lifecycle/wire";

interface Message {
  toJavaScript(): Properties;
}

type Unary = (
  request: unknown,
  callback: (error: Error | null, response: Record<string, () => unknown>) => void,
) => void;

const library = (name: string): string => require.resolve(name, { paths: [require.resolve("@pulumi/pulumi")] });
const load = async <T>(name: string): Promise<T> => {
  const module = (await import(library(name))) as { default?: T };
  return module.default ?? (module as T);
};

/** Pulumi's own process for dynamic providers, spoken to as the engine does. */
export class DynamicHost {
  private constructor(
    private readonly process: ChildProcess,
    private readonly client: Record<string, Unary> & { close(): void },
    private readonly messages: Record<string, new () => Record<string, (value: unknown) => void>>,
    private readonly struct: { Struct: { fromJavaScript(value: Properties): Message } },
    readonly printed: string[],
  ) {}

  static async start(cwd: string, env: NodeJS.ProcessEnv = {}): Promise<DynamicHost> {
    const host = spawn(process.execPath, [library("@pulumi/pulumi/cmd/dynamic-provider"), "127.0.0.1:1"], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed: string[] = [];
    host.stderr.on("data", (chunk: Buffer) => printed.push(chunk.toString()));
    const port = await new Promise<string>((resolve, reject) => {
      host.once("exit", () => reject(new Error(`The host ended: ${printed.join("")}`)));
      createInterface(host.stdout).on("line", (line) => (/^\d+$/.test(line) ? resolve(line) : printed.push(line)));
    });
    const grpc = await load<{ credentials: { createInsecure(): unknown } }>("@grpc/grpc-js");
    const { ResourceProviderClient } = await load<{
      ResourceProviderClient: new (address: string, credentials: unknown) => Record<string, Unary> & { close(): void };
    }>("@pulumi/pulumi/proto/provider_grpc_pb");
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const messages = await load<never>("@pulumi/pulumi/proto/provider_pb");
    const struct = await load<never>("google-protobuf/google/protobuf/struct_pb");
    return new DynamicHost(host, client, messages, struct, printed);
  }

  async stop(): Promise<void> {
    this.client.close();
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
  }

  /** The engine configures a provider before it asks anything of it. */
  configure(): Promise<unknown> {
    return this.call("configure", "ConfigureRequest", { Args: {} });
  }

  async check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: string[] }> {
    const reply = await this.call("check", "CheckRequest", { Olds: olds, News: news });
    const failures = reply.getFailuresList() as { getReason(): string }[];
    return { inputs: properties(reply.getInputs()), failures: failures.map((failure) => failure.getReason()) };
  }

  async diff(id: string, olds: Properties, news: Properties): Promise<{ changes: boolean; replaces: unknown }> {
    const reply = await this.call("diff", "DiffRequest", { Id: id, Olds: olds, News: news });
    return { changes: reply.getChanges() === 2, replaces: reply.getReplacesList() };
  }

  async create(inputs: Properties): Promise<{ id: unknown; outs: Properties }> {
    const reply = await this.call("create", "CreateRequest", { Properties: inputs });
    return { id: reply.getId(), outs: properties(reply.getProperties()) };
  }

  async read(id: string, state: Properties): Promise<{ id: unknown; props: Properties; inputs: unknown }> {
    const reply = await this.call("read", "ReadRequest", { Id: id, Properties: state });
    const inputs = reply.getInputs();
    return {
      id: reply.getId(),
      props: properties(reply.getProperties()),
      inputs: inputs === undefined ? undefined : properties(inputs),
    };
  }

  async update(id: string, olds: Properties, news: Properties): Promise<Properties> {
    const reply = await this.call("update", "UpdateRequest", { Id: id, Olds: olds, News: news });
    return properties(reply.getProperties());
  }

  async delete(id: string, state: Properties): Promise<void> {
    await this.call("delete", "DeleteRequest", { Id: id, Properties: state });
  }

  private call(
    method: string,
    message: string,
    fields: Record<string, string | Properties>,
  ): Promise<Record<string, () => unknown>> {
    const request = new this.messages[message]();
    for (const [name, value] of Object.entries(fields))
      request[`set${name}`](typeof value === "string" ? value : this.struct.Struct.fromJavaScript(value));
    return new Promise((resolve, reject) =>
      this.client[method](request, (error, response) => (error === null ? resolve(response) : reject(error))),
    );
  }
}

const properties = (struct: unknown): Properties => (struct as Message).toJavaScript();
