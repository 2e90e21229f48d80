import type * as pulumi from "@pulumi/pulumi";

/** Groups of AWS IAM Identity Center. */
export interface IdentityCenterArgs {
  kind: "identityCenter";
  /** The id of its identity store, `d-…`. */
  identityStoreId: pulumi.Input<string>;
  /** The Region in which Identity Center is enabled. Default: the provisioner's own. */
  region?: pulumi.Input<string>;
  /**
   * A role in the account that the identity store can be read from, the management account or a delegated administrator.
   * It has to trust the `access` function's role. Default: none, Identity Center is in this account.
   */
  roleArn?: pulumi.Input<string>;
}

/** Groups of an LDAP directory, or of Active Directory. Read over verified TLS and in no other way. */
export interface LdapArgs {
  kind: "ldap";
  /** `ldaps://host[:port]`; or `ldap://host[:port]`, where StartTLS comes first. A plain string: the port is opened. */
  url: string;
  /**
   * The secret with the user that reads the directory: JSON with `username`, a distinguished name or what else the
   * directory takes, and `password`. Its customer managed key, where it has one, belongs into `keys.secrets`.
   */
  bindSecretArn: pulumi.Input<string>;
  /** Where people and groups are, `dc=example,dc=com`. */
  baseDn: pulumi.Input<string>;
  /** Where groups are looked for. Default: `baseDn`. */
  groupBaseDn?: pulumi.Input<string>;
  /** The attribute that holds the login's name. Default: `sAMAccountName` in Active Directory, `uid` elsewhere. */
  loginAttribute?: string;
  /** PEM text of the authorities that signed the directory's certificate. Default: the well-known ones. */
  caPem?: string;
  /** The group of the directory's servers: LDAP may go there and nowhere else. */
  securityGroupId?: pulumi.Input<string>;
  /** Where else LDAP may go. Default, without a group either: the network's own addresses. */
  cidrBlocks?: pulumi.Input<string>[];
}

/** A directory whose groups can be turned into logins. */
export type DirectoryArgs = IdentityCenterArgs | LdapArgs;
