import type { Place, PolicyStatement } from "./document";

/** What the function that reads groups of a directory works with. */
export interface DirectoryRole {
  /** Of an Identity Center that this account may read. */
  identityStoreId?: string;
  /** A role in the account that may. */
  roleArn?: string;
  /** Of the user that reads an LDAP directory. */
  bindSecretArn?: string;
}

/**
 * The store belongs to the organisation's management account, also where a delegated administrator reads it: whose it is,
 * its id says. What is in it has no account in its ARN.
 */
const readIdentityStore = ({ partition }: Place, storeId: string): PolicyStatement => ({
  Sid: "ReadIdentityStore",
  Effect: "Allow",
  Action: ["identitystore:DescribeUser", "identitystore:GetGroupId", "identitystore:ListGroupMemberships"],
  Resource: [
    `arn:${partition}:identitystore::*:identitystore/${storeId}`,
    ...["group", "membership", "user"].map((kind) => `arn:${partition}:identitystore:::${kind}/*`),
  ],
});

const assumeDirectoryRole = (roleArn: string): PolicyStatement => ({
  Sid: "AssumeDirectoryRole",
  Effect: "Allow",
  Action: ["sts:AssumeRole"],
  Resource: [roleArn],
});

const readDirectorySecret = (secretArn: string): PolicyStatement => ({
  Sid: "ReadDirectorySecret",
  Effect: "Allow",
  Action: ["secretsmanager:GetSecretValue"],
  Resource: [secretArn],
});

export const directoryStatements = (
  place: Place,
  { identityStoreId, roleArn, bindSecretArn }: DirectoryRole = {},
): PolicyStatement[] => [
  ...(identityStoreId === undefined ? [] : [readIdentityStore(place, identityStoreId)]),
  ...(roleArn === undefined ? [] : [assumeDirectoryRole(roleArn)]),
  ...(bindSecretArn === undefined ? [] : [readDirectorySecret(bindSecretArn)]),
];
