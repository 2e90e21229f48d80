import { AwsError, ConnectionLost, notLocal } from "../aws/errors";
import { header, parseJson, type RawRequest, type Reply } from "../aws/http";
import type { Caller } from "../aws/identity";
import type { Service, ServiceCall } from "../aws/service";
import type { LocalFunction } from "./function";
import type { LambdaHost } from "./host";
import { policyOf, withoutPermission, withPermission } from "./permissions";
import type { FunctionPermission, InvocationType, InvokeResult } from "./types";

const syncLimit = 6_291_456;
const asyncLimit = 1_048_576;
const invocationTypes: readonly string[] = ["RequestResponse", "Event", "DryRun"];
const functionPath = /^\/2015-03-31\/functions\/([^/]+)(\/[a-z-]+)?(?:\/([^/]+))?$/;

const operations: Readonly<Record<string, string>> = {
  "POST /invocations": "Invoke",
  "GET ": "GetFunction",
  "GET /configuration": "GetFunctionConfiguration",
  "GET /policy": "GetPolicy",
  "POST /policy": "AddPermission",
  "DELETE /policy": "RemovePermission",
};

/** The part of the Lambda API that callers of a function use. Functions are made by the stack, not over HTTP. */
export function lambdaService(host: LambdaHost): Service {
  return {
    name: "lambda",
    accepts: (raw) => raw.path.startsWith("/2015-03-31/functions"),
    read: readCall,
    perform: async (call, caller, requestId): Promise<Reply> => {
      if (call.operation === "Invoke") return invoke(host, call, caller, requestId);
      const { fn, version, qualifier } = host.find({
        functionName: text(call, "FunctionName") ?? "",
        qualifier: text(call, "Qualifier"),
        caller,
      });
      if (call.operation in policyOperations) return policyOperations[call.operation](fn, qualifier, call);
      const Configuration = configuration(fn, version);
      if (call.operation === "GetFunctionConfiguration") return json(Configuration);
      const Concurrency = { ReservedConcurrentExecutions: fn.spec.reservedConcurrency };
      return json({
        Configuration,
        Code: { RepositoryType: "local" },
        ...(Concurrency.ReservedConcurrentExecutions === undefined ? {} : { Concurrency }),
      });
    },
    reply: (_call, output) => output as Reply,
    fail: (error) => ({
      status: error.status,
      headers: { "content-type": "application/json", "x-amzn-errortype": error.code },
      body: JSON.stringify({ ...error.fields, message: error.message }),
    }),
  };
}

/** The resource-based policy: who besides its own account may invoke a function. */
const policyOperations: Readonly<
  Record<string, (fn: LocalFunction, qualifier: string | undefined, call: ServiceCall) => Reply>
> = {
  GetPolicy: (fn, qualifier) => json(policyOf(fn.spec, fn.arn, qualifier)),
  AddPermission(fn, qualifier, call) {
    const { permissions, statement } = withPermission(fn.spec, fn.arn, { ...readPermission(call), qualifier });
    fn.setPermissions(permissions);
    return { ...json({ Statement: statement }), status: 201 };
  },
  RemovePermission(fn, qualifier, call) {
    fn.setPermissions(withoutPermission(fn.spec, text(call, "StatementId") ?? "", qualifier));
    return { ...json({}), status: 204, body: "" };
  },
};

function readPermission(call: ServiceCall): FunctionPermission {
  const statementId = text(call, "StatementId");
  const principal = text(call, "Principal");
  if (statementId === undefined || principal === undefined || text(call, "Action") !== "lambda:InvokeFunction") {
    const message = "The local stack adds permissions with a statement id and a principal for lambda:InvokeFunction.";
    throw new AwsError("InvalidParameterValueException", message, 400, { Type: "User" });
  }
  return {
    statementId,
    principal,
    sourceAccount: text(call, "SourceAccount"),
    sourceArn: text(call, "SourceArn"),
  };
}

function readCall(raw: RawRequest): ServiceCall {
  const [, name = "", rest = "", StatementId] = functionPath.exec(raw.path) ?? [];
  const operation = operations[`${raw.method} ${rest}`];
  const withId = operation === "RemovePermission";
  if (name === "" || operation === undefined || withId !== (StatementId !== undefined)) {
    throw notLocal(`Lambda API ${raw.method} ${raw.path}`);
  }
  return {
    operation,
    request: {
      ...(operation === "AddPermission" ? parseJson(raw.body) : {}),
      FunctionName: decodeURIComponent(name),
      Qualifier: raw.query.get("Qualifier") ?? undefined,
      ...(withId ? { StatementId: decodeURIComponent(StatementId) } : {}),
      ...(operation === "Invoke"
        ? { InvocationType: header(raw, "x-amz-invocation-type") ?? "RequestResponse", Payload: raw.body }
        : {}),
    },
  };
}

const text = (call: ServiceCall, name: string): string | undefined => {
  const value = call.request[name];
  return typeof value === "string" ? value : undefined;
};

const json = (body: unknown): Reply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

async function invoke(host: LambdaHost, call: ServiceCall, caller: Caller, requestId: string): Promise<Reply> {
  const invocationType = text(call, "InvocationType") ?? "";
  if (!invocationTypes.includes(invocationType)) {
    throw new AwsError("InvalidParameterValueException", `Invalid invocation type: ${invocationType}`, 400, {
      Type: "User",
    });
  }
  const result = await host.invoke({
    functionName: text(call, "FunctionName") ?? "",
    qualifier: text(call, "Qualifier"),
    invocationType: invocationType as InvocationType,
    payload: checkedPayload(call.request.Payload as Buffer, invocationType === "Event" ? asyncLimit : syncLimit),
    requestId,
    caller,
  });
  if (result.lost) throw new ConnectionLost();
  return invokeReply(result);
}

function checkedPayload(body: Buffer, limit: number): Buffer {
  if (body.length > limit) {
    const message = `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
    throw new AwsError("RequestTooLargeException", message, 413, { Type: "User" });
  }
  if (body.length === 0) return Buffer.from("{}");
  try {
    JSON.parse(body.toString("utf8"));
    return body;
  } catch {
    const message = "Could not parse request body into json";
    throw new AwsError("InvalidRequestContentException", message, 400, { Type: "User" });
  }
}

const invokeReply = ({ status, executedVersion, functionError, payload }: InvokeResult): Reply => ({
  status,
  headers: {
    "content-type": "application/json",
    "x-amz-executed-version": executedVersion,
    ...(functionError === undefined ? {} : { "x-amz-function-error": functionError }),
  },
  body: payload,
});

function configuration(fn: LocalFunction, version: string): Record<string, unknown> {
  const { spec } = fn;
  return {
    FunctionName: spec.name,
    FunctionArn: fn.arn,
    Runtime: "nodejs20.x",
    Handler: spec.handler,
    CodeSha256: fn.codeSha256,
    Timeout: spec.timeoutSeconds,
    MemorySize: spec.memoryMb,
    LastModified: fn.lastModified.toISOString(),
    Version: version,
    Environment: { Variables: spec.env },
    PackageType: "Zip",
    State: fn.state,
    LastUpdateStatus: "Successful",
    ...(fn.state === "Active" ? {} : { StateReasonCode: fn.state === "Inactive" ? "Idle" : "Creating" }),
  };
}
