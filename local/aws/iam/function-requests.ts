import type { Caller } from "../identity";
import type { AccessRequest } from "./policy";
import { textOf } from "./request-parts";

/** Actions that are not named as their operation. */
const actions: Readonly<Record<string, string>> = { Invoke: "InvokeFunction" };

export function functionRequests(
  operation: string,
  request: Readonly<Record<string, unknown>>,
  { partition, region, account }: Caller,
): AccessRequest[] {
  const named = textOf(request.FunctionName) ?? "";
  const qualifier = textOf(request.Qualifier);
  const arn = named.startsWith("arn:") ? named : `arn:${partition}:lambda:${region}:${account}:function:${named}`;
  const resource = qualifier === undefined || arn.split(":").length > 7 ? arn : `${arn}:${qualifier}`;
  return [{ action: `lambda:${actions[operation] ?? operation}`, resource, context: {} }];
}
