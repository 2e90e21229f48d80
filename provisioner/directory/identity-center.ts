import { setMaxListeners } from "node:events";
import {
  DescribeUserCommand,
  GetGroupIdCommand,
  IdentitystoreClient,
  ListGroupMembershipsCommand,
} from "@aws-sdk/client-identitystore";
import { isAws } from "../credentials/aws-error";
import { atFirst, clientSettings, remembering } from "../credentials/aws-clients";
import { DbAccessError } from "../errors";
import type { IdentityCenterDirectory } from "./config";
import { groupMissing, storeError, unavailable } from "./failures";
import type { Person } from "./person";
import { credentialsOf } from "./role";
import { sideBySide } from "./side-by-side";

/** Identity Center throttles at twenty calls in a second. */
const AT_ONCE = 8;

interface Store {
  client: IdentitystoreClient;
  id: string;
  signal: AbortSignal;
}

/** The people of each group. Groups of Identity Center hold users only, never groups. */
export async function peopleOfStore(
  directory: IdentityCenterDirectory,
  groups: readonly string[],
  until: number,
): Promise<Map<string, Person[]>> {
  const { identityStoreId: id, region, roleArn } = directory;
  const client = new IdentitystoreClient({
    ...clientSettings,
    region,
    ...(roleArn === undefined ? {} : { credentials: credentialsOf(roleArn) }),
  });
  client.middlewareStack.add(remembering("identitystore"), atFirst);
  const late = AbortSignal.timeout(Math.max(0, until - Date.now()));
  // Each of the calls that are under way listens, which is more than Node takes for normal.
  setMaxListeners(0, late);
  const store: Store = { client, id, signal: late };
  try {
    const found = new Map<string, Person[]>();
    for (const group of groups) found.set(group, await peopleOf(store, group));
    return found;
  } catch (error) {
    if (late.aborted) throw unavailable("IAM Identity Center took too long to answer.", true);
    throw storeError(error, `the identity store ${id}`);
  } finally {
    client.destroy();
  }
}

async function peopleOf(store: Store, group: string): Promise<Person[]> {
  const groupId = await groupIdOf(store, group);
  const userIds = await userIdsOf(store, groupId);
  const people = await sideBySide(userIds, (userId) => personOf(store, userId), AT_ONCE);
  return people.filter((person) => person !== undefined);
}

async function groupIdOf({ client, id, signal }: Store, group: string): Promise<string> {
  try {
    const command = new GetGroupIdCommand({
      IdentityStoreId: id,
      AlternateIdentifier: { UniqueAttribute: { AttributePath: "displayName", AttributeValue: group } },
    });
    const { GroupId = "" } = await client.send(command, { abortSignal: signal });
    return GroupId;
  } catch (error) {
    if (isMissing(error) && !isMissing(error, "IDENTITY_STORE")) throw groupMissing(group, "IAM Identity Center");
    throw error;
  }
}

async function userIdsOf({ client, id, signal }: Store, GroupId: string): Promise<string[]> {
  const userIds: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListGroupMembershipsCommand({ IdentityStoreId: id, GroupId, MaxResults: 100, NextToken }),
      { abortSignal: signal },
    );
    for (const { MemberId } of page.GroupMemberships ?? []) {
      // A new kind of member must not pass for nobody.
      if (MemberId?.UserId === undefined)
        throw new DbAccessError("DirectoryUnavailable", "IAM Identity Center named a member that is not a user.");
      userIds.push(MemberId.UserId);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return userIds;
}

/** Nothing for somebody who is disabled, or was deleted since the group was read. */
async function personOf({ client, id, signal }: Store, UserId: string): Promise<Person | undefined> {
  try {
    const command = new DescribeUserCommand({ IdentityStoreId: id, UserId });
    const { UserName, UserStatus } = await client.send(command, { abortSignal: signal });
    return UserName === undefined || UserStatus === "DISABLED" ? undefined : { source: UserId, name: UserName };
  } catch (error) {
    if (isMissing(error, "USER")) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown, type?: string): boolean =>
  isAws(error, "ResourceNotFoundException") &&
  (type === undefined || (error as { ResourceType?: unknown }).ResourceType === type);
