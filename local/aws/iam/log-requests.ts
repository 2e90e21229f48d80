import type { Caller } from "../identity";
import { logGroupArn } from "../logs/store";
import type { AccessRequest } from "./policy";
import { textOf } from "./request-parts";

/** Of one stream; every other action is of the group. Service Authorization Reference, Amazon CloudWatch Logs. */
const ofStream = ["PutLogEvents", "GetLogEvents", "DeleteLogStream"];

export function logRequests(
  operation: string,
  request: Readonly<Record<string, unknown>>,
  caller: Caller,
): AccessRequest[] {
  const action = `logs:${operation}`;
  const group = logGroupArn(textOf(request.logGroupName) ?? "", caller);
  const stream = textOf(request.logStreamName);
  // The service asks about a group under the ARN that ends in ":*".
  const resource = ofStream.includes(operation) ? `${group}:log-stream:${stream ?? ""}` : `${group}:*`;
  return [{ action, resource, context: {} }];
}
