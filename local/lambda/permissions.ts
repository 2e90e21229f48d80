import { createHash } from "node:crypto";
import { AwsError } from "../aws/errors";
import type { FunctionPermission, FunctionSpec, InvokeRequest } from "./types";

type Caller = InvokeRequest["caller"];

const isAccount = (principal: string): boolean => /^\d{12}$/.test(principal);

/** `ArnLike`: every part between colons may hold `*` and `?`. */
function arnLike(pattern: string, arn: string): boolean {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`).test(arn);
}

/** The accounts of `invokers` in the form in which AddPermission would have written them. */
const permissionsOf = (spec: FunctionSpec): FunctionPermission[] => [
  ...(spec.invokers ?? []).map((principal) => ({ statementId: `account-${principal}`, principal })),
  ...(spec.permissions ?? []),
];

/** Whether the resource-based policy lets the caller in. A statement counts for the qualifier it was made for only. */
export function admits(spec: FunctionSpec, caller: Caller, qualifier: string | undefined): boolean {
  const { service } = caller;
  return permissionsOf(spec).some((one) => {
    // An account of `invokers` may use every name of the function.
    const wholeFunction = spec.invokers?.includes(one.principal) === true;
    if (one.qualifier !== qualifier && !wholeFunction) return false;
    if (service === undefined) return one.principal === caller.account;
    if (one.principal !== service.principal) return false;
    if (one.sourceAccount !== undefined && one.sourceAccount !== caller.account) return false;
    return one.sourceArn === undefined || arnLike(one.sourceArn, service.sourceArn);
  });
}

function statementOf(permission: FunctionPermission, functionArn: string): Record<string, unknown> {
  const { statementId, principal, sourceAccount, sourceArn, qualifier } = permission;
  const partition = functionArn.split(":")[1];
  const condition = {
    ...(sourceAccount === undefined ? {} : { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
    ...(sourceArn === undefined ? {} : { ArnLike: { "AWS:SourceArn": sourceArn } }),
  };
  return {
    Sid: statementId,
    Effect: "Allow",
    Principal: isAccount(principal) ? { AWS: `arn:${partition}:iam::${principal}:root` } : { Service: principal },
    Action: "lambda:InvokeFunction",
    Resource: qualifier === undefined ? functionArn : `${functionArn}:${qualifier}`,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

const notThere = (): AwsError =>
  new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404, { Type: "User" });

/** The policy of a function or of one of its qualifiers. API GetPolicy: one without a statement has no policy. */
export function policyOf(
  spec: FunctionSpec,
  functionArn: string,
  qualifier: string | undefined,
): { Policy: string; RevisionId: string } {
  const Statement = permissionsOf(spec)
    .filter((one) => one.qualifier === qualifier)
    .map((one) => statementOf(one, functionArn));
  if (Statement.length === 0) throw notThere();
  const Policy = JSON.stringify({ Version: "2012-10-17", Id: "default", Statement });
  const hex = createHash("sha256").update(Policy).digest("hex");
  return {
    Policy,
    RevisionId: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
  };
}

/** API AddPermission: the new list, and the statement as the reply has it. */
export function withPermission(
  spec: FunctionSpec,
  functionArn: string,
  added: FunctionPermission,
): { permissions: FunctionPermission[]; statement: string } {
  if (permissionsOf(spec).some((one) => one.statementId === added.statementId && one.qualifier === added.qualifier)) {
    const text = `The statement id (${added.statementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`;
    throw new AwsError("ResourceConflictException", text, 409, { Type: "User" });
  }
  const statement = JSON.stringify(statementOf(added, functionArn));
  return { permissions: [...(spec.permissions ?? []), added], statement };
}

/** API RemovePermission. */
export function withoutPermission(
  spec: FunctionSpec,
  statementId: string,
  qualifier: string | undefined,
): FunctionPermission[] {
  const known = spec.permissions ?? [];
  const left = known.filter((one) => one.statementId !== statementId || one.qualifier !== qualifier);
  if (left.length === known.length) throw notThere();
  return left;
}
