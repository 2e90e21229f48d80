import type { RoleName } from "./place";

/** What fails without a statement: scenarios that need it, and what it alone keeps from happening. */
export const statements: Record<RoleName, Record<string, string>> = {
  access: {
    ReadAdminSecret: "the admin logs in",
    LookUpSecretNames: "a login is made",
    CreateSecrets: "a login is made",
    TagOwnSecrets: "a login is made",
    UseOwnSecrets: "a password is reset",
    DenyOtherClusterTag: "access: hand one of ours to another cluster",
    DenyRemovingOwnership: "access: take our tag off",
    DenyPublicPolicies: "access: make a policy public",
    ReadSuppliedSecrets: "a password is supplied",
    ReadParameters: "a login is made",
    CreateParameters: "a login is made",
    ChangeOwnParameters: "a password is reset",
    UseSecretKeys: "a login is made",
    UseParameterKeys: "a login is made",
    UseRotationFunctions: "a secret is given a rotation",
    UseAdminKeys: "the admin logs in",
    ConnectAsAdmin: "the admin logs in with a token",
    WriteLogs: "the admin logs in",
    AttachToNetwork: "the admin logs in",
    DenyNetworkToCode: "access: ec2:CreateNetworkInterface",
    DenyOutsideEndpoints: "access: from another network",
  },
  rotate: {
    ReadAdminSecret: "the admin logs in",
    UseOwnSecrets: "a secret is rotated",
    EndTakeOver: "a secret is rotated that was taken over",
    ReadParameters: "a secret is rotated",
    CreateParameters: "a secret is rotated whose parameter is gone",
    ChangeOwnParameters: "a secret is rotated",
    UseSecretKeys: "a secret is rotated",
    UseParameterKeys: "a secret is rotated",
    UseAdminKeys: "the admin logs in",
    ConnectAsAdmin: "the admin logs in with a token",
    WriteLogs: "the admin logs in",
    AttachToNetwork: "the admin logs in",
    DenyNetworkToCode: "rotate: ec2:CreateNetworkInterface",
    DenyOutsideEndpoints: "rotate: from another network",
  },
  migrate: {
    ReadAdminSecret: "the admin logs in",
    UseAdminKeys: "the admin logs in",
    ConnectAsAdmin: "the admin logs in with a token",
    WriteLogs: "the admin logs in",
    AttachToNetwork: "the admin logs in",
    DenyNetworkToCode: "migrate: ec2:CreateNetworkInterface",
    DenyOutsideEndpoints: "migrate: from another network",
  },
};

/** Network actions that Lambda does later, to the functions of every role, and that no call here can show. */
export const unseen: Record<RoleName, string[]> = { access: [], rotate: [], migrate: [] };
