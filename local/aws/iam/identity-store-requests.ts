import type { Caller } from "../identity";
import type { AccessRequest } from "./policy";
import { textOf } from "./request-parts";

/**
 * Service Authorization Reference, AWS Identity Store: each action needs the store itself and what is read in it. Only the
 * store has an account in its ARN.
 */
export function identityStoreRequests(
  operation: string,
  request: Readonly<Record<string, unknown>>,
  { partition, account }: Caller,
): AccessRequest[] {
  const inStore = (kind: string, id: unknown): string =>
    `arn:${partition}:identitystore:::${kind}/${textOf(id) ?? "*"}`;
  const resources: Record<string, string[]> = {
    GetGroupId: [inStore("group", undefined)],
    ListGroupMemberships: [inStore("group", request.GroupId), inStore("membership", undefined)],
    DescribeUser: [inStore("user", request.UserId)],
  };
  const store = `arn:${partition}:identitystore::${account}:identitystore/${textOf(request.IdentityStoreId) ?? "*"}`;
  return [store, ...(resources[operation] ?? [])].map((resource) => ({
    action: `identitystore:${operation}`,
    resource,
    context: {},
  }));
}
