import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { RunningServer } from "../servers";
import { functionArn } from "../lambda";
import type { LocalStack } from "../stack";
import { ControlledDatabases } from "./control-databases";
import { ControlledRoles } from "./control-roles";
import type { ControlledFunction, ControlRequest } from "./control-client";

const trusted = (spec: ControlledFunction, roles: ControlledRoles): (() => object[]) => {
  const role = roles.of(spec.roleArn);
  if (!role.trusts("lambda.amazonaws.com"))
    throw new Error("The role defined for the function cannot be assumed by Lambda.");
  return () => roles.documentsOf(spec.roleArn);
};

/** What the plugin's process can ask of a running stack, where AWS has APIs that the stack does not have. */
export class ControlServer {
  private readonly roles = new ControlledRoles();
  private readonly server = createServer((message, response) => {
    void readBody(message)
      .then((text) => this.carryOut(JSON.parse(text) as ControlRequest))
      .then((answer) => response.end(JSON.stringify(answer ?? {})))
      .catch((error: unknown) => {
        response.statusCode = 400;
        response.end(error instanceof Error ? error.message : "failed");
      });
  });

  private readonly databases: ControlledDatabases;

  private constructor(
    private readonly stack: LocalStack,
    private readonly region: string,
    servers: readonly RunningServer[],
  ) {
    this.databases = new ControlledDatabases(stack, servers);
  }

  static async start(stack: LocalStack, region: string, servers: readonly RunningServer[]): Promise<ControlServer> {
    const control = new ControlServer(stack, region, servers);
    await new Promise<void>((resolve, reject) => {
      control.server.once("error", reject);
      control.server.listen(0, "127.0.0.1", resolve);
    });
    return control;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async carryOut(request: ControlRequest): Promise<unknown> {
    const { lambda, account } = this.stack;
    const { region } = this;
    switch (request.operation) {
      case "putRole":
        return this.roles.put(request.role);
      case "deleteRole":
        return this.roles.delete(request.name);
      case "putPolicy":
        this.roles.putPolicy(request.role, request.name, request.document);
        return this.restart(request.role);
      case "deletePolicy":
        this.roles.deletePolicy(request.role, request.name);
        return this.restart(request.role);
      case "createFunction": {
        if (this.has(request.spec.name)) throw new Error(`Function already exist: ${request.spec.name}`);
        const rolePolicies = trusted(request.spec, this.roles);
        return { arn: await lambda.registerFunction({ ...request.spec, account, region, rolePolicies }) };
      }
      case "updateFunction": {
        const { name, ...changes } = request.spec;
        const arn = this.arnOf(name);
        await lambda.updateFunction(arn, { ...changes, rolePolicies: trusted(request.spec, this.roles) });
        return { arn };
      }
      case "readFunction":
        if (!this.has(request.name)) return {};
        return { memoryMb: lambda.get(this.arnOf(request.name)).spec.memoryMb };
      case "deleteFunction":
        if (this.has(request.name)) await lambda.removeFunction(this.arnOf(request.name));
        return {};
      case "createDatabase":
        return this.databases.create(request.order);
      case "deleteDatabase":
        return this.databases.delete(request.identifier);
      case "createBucket":
        this.stack.aws.objects.ensure(request.name, { account, region });
        return {};
      case "deleteBucket":
        this.stack.aws.objects.remove(request.name);
        return {};
      case "setAliases":
        if (this.has(request.name)) await lambda.updateFunction(this.arnOf(request.name), { aliases: request.aliases });
        return {};
    }
  }

  private arnOf(name: string): string {
    return functionArn({ name, account: this.stack.account, region: this.region });
  }

  private has(name: string): boolean {
    return this.stack.lambda.arns().includes(this.arnOf(name));
  }

  /** Environments that are warm have the role's former rights. */
  private async restart(role: string): Promise<void> {
    const { lambda } = this.stack;
    await Promise.all(
      lambda
        .arns()
        .filter((arn) => lambda.get(arn).spec.roleArn?.endsWith(`/${role}`))
        .map((arn) => lambda.recycle(arn)),
    );
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
