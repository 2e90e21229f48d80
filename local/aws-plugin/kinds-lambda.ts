import { AddPermissionCommand, LambdaClient, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { unpack } from "./code";
import type { ControlledFunction } from "./control-client";
import type { Kind } from "./kind";
import { arnIn, type Place } from "./place";
import type { Asset, Properties } from "./values";

const tags = { "*": "text" } as const;

/** Functions run in the local Lambda host: the code that was given, with the environment, the role and the limits. */
export function functionKind(place: Place): Kind {
  const specOf = (inputs: Properties): ControlledFunction => ({
    name: String(inputs.name),
    codePath: unpack(inputs.code as Asset, place.directory),
    handler: String(inputs.handler),
    env: { ...(inputs.environment as { variables?: Record<string, string> } | undefined)?.variables },
    timeoutSeconds: Number(inputs.timeout ?? 3),
    memoryMb: Number(inputs.memorySize ?? 128),
    reservedConcurrency: reserved(inputs.reservedConcurrentExecutions),
    roleArn: String(inputs.role),
  });
  const outputsOf = (inputs: Properties, former: Properties | undefined): Properties => {
    const arn = arnIn(place, "lambda", `function:${String(inputs.name)}`);
    const last = Number(former?.version);
    const version = inputs.publish !== true ? "$LATEST" : String(Number.isInteger(last) ? last + 1 : 1);
    return { arn, version, qualifiedArn: `${arn}:${version}`, tagsAll: inputs.tags ?? {} };
  };
  return {
    inputs: {
      name: "text",
      description: "text",
      role: "text",
      code: "code",
      handler: "text",
      runtime: "text",
      architectures: ["text"],
      memorySize: "number",
      timeout: "number",
      reservedConcurrentExecutions: "number",
      publish: "boolean",
      vpcConfig: { subnetIds: ["text"], securityGroupIds: ["text"], ipv6AllowedForDualStack: "boolean" },
      environment: { variables: { "*": "text" } },
      kmsKeyArn: "text",
      tracingConfig: { mode: "text" },
      loggingConfig: { logFormat: "text", logGroup: "text" },
      tags,
    },
    required: ["role", "code", "handler", "runtime"],
    replacedBy: ["name"],
    generatedName: "name",
    async create({ inputs }) {
      await place.control({ operation: "createFunction", spec: specOf(inputs) });
      return { id: String(inputs.name), outputs: outputsOf(inputs, undefined) };
    },
    async update(_id, { inputs }, former) {
      await place.control({ operation: "updateFunction", spec: specOf(inputs) });
      return outputsOf(inputs, former);
    },
    async delete(name) {
      await place.control({ operation: "deleteFunction", name });
    },
    async read(name) {
      const { memoryMb } = await place.control({ operation: "readFunction", name });
      return memoryMb === undefined ? undefined : { memorySize: memoryMb };
    },
  };
}

/** AWS has -1 for: whatever the account has left. */
const reserved = (value: unknown): number | undefined => (typeof value !== "number" || value < 0 ? undefined : value);

/** An alias leads to the newest code, whatever version it is on. */
export function aliasKind(place: Place): Kind {
  const set = (name: string, aliases: string[]): Promise<unknown> =>
    place.control({ operation: "setAliases", name, aliases });
  return {
    inputs: { name: "text", description: "text", functionName: "text", functionVersion: "text" },
    required: ["functionName", "functionVersion"],
    replacedBy: ["name", "functionName"],
    async create({ inputs }) {
      const [name, functionName] = [String(inputs.name), String(inputs.functionName)];
      await set(functionName, [name]);
      return {
        id: `${functionName}/${name}`,
        outputs: { arn: arnIn(place, "lambda", `function:${functionName}:${name}`) },
      };
    },
    update: () => Promise.resolve({}),
    async delete(_id, state) {
      await set(String(state.functionName), []);
    },
    read: () => Promise.resolve({}),
  };
}

/** Statements of functions' policies, made through the Lambda API of the local stack. */
export function permissionKind(place: Place): Kind {
  const client = new LambdaClient({ endpoint: place.endpointUrl, region: place.region });
  const statement = (state: Properties) => ({
    FunctionName: String(state.function),
    StatementId: String(state.statementId),
    Qualifier: state.qualifier as string | undefined,
  });
  return {
    inputs: {
      action: "text",
      function: "text",
      principal: "text",
      principalOrgId: "text",
      qualifier: "text",
      sourceAccount: "text",
      sourceArn: "text",
      statementId: "text",
    },
    required: ["action", "function", "principal"],
    replacedBy: [
      "action",
      "function",
      "principal",
      "principalOrgId",
      "qualifier",
      "sourceAccount",
      "sourceArn",
      "statementId",
    ],
    generatedName: "statementId",
    async create({ inputs }) {
      const { action, principal, sourceAccount, sourceArn, principalOrgId } = inputs as Record<string, string>;
      if (principalOrgId !== undefined) throw new Error("The local stack has no organisations.");
      await client.send(
        new AddPermissionCommand({
          ...statement(inputs),
          Action: action,
          Principal: principal,
          SourceAccount: sourceAccount,
          SourceArn: sourceArn,
        }),
      );
      return { id: String(inputs.statementId), outputs: {} };
    },
    update: () => Promise.resolve({}),
    async delete(_id, state) {
      await client.send(new RemovePermissionCommand(statement(state)));
    },
    read: () => Promise.resolve({}),
  };
}
