import { z } from "zod";
import { AwsError } from "../errors";
import type { Caller } from "../identity";
import { page, readInput, sized } from "../input";
import { jsonService, type Service } from "../service";
import type { IdentityStore, IdentityStores } from "./store";

const IdentityStoreId = sized(1, 36);
const id = sized(1, 47);
const groupInput = z.object({
  IdentityStoreId,
  AlternateIdentifier: z.object({
    UniqueAttribute: z.object({ AttributePath: z.literal("displayName"), AttributeValue: sized(1, 1024) }),
  }),
});
const membershipsInput = z.object({
  IdentityStoreId,
  GroupId: id,
  MaxResults: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});
const userInput = z.object({ IdentityStoreId, UserId: id });

type Kind = "USER" | "GROUP" | "IDENTITY_STORE";
const missing = (kind: Kind, resource: string): AwsError =>
  new AwsError("ResourceNotFoundException", `${kind} not found.`, 400, { ResourceType: kind, ResourceId: resource });

/** The part of the Identity Store API by which members of groups are read. */
export function identityStoreService(stores: IdentityStores): Service {
  /** It is in one Region, and answers its own account only. */
  const storeOf = (storeId: string, { account, region }: Caller): IdentityStore => {
    const store = stores.get(storeId);
    if (store === undefined || store.region !== region) throw missing("IDENTITY_STORE", storeId);
    if (store.account !== account)
      throw new AwsError("AccessDeniedException", `${storeId} belongs to another account.`, 400);
    return store;
  };
  return jsonService("identitystore", "AWSIdentityStore", {
    GetGroupId: (request, caller) => {
      const { IdentityStoreId, AlternateIdentifier } = readInput(groupInput, request);
      const name = AlternateIdentifier.UniqueAttribute.AttributeValue;
      const group = storeOf(IdentityStoreId, caller).groups.find(({ displayName }) => displayName === name);
      if (group === undefined) throw missing("GROUP", name);
      return { IdentityStoreId, GroupId: group.id };
    },
    ListGroupMemberships: (request, caller) => {
      const { IdentityStoreId, GroupId, MaxResults, NextToken } = readInput(membershipsInput, request);
      const group = storeOf(IdentityStoreId, caller).groups.find((one) => one.id === GroupId);
      if (group === undefined) throw missing("GROUP", GroupId);
      const { items, next } = page(group.members, MaxResults, NextToken);
      return {
        GroupMemberships: items.map((UserId) => ({ IdentityStoreId, GroupId, MemberId: { UserId } })),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
    DescribeUser: (request, caller) => {
      const { IdentityStoreId, UserId } = readInput(userInput, request);
      const user = storeOf(IdentityStoreId, caller).users.find((one) => one.id === UserId);
      if (user === undefined) throw missing("USER", UserId);
      return { IdentityStoreId, UserId, UserName: user.userName, UserStatus: user.status };
    },
  });
}
