import { notLocal, type AwsError } from "./errors";
import type { Caller } from "./identity";
import { header, parseJson, type RawRequest, type Reply } from "./http";

export type ServiceName = "secretsmanager" | "ssm" | "sts" | "lambda" | "identitystore" | "logs" | "s3";

/** One decoded call, before it is carried out. */
export interface ServiceCall {
  operation: string;
  request: Record<string, unknown>;
}

/** One AWS service: how it recognises, reads, carries out and answers a call. */
export interface Service {
  name: ServiceName;
  accepts(raw: RawRequest): boolean;
  read(raw: RawRequest): ServiceCall;
  perform(call: ServiceCall, caller: Caller, requestId: string): unknown;
  reply(call: ServiceCall, output: unknown, raw: RawRequest): Reply;
  fail(error: AwsError, raw: RawRequest): Reply;
}

export type JsonOperation = (request: Record<string, unknown>, caller: Caller) => unknown;

const jsonType = "application/x-amz-json-1.1";

export const jsonFailure = (error: AwsError, contentType = jsonType): Reply => ({
  status: error.status,
  headers: { "content-type": contentType, "x-amzn-errortype": error.code },
  body: JSON.stringify({
    __type: error.code,
    ...(error.message === "" ? {} : { message: error.message }),
    ...error.fields,
  }),
});

/** A service that speaks JSON 1.1: the operation stands in `X-Amz-Target`. */
export function jsonService(
  name: ServiceName,
  targetPrefix: string,
  operations: Readonly<Record<string, JsonOperation>>,
): Service {
  const target = (raw: RawRequest): string => header(raw, "x-amz-target") ?? "";
  return {
    name,
    accepts: (raw) => target(raw).startsWith(`${targetPrefix}.`),
    read: (raw) => ({ operation: target(raw).slice(targetPrefix.length + 1), request: parseJson(raw.body) }),
    perform: ({ operation, request }, caller) => {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw notLocal(`${name} ${operation}`);
      return run(request, caller);
    },
    reply: (_call, output) => ({
      status: 200,
      headers: { "content-type": jsonType },
      body: JSON.stringify(output ?? {}),
    }),
    fail: (error) => jsonFailure(error),
  };
}
